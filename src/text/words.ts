/**
 * Words and signs that pictures share.
 */

/** Marks what is undone when the run fails. */
export const mark = "↺"

/** A text without what no output can hold: control characters, and what is no character at all. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, " ")

/** A number of things. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`
