/**
 * What the library adds to a bundle: minified and gzipped, without Effect. `npm run bench:size` prints it.
 */
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

const sizeOf = async (input: string, external: ReadonlyArray<RegExp>): Promise<number> => {
  const bundle = await rolldown({ input, external: [...external] })
  const { output } = await bundle.generate({ format: "esm", minify: true })
  return gzipSync(output[0].code).length
}

for (const [what, input] of [
  ["everything", "dist/index.js"],
  ["workflows alone", "dist/Workflow.js"]
] as const) {
  const [all, own] = [await sizeOf(input, [/^effect/]), await sizeOf(input, [/^effect/, /^ts-pattern/])]
  console.log(`${what}: ${all} bytes with ts-pattern, ${own} without`)
}
