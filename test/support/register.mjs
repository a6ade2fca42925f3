/** For `node --import`: lets a program that imports "sluice" run on the sources instead of the build. */
import { registerHooks } from "node:module"

const sources = new URL("../../src/index.ts", import.meta.url).href

registerHooks({
  resolve: (specifier, context, nextResolve) => nextResolve(specifier === "sluice" ? sources : specifier, context)
})
