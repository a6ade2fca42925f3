/**
 * What is published: only what belongs in the tarball, and no more of it than a bundle can leave out.
 */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..")

interface Packed {
  readonly files: ReadonlyArray<{ readonly path: string }>
}

const packed = (): ReadonlyArray<string> => {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8"
  })
  const result: unknown = JSON.parse(output)
  const [entry] = (Array.isArray(result) ? result : Object.values(result as object)) as ReadonlyArray<Packed>
  return entry!.files.map((file) => file.path)
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

describe("the package", () => {
  it("holds the built modules with their declarations, the sources, and what every package has", () => {
    const others = packed().filter((path) => !/^(dist\/.+\.(js|d\.ts)(\.map)?|src\/.+\.ts)$/.test(path))
    expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"])
  })

  it("builds every source, and nothing else", () => {
    const modules = (folder: string, ending: RegExp) =>
      packed()
        .filter((path) => path.startsWith(`${folder}/`) && ending.test(path))
        .map((path) => path.slice(folder.length + 1).replace(ending, ""))
        .sort()
    expect(modules("dist", /\.js$/)).toEqual(modules("src", /\.ts$/))
    expect(modules("dist", /\.d\.ts$/)).toEqual(modules("src", /\.ts$/))
  })

  it("has a command, which is for no import", () => {
    expect(manifest.bin).toEqual({ sluice: "./dist/cli/main.js" })
    expect(manifest.exports["./cli/*"]).toBeNull()
  })

  it("can be shaken by a bundler, and leaves Effect to its user", () => {
    expect(manifest.sideEffects).toBe(false)
    expect(manifest.type).toBe("module")
    expect(Object.keys(manifest.peerDependencies).sort()).toEqual(["@hpcc-js/wasm-graphviz", "effect", "fast-check"])
    expect(manifest.peerDependenciesMeta).toEqual({
      "@hpcc-js/wasm-graphviz": { optional: true },
      "fast-check": { optional: true }
    })
    expect(Object.keys(manifest.dependencies).sort()).toEqual(["ts-pattern", "type-fest"])
  })
})
