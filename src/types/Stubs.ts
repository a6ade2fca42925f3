/**
 * What may stand in for a state, its branches or its items: typed by the workflow, or by the handler, which also knows what
 * its own policies take.
 */
import type { Effect } from "effect"
import type { IsAny } from "type-fest"
import type { BranchContext, Context, ItemContext } from "../handler/Context.ts"
import type { AnyHandler, HandlerTypes } from "../handler/Handler.ts"
import type { Inherited, NameOf } from "./Name.ts"
import type { Branch, Items, OwnTypes, Work } from "./Own.ts"
import type { NoProblem, Problem } from "./Problem.ts"
import type { Result, ResultProblem, TagOf } from "./Result.ts"
import type { AnyDefinition, DefinitionTypes, ExitName, Failure, StateName, WorkflowName } from "./Table.ts"
import type { Transition } from "./Transition.ts"
import type { CheckedValue } from "./Value.ts"

/** The key under which a stand-in carries its types, and its value what it stands in for. */
declare const StubTypes: unique symbol

/** A stand-in for state `N` of the definition `D`, or for a part of it, which needs `R`. */
export interface Stub<out D extends AnyDefinition, out N extends string, out R> {
  readonly [StubTypes]: { readonly definition: D; readonly state: N; readonly services: R }
}

/** Any stand-in for any state of any definition. */
export type AnyStub = Stub<AnyDefinition, string, unknown>

/** A handler whose type says what its policies stand around; they stand around nothing in a route. */
export interface Stubbable<out D extends AnyDefinition, out N extends string, out Own> {
  readonly [HandlerTypes]: { readonly definition: D; readonly state: N }
  readonly [OwnTypes]?: Own
}

/** A function of the state's own context, which makes the transition, or an Effect that never succeeds. */
export type StateOutcome<D extends AnyDefinition, N extends StateName<D>> =
  | ((context: Context<D, N>) => unknown)
  | Effect.Effect<unknown, unknown, unknown>

/** A stand-in for some states, by their names. A handler is none, which is said of it in words. */
export type Stubs<D extends AnyDefinition> = {
  readonly [N in StateName<D>]?: StateOutcome<D, N> | AnyStub | AnyHandler | Inherited<N>
}

/** `unknown` for every stand-in that is right, a message for every one that is not. */
export type CheckedStubs<D extends AnyDefinition, E, S> = {
  readonly [K in keyof S]: CheckedKey<D, NameOf<K>, E, S[K]>
}

type CheckedKey<D extends AnyDefinition, N, E, S> =
  N extends StateName<D>
    ? CheckedStub<D, N, E, S>
    : N extends ExitName<D>
      ? Problem<`'${N & string}' is an exit, not a state`>
      : Problem<`'${N & string}' is not a state`>

type CheckedStub<D extends AnyDefinition, N extends StateName<D>, E, S> =
  S extends Stub<infer Of, infer State, infer _R>
    ? string extends State
      ? unknown
      : [Of[typeof DefinitionTypes]] extends [D[typeof DefinitionTypes]]
        ? State extends N
          ? unknown
          : Problem<`this stand-in is for state '${State}', not for '${N}'`>
        : Problem<`this stand-in for state '${N}' belongs to another definition`>
    : S extends AnyHandler
      ? Problem<`a handler is no stand-in for state '${N}': give a function, or Testing.stub(handler, ...)`>
      : CheckedOutcome<D, N, S, StubErrors<N, E, S>>

/** `unknown` for what gives a transition of `N` or none at all, a message for every other. */
export type CheckedOutcome<D extends AnyDefinition, N extends StateName<D>, S, ErrorProblem> =
  S extends Effect.Effect<infer A, infer _E, infer _R>
    ? [A] extends [never]
      ? NoProblem<ErrorProblem>
      : unknown extends A
        ? unknown
        : Problem<`the Effect for state '${N}' succeeds, and with no transition: give a function, whose 'to' makes one`>
    : S extends (context: never) => infer Out
      ? IsAny<Out> extends true
        ? unknown
        : NoProblem<ResultProblem<D, N, Result<Out>["value"]> | ErrorProblem>
      : unknown

type StubErrors<N extends string, E, S> = WrongError<
  `state '${N}'`,
  Exclude<OutcomeParts<S>["error"], E>,
  "which is no failure of the workflow: Testing.stub(handler, ...) allows what its policies take"
>

/** The message for a failure that the work of a handler cannot have, or `never`. */
export type WorkErrors<N extends string, Own, S> = WrongError<
  `state '${N}'`,
  Exclude<OutcomeParts<S>["error"], Own extends Work<infer E> ? E : never>,
  "with which its work cannot fail"
>

type WrongError<Of extends string, X, Why extends string> = unknown extends X
  ? never
  : [X] extends [never]
    ? never
    : [TagOf<X>] extends [never]
      ? readonly [`the stand-in for ${Of} fails with a value, ${Why}`, X]
      : `the stand-in for ${Of} fails with '${TagOf<X>}', ${Why}`

