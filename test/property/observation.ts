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
  /** What is told of a run that somebody watches, in order: everything but its branches and signals. */
  readonly events: ReadonlyArray<string>
  /** The calls of the user's functions, the beginnings and ends of finalizers, and what is told of branches and signals. */
  readonly trace: ReadonlyArray<string>
  /** What should not be there when the run is over, and what is wrong with the events, whatever was predicted. */
  readonly leftBehind: ReadonlyArray<string>
}

/** Plain data as text, whatever the order of its keys. */
export const show = (value: unknown): string => JSON.stringify(value, (_, inner) => sortKeys(inner))

/** An event as text, without its run and its time. */
export const showEvent = (tag: string, state: string, fields: object): string => `${tag} ${state} ${show(fields)}`

/** Whether an event may come at another place within its instant: branches and signals do not wait for each other. */
export const isUnordered = (tag: string): boolean => tag.startsWith("Branch") || tag === "Signalled"

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
  (["outcome", "endedAt", "failedIn", "events", "trace", "leftBehind"] as const).flatMap((part) => {
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
