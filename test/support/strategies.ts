/** One strategy of each kind, for what holds whichever is chosen. */
import { Join } from "sluice"

/** A single success or failure decides none of those that wait for all, and at least one of the others. */
export const everyStrategy: ReadonlyArray<{ readonly name: string; readonly strategy: Join.Strategy }> = [
  { name: "all", strategy: Join.all },
  { name: "any", strategy: Join.any },
  { name: "quorum", strategy: Join.quorum(2) },
  { name: "percentage", strategy: Join.percentage(0.5) },
  { name: "partialResults", strategy: Join.partialResults(2) },
  { name: "tolerate failures", strategy: Join.tolerate({ failures: 1 }) },
  { name: "tolerate rate", strategy: Join.tolerate({ rate: 1 }) },
  { name: "settled", strategy: Join.settled },
  { name: "partialTimeout", strategy: Join.partialTimeout("1 minute") }
]
