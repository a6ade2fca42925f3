/**
 * What the exchange tells of a run: what happens while it lasts, how it ended, and a row of the summary.
 */
import { Cause, Schema } from "effect"
import type { Workflow } from "sluice"
import { match, P } from "ts-pattern"
import type { Notice, Settled } from "./bidders.ts"
import { type AdExchange, Bids, type Partner, type PartnerBid } from "./definition.ts"

export type Event = Workflow.RunEvent<Workflow.StateName<typeof AdExchange>>
export type Outcome = Workflow.Outcome<typeof AdExchange>

export interface Row {
  readonly request: string
  readonly outcome: Outcome["_tag"] | "malformed"
  readonly result: string
  readonly bids?: string
  readonly declined?: string
  readonly aborted?: string
  readonly ms?: number
}

/** What happened and when: every state entered, every partner that answered, every branch that failed or was aborted. */
export const linesOf = (event: Event, partners: ReadonlyArray<Partner>, start: number): ReadonlyArray<string> =>
  match(event)
    .with({ _tag: "StateEntered" }, ({ state }) => [state])
    .with({ _tag: "BranchSucceeded", state: "RequestBids" }, ({ branch }) => [`  ${nameOf(branch, partners)} answered`])
    .with({ _tag: "BranchFailed" }, ({ branch, cause }) => [
      `  ${nameOf(branch, partners)} failed: ${Cause.prettyErrors(cause)[0]?.message}`
    ])
    .with({ _tag: "BranchInterrupted" }, ({ branch }) => [`  ${nameOf(branch, partners)} aborted`])
    .otherwise(() => [])
    .map((line) => `${String(Math.round(event.time - start)).padStart(6)} ms  ${line}`)

/** Branches of a split have names, those of a forEach the index of their item. */
const nameOf = (branch: string | number, partners: ReadonlyArray<Partner>) =>
  typeof branch === "number" ? (partners[branch]?.name ?? branch) : branch

const resultOf = (outcome: Outcome): string =>
  match(outcome)
    .with({ _tag: "Filled" }, ({ payload }) =>
      list(payload.seatbid.flatMap(({ bid, seat = "somebody" }) => bid.map(({ price }) => `${seat} pays ${price}`)))
    )
    .with({ _tag: "NoFill" }, ({ payload }) => payload.cause)
    .with({ _tag: "Invalid" }, ({ payload }) => payload.reason)
    .exhaustive()

const isBids = Schema.is(Bids)

/** The bids that came in time, read off the payload of the state that scores them. */
const bidsOf = (events: ReadonlyArray<Event>) =>
  events.flatMap((event) =>
    match(event)
      .with({ _tag: "StateEntered", state: "ScoreBids", payload: P.when(isBids) }, ({ payload }) => payload.bids)
      .otherwise(() => [])
  )

const offerOf = ({ bid, cur, partner, seatbid }: PartnerBid) =>
  `${seatbid.seat ?? partner} ${bid.price}${cur === "USD" ? "" : ` ${cur}`}`

/** The row of a run; `settled` is what the bidders saw of it. */
export const rowOf = (
  request: string,
  outcome: Outcome,
  events: ReadonlyArray<Event>,
  settled: ReadonlyArray<Settled>,
  ms: number
): Required<Row> => ({
  request,
  outcome: outcome._tag,
  result: resultOf(outcome),
  bids: list(bidsOf(events).map(offerOf)),
  declined: bidders(settled, "declined"),
  aborted: bidders(settled, "aborted"),
  ms
})

/** The row of a file that is no bid request. */
export const malformedRow = (request: string, result: string): Row => ({ request, outcome: "malformed", result })

const bidders = (settled: ReadonlyArray<Settled>, as: Settled["as"]): string =>
  list(settled.filter((one) => one.as === as).map(({ bidder }) => bidder))

/** How a run ended. */
export const accountOf = (row: Required<Row>, notices: ReadonlyArray<Notice>): string =>
  [
    `${String(row.ms).padStart(6)} ms  ${row.outcome}: ${row.result}`,
    `  bids: ${row.bids}`,
    `  declined: ${row.declined}`,
    `  aborted (seen by the bidder): ${row.aborted}`,
    `  notices (seen by the bidder): ${list(notices.map(noticeOf))}`
  ].join("\n")

const noticeOf = ({ bidder, of, price, reason }: Notice) =>
  `${of}${price === "" ? "" : ` at ${price}`} to ${bidder}${of === "loss" ? ` (${reason})` : ""}`

const list = (items: ReadonlyArray<string>): string => items.join(", ") || "none"
