import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const sources = fileURLToPath(new URL("src/", import.meta.url))

/** Tests of the package as its users have it: they need it packed. */
const packaged = ["test/package.test.ts", "test/types/**/*.test.ts", "test/cli/**/*.test.ts"]

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sluice$/, replacement: `${sources}index.ts` },
      { find: /^sluice\/testing\/fast-check$/, replacement: `${sources}testing/fastCheck.ts` },
      { find: /^sluice\/(.+)$/, replacement: `${sources}$1.ts` }
    ]
  },
  test: {
    // What the tests of the command load is loaded by Node, as a user's module is.
    server: { deps: { external: [/\/sluice-command-/] } },
    // Nothing here is to be done by a time: the limit is for what hangs, on however busy a machine.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Effect and the library are loaded once a worker, not once a file.
    isolate: false,
    maxWorkers: "100%",
    projects: [
      { extends: true, test: { name: "library", include: ["test/**/*.test.ts"], exclude: packaged } },
      { extends: true, test: { name: "package", include: packaged, globalSetup: "test/support/packed.ts" } }
    ],
    coverage: { provider: "v8", include: ["src/**/*.ts"], reporter: ["text", "json-summary"] }
  }
})
