import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const sources = fileURLToPath(new URL("src/", import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sluice$/, replacement: `${sources}index.ts` },
      { find: /^sluice\/testing\/fast-check$/, replacement: `${sources}testing/fastCheck.ts` },
      { find: /^sluice\/(.+)$/, replacement: `${sources}$1.ts` }
    ]
  },
  test: {
    include: ["test/**/*.test.ts"],
    // What the tests of the command load is loaded by Node, as a user's module is.
    server: { deps: { external: [/\/sluice-command-/] } },
    // Nothing here waits for real time but compilers, child processes and sockets, which a busy machine may slow down.
    testTimeout: 60_000,
    coverage: { provider: "v8", include: ["src/**/*.ts"], reporter: ["text", "json-summary"] }
  }
})
