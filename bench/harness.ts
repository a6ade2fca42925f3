/**
 * Measures two ways of doing the same thing in turn, so that a change in the machine's speed hits both alike.
 */

/** Does `operations` operations, all at once or with waiting. */
export interface Subject {
  readonly operations: number
  readonly run: () => unknown
}

/** One row of the table. Times are nanoseconds an operation, medians over the rounds. */
export interface Comparison {
  readonly name: string
  readonly ours: number
  readonly theirs: number
  /** The median of the ratios round by round. */
  readonly ratio: number
  readonly budget: number
}

const rounds = Number(process.env.BENCH_ROUNDS ?? 15)
const roundNanos = 60e6

const time = async ({ operations, run }: Subject, repeat: number): Promise<number> => {
  const start = process.hrtime.bigint()
  for (let i = 0; i < repeat; i++) {
    const result = run()
    if (result instanceof Promise) await result
  }
  return Number(process.hrtime.bigint() - start) / (operations * repeat)
}

/** How often a subject runs in a round, so that the round is long enough to be timed. */
const calibrate = async (subject: Subject): Promise<number> => {
  await time(subject, 3)
  const nanos = (await time(subject, 3)) * subject.operations
  return Math.max(1, Math.round(roundNanos / nanos))
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

/** Compares ours with theirs; the ratio should be at most the budget. */
export const compare = async (name: string, budget: number, ours: Subject, theirs: Subject): Promise<Comparison> => {
  const [ourRepeat, theirRepeat] = [await calibrate(ours), await calibrate(theirs)]
  const pairs: Array<readonly [number, number]> = []
  // Each goes first in every other round: what the one leaves behind, such as garbage, the other may have to pay for.
  for (let i = 0; i < rounds; i++) {
    if (i % 2 === 0) {
      const our = await time(ours, ourRepeat)
      pairs.push([our, await time(theirs, theirRepeat)])
    } else {
      const their = await time(theirs, theirRepeat)
      pairs.push([await time(ours, ourRepeat), their])
    }
  }
  return {
    name,
    ours: median(pairs.map(([a]) => a)),
    theirs: median(pairs.map(([, b]) => b)),
    ratio: median(pairs.map(([a, b]) => a / b)),
    budget
  }
}
