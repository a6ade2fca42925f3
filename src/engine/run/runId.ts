/**
 * Ids for runs that their caller has not named.
 */

/**
 * Makes an id: a random UUID. It never fails, because an id is also made up to say which run has failed: a page that is not
 * served over https has no `crypto.randomUUID`, and some hosts have no `crypto` at all.
 */
export const makeRunId = (): string => {
  try {
    return globalThis.crypto.randomUUID()
  } catch {
    const bytes = randomBytes(36)
    return "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".replace(/[xy]/g, (digit, at: number) =>
      (digit === "x" ? bytes[at]! & 15 : 8 + (bytes[at]! & 3)).toString(16)
    )
  }
}

const randomBytes = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  try {
    return globalThis.crypto.getRandomValues(bytes)
  } catch {
    return bytes.map(() => Math.floor(Math.random() * 256))
  }
}
