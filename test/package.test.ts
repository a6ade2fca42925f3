/**
 * What is published: only what belongs in the tarball, and no more of it than a bundle can leave out.
 */
import { execFileSync } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, inject, it } from "vitest"

const root = join(import.meta.dirname, "..")

/** The files in the archive. */
const packed = execFileSync("tar", ["tzf", inject("packed")], { encoding: "utf8" })
  .trimEnd()
  .split("\n")
  .map((path) => path.replace(/^package\//, ""))

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

describe("the package", () => {
  it("holds the built modules with their declarations, the sources, and what every package has", () => {
    const others = packed.filter((path) => !/^(dist\/.+\.(js|d\.ts)(\.map)?|src\/.+\.ts)$/.test(path))
    expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"])
  })

  it("builds every source, and nothing else", () => {
    const sources = globSync("**/*.ts", { cwd: join(root, "src") }).map((path) => path.replace(/\.ts$/, ""))
    expect(sources).toContain("index")
    const modules = (folder: string, ending: string) =>
      packed
        .filter((path) => path.startsWith(`${folder}/`) && path.endsWith(ending))
        .map((path) => path.slice(folder.length + 1, -ending.length))
        .sort()
    expect(modules("src", ".ts")).toEqual(sources.sort())
    expect(modules("dist", ".js")).toEqual(sources)
    expect(modules("dist", ".d.ts")).toEqual(sources)
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
