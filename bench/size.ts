/**
 * What the library adds to a bundle: minified and gzipped, without Effect. `npm run bench:size` prints it.
 */
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

const sizeOf = async (external: ReadonlyArray<RegExp>): Promise<number> => {
  const bundle = await rolldown({ input: "dist/index.js", external: [...external] })
  const { output } = await bundle.generate({ format: "esm", minify: true })
  return gzipSync(output[0].code).length
}

console.log(`with ts-pattern ${await sizeOf([/^effect/])} bytes, without ${await sizeOf([/^effect/, /^ts-pattern/])}`)
