/**
 * What is published: only what belongs in the tarball, and no more of it than a bundle can leave out.
 */
import { execFileSync } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { describe, expect, inject, it } from "vitest"

const root = join(import.meta.dirname, "..")

/** The files in the archive. */
const packed = execFileSync("tar", ["tzf", inject("packed")], { encoding: "utf8" })
  .trimEnd()
  .split("\n")
  .map((path) => path.replace(/^package\//, ""))

const read = (path: string) => readFileSync(join(root, path), "utf8")

/** The text of a page without its blocks of code. */
const proseOf = (page: string) => read(page).replace(/^```.*?^```$/gms, "")

/** Where the relative links of a page lead: a file of the package, and a heading of it. */
const linksOf = (page: string) =>
  [...proseOf(page).matchAll(/\]\((?!https?:)(?<path>[^)#\s]*)(#(?<anchor>[^)\s]*))?\)/g)].map(({ groups }) => ({
    path: groups!.path === "" ? page : normalize(join(dirname(page), groups!.path!)),
    anchor: groups!.anchor ?? ""
  }))

/** The headings of a page as GitHub names them in links. */
const anchorsOf = (page: string) =>
  [...proseOf(page).matchAll(/^#+ (?<heading>.+)$/gm)].map(({ groups }) =>
    groups!
      .heading!.toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  )

const manifest = JSON.parse(read("package.json"))

describe("the package", () => {
  it("holds the built modules with their declarations, the sources, the pages, the examples, and what every package has", () => {
    const others = packed.filter(
      (path) => !/^(dist\/.+\.(js|d\.ts)(\.map)?|src\/.+\.ts|docs\/.+\.md|examples\/.+)$/.test(path)
    )
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

  it("holds whatever its pages link to", () => {
    const pages = packed.filter((path) => path.endsWith(".md"))
    const links = pages.flatMap((page) => linksOf(page).map(({ anchor, path }) => ({ page, path, anchor })))
    expect(links.length).toBeGreaterThan(50)
    expect(links.filter(({ path }) => !packed.some((file) => file === path || file.startsWith(`${path}/`)))).toEqual([])
    expect(links.filter(({ anchor, path }) => anchor !== "" && !anchorsOf(path).includes(anchor))).toEqual([])
  })

  it("has a command, which is for no import", () => {
    expect(manifest.bin).toEqual({ sluice: "./dist/cli/main.js" })
    expect(Object.keys(manifest.exports).filter((path) => path.startsWith("./cli"))).toEqual([])
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
