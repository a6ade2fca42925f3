/**
 * What is compared of a run: as text, so that a difference can be read.
 */

/** What a run did, predicted or observed. */
export interface Observation {
  /** The exit and its payload, the typed failure, the defects, or that it was interrupted. */
  readonly outcome: string
  readonly endedAt: number
  /** Where it failed; nothing unless it failed or died. */
  readonly failedIn: string
  /** The states entered, in order; known of a forked run only. */
  readonly visits: ReadonlyArray<string>
  /** The calls of the user's functions, the beginnings and ends of finalizers, and of a forked run what its branches did. */
  readonly trace: ReadonlyArray<string>
  /** What should not be there when the run is over. */
  readonly leftBehind: ReadonlyArray<string>
}

/** Plain data as text, whatever the order of its keys. */
export const show = (value: unknown): string => JSON.stringify(value, (_, inner) => sortKeys(inner))

const sortKeys = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** Collects lines with their times. What happens at one instant is compared without its order. */
export class Trace {
  private readonly lines: Array<{ readonly time: number; readonly text: string }> = []

  add(time: number, text: string): void {
    this.lines.push({ time, text })
  }

  sorted(): ReadonlyArray<string> {
    return this.lines
      .toSorted((a, b) => a.time - b.time || (a.text < b.text ? -1 : 1))
      .map(({ text, time }) => `${time} ${text}`)
  }
}

/** The lines in which two observations differ: `-` is predicted, `+` is observed. */
export const differences = (predicted: Observation, observed: Observation): ReadonlyArray<string> =>
  (["outcome", "endedAt", "failedIn", "visits", "trace", "leftBehind"] as const).flatMap((part) => {
    const [was, is] = [lines(predicted[part]), lines(observed[part])]
    if (show(was) === show(is)) return []
    const missing = without(was, is).map((line) => `  - ${line}`)
    const added = without(is, was).map((line) => `  + ${line}`)
    const inOtherOrder = missing.length + added.length === 0
    return [`${part}:`, ...(inOtherOrder ? [`  - ${was.join(", ")}`, `  + ${is.join(", ")}`] : [...missing, ...added])]
  })

const lines = (part: string | number | ReadonlyArray<string>): ReadonlyArray<string> =>
  typeof part === "object" ? part : [String(part)]

const without = (lines: ReadonlyArray<string>, others: ReadonlyArray<string>): ReadonlyArray<string> => {
  const rest = [...others]
  return lines.filter((line) => {
    const index = rest.indexOf(line)
    if (index >= 0) rest.splice(index, 1)
    return index < 0
  })
}
