/**
 * How much room a text takes, and as much of it as there is room for.
 */

/** The room that a character takes. */
export type Measure = (character: string) => number

const isMark = (character: string): boolean => /[\p{M}\p{Cf}]/u.test(character)

const isWide = (character: string): boolean =>
  /[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u.test(
    character
  )

/** The columns that a character takes in a terminal. */
export const columnsOf: Measure = (character) => (isMark(character) ? 0 : isWide(character) ? 2 : 1)

/** The room that a character takes at most in a font without serifs, as a part of its height. */
export const emsOf: Measure = (character) => {
  if (isMark(character)) return 0
  if (/[ijlI.,:;'|!()[\] ]/.test(character)) return 0.4
  if (/[a-z0-9_-]/.test(character)) return /[mw]/.test(character) ? 0.98 : 0.65
  return /[A-Z]/.test(character) && !/[MW]/.test(character) ? 0.8 : 1
}

/** The room that a text takes. */
export const roomOf = (text: string, measure: Measure): number => {
  let room = 0
  for (const character of text) room += measure(character)
  return room
}

/** A text, or as much of it as there is room for. */
export const cut = (text: string, room: number, measure: Measure): string => {
  if (roomOf(text, measure) <= room) return text
  let kept = ""
  let left = room - measure("…")
  for (const character of text) {
    left -= measure(character)
    if (left < 0) break
    kept += character
  }
  return `${kept}…`
}
