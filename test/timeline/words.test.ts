/** Durations, as pictures tell them. */
import { expect, it } from "vitest"
import { formatMillis } from "../../src/history/words.ts"

it.each([
  [0, "0 ms"],
  [-5, "0 ms"],
  [Number.NaN, "0 ms"],
  [0.004, "0 ms"],
  [0.0149, "0.01 ms"],
  [0.8249, "0.82 ms"],
  [0.996, "1 ms"],
  [4.56, "4.6 ms"],
  [9.96, "10 ms"],
  [45.4, "45 ms"],
  [999.4, "999 ms"],
  [999.6, "1 s"],
  [1234, "1.23 s"],
  [59_949, "59.9 s"],
  [59_960, "1 min"],
  [65_000, "1 min 5 s"],
  [3_599_600, "1 h"],
  [11_520_000, "3 h 12 min"],
  [86_399_999, "1 d"],
  [187_200_000, "2 d 4 h"],
  [31_536_000_000, "365 d"]
])("%d milliseconds are %s", (millis, text) => {
  expect(formatMillis(millis)).toBe(text)
})
