/** Ids of runs that were given none, in hosts that lack what makes good ones. */
import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import { makeRunId } from "../../src/engine/run/runId.ts"

afterEach(() => {
  vi.unstubAllGlobals()
})

const throwing = () => {
  throw new Error("not here")
}

describe("an id that Sluice makes", () => {
  it.for([
    ["crypto as it is", globalThis.crypto],
    ["a page without https", { getRandomValues: <T>(bytes: T) => globalThis.crypto.getRandomValues(bytes as never) }],
    ["a crypto that throws", { randomUUID: throwing, getRandomValues: throwing }],
    ["a crypto that is empty", {}],
    ["no crypto", undefined]
  ] as const)("is a UUID, and another each time, with %s", ([, crypto]) => {
    vi.stubGlobal("crypto", crypto)
    const ids = Array.from({ length: 1_000 }, makeRunId)
    expect(new Set(ids).size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
