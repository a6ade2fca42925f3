/**
 * Names as they are printed. A name may be any text, and a terminal obeys some of them.
 */

/** A text in one line, with what is not seen as it is written in JavaScript: `\n`, `\x1b`, `\u202e`. */
export const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (c) => escapes.get(c) ?? escape(c.codePointAt(0)!))

/** As `visible`, of a text of several lines. */
export const visibleLines = (text: string): string => text.split(/\r?\n/).map(visible).join("\n")

const escapes: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"]
])

const escape = (code: number): string => (code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`)

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0")