/** The message for a failure that no part of the work of a handler can have, or `never`. */
export type PartErrors<N extends string, Own, X> = WrongError<
  `state '${N}'`,
  Exclude<X, ErrorOf<Own>>,
  "with which its work cannot fail"
>

/** The message for a handler that has branches or items, which are what is stood in for, or `never`. */
export type NoWork<N extends string, Own> = [Extract<Own, AnyBranch>] extends [never]
  ? [Extract<Own, AnyItems>] extends [never]
    ? never
    : `state '${N}' is a forEach: stand in for its items with Testing.items`
  : `state '${N}' is a split: stand in for its branches with Testing.branches`

/** The message for a handler that has no items, or `never`. */
export type NoItems<N extends string, Own> = [Extract<Own, AnyItems>] extends [never]
  ? `state '${N}' is no forEach: stand in for it with Testing.stub, or for its branches with Testing.branches`
  : never

type AnyBranch = Branch<unknown, unknown, unknown>
type AnyItems = Items<unknown, unknown, unknown>

/** What a branch or an item may succeed with, in the three forms. */
type Giving<A> = A | Effect.Effect<A, unknown, unknown> | Generator<Effect.Effect<unknown, unknown, unknown>, A, never>

/** A stand-in for some branches of a split, by their names. */
export type BranchOutcomes<D extends AnyDefinition, N extends StateName<D>, Own> = {
  readonly [K in BranchName<Own>]?: BranchOutcome<D, N, Extract<Own, Branch<K, unknown, unknown>>> | Inherited<K>
}

type BranchName<Own> = Extract<Own, AnyBranch>["branch"] & string

type BranchOutcome<D extends AnyDefinition, N extends StateName<D>, B> =
  B extends Branch<infer _Name, infer A, infer _E>
    ? Effect.Effect<A, unknown, unknown> | ((context: BranchContext<D, N>) => Giving<A>)
    : never

/** `unknown` for every branch that may fail so, a message for every other, and for every other name. */
export type CheckedBranchOutcomes<N extends string, Own, S> = {
  readonly [K in keyof S]: K extends Extract<Own, AnyBranch>["branch"]
    ? CheckedValue<`the stand-in for branch '${K & string}'`, OutOf<S[K]>> &
        NoProblem<
          WrongError<
            `branch '${K & string}'`,
            Exclude<OutcomeParts<S[K]>["error"], ErrorOf<Extract<Own, Branch<K, unknown, unknown>>>>,
            "with which the branch cannot fail"
          >
        >
    : Problem<`state '${N}' has no branch '${K & string}'`>
}

/** A stand-in for what a forEach does for each item. */
export type ItemOutcome<D extends AnyDefinition, N extends StateName<D>, Own> =
  Extract<Own, AnyItems> extends Items<infer Item, infer A, infer _E>
    ? Effect.Effect<A, unknown, unknown> | ((context: ItemContext<D, N, Item>) => Giving<A>)
    : never

/** `unknown` for what the items may give or fail with, a message for everything else. */
export type CheckedItemOutcome<N extends string, Own, S> = CheckedValue<
  `the stand-in for the items of state '${N}'`,
  OutOf<S>
> &
  NoProblem<
    WrongError<
      `the items of state '${N}'`,
      Exclude<OutcomeParts<S>["error"], ErrorOf<Extract<Own, AnyItems>>>,
      "with which they cannot fail"
    >
  >

/** `unknown` for what gives a transition to an exit or none at all, a message for every other. */
export type CheckedCallee<D extends AnyDefinition, S> = Result<OutOf<S>>["value"] extends infer Value
  ? unknown extends Value
    ? unknown
    : [Value] extends [ExitTransitions<D>]
      ? NoProblem<
          WrongError<
            `workflow '${WorkflowName<D>}'`,
            Exclude<OutcomeParts<S>["error"], Failure<D>>,
            "which .failure does not declare"
          >
        >
      : Problem<`the stand-in for workflow '${WorkflowName<D>}' must give a transition made by its own 'to'`>
  : never

type ExitTransitions<D extends AnyDefinition> = { [X in ExitName<D>]: Transition<D, X> }[ExitName<D>]

type ErrorOf<Part> = Part extends { readonly work: Effect.Effect<unknown, infer E> } ? E : never

/** A stand-in taken apart. An interface, for the reason that `Result` is one. */
export interface OutcomeParts<S> {
  readonly error: Result<OutOf<S>>["error"]
  readonly services: S extends Stub<infer _D, infer _N, infer R> ? R : Result<OutOf<S>>["services"]
}

/** What a function gives, and any other value itself. */
type OutOf<S> = S extends (context: never) => infer Out ? Out : S

/** The services that the stand-ins of a record need; none of them when nothing is known of the record, as of no record. */
export type StubServices<S> = unknown extends OutcomeParts<S[keyof S]>["services"]
  ? never
  : OutcomeParts<S[keyof S]>["services"]
