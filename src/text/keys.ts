/**
 * Keys of what is made while a program runs. A name is for people and may be given twice: what is looked up by a key is
 * told apart by when it was made.
 */

const made: unique symbol = Symbol.for("sluice/made")

/** A key that nothing else has in this process, not even what another copy of this package makes, beginning with a label. */
export const uniqueKey = (label: string): string => {
  // The one count that all copies share.
  const counter = globalThis as { [made]?: number }
  counter[made] = (counter[made] ?? 0) + 1
  return `${label}#${counter[made]}`
}
