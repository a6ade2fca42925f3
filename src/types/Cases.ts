/**
 * Records of functions, one for each thing that can happen: a failure's tag, a signal, an exit of a called workflow, a target.
 */
import type {
  BranchCompensationContext,
  CallContext,
  CatchContext,
  CompensationContext,
  SignalContext
} from "../handler/Context.ts"
import type { Inherited, NameOf } from "./Name.ts"
import type { Misnamed, MisnamedProblem, NoProblem, Problem } from "./Problem.ts"
import type { Refused, Result, ResultProblem, Tagged, TagOf } from "./Result.ts"
import type { AnyDefinition, ExitName, Payload, SignalName, StateName, WorkflowName } from "./Table.ts"
import type { CheckedValue } from "./Value.ts"

/** What the functions of a record give, as a union; of a record that is refused, `unknown` is known of them. */
export type CaseResult<Cases> = Cases[keyof Cases] extends infer F
  ? F extends (context: never) => infer Out
    ? unknown extends Out
      ? Refused
      : Out
    : never
  : never

/** `unknown` for a function that gives a transition of `N`, a message for every other. */
type CheckedCase<D extends AnyDefinition, N extends string, F> = F extends (context: never) => infer Out
  ? unknown extends Out
    ? unknown
    : NoProblem<ResultProblem<D, N, Result<Out>["value"]>>
  : unknown

/** One function for each tag that can occur. */
export type CatchCases<D extends AnyDefinition, N extends StateName<D> | "*", E> = Misnamed & {
  readonly [Tag in TagOf<E>]?: ((context: CatchContext<D, N, Tagged<E, Tag>>) => unknown) | Inherited<Tag>
}

/** The cases themselves, or a message where a tag cannot occur or a result is no transition. */
export type CheckedCatchCases<D extends AnyDefinition, N extends string, E, Cases> = {
  readonly [Tag in keyof Cases]: NameOf<Tag> extends TagOf<E>
    ? CheckedCase<D, N, Cases[Tag]>
    : MisnamedProblem<
        Tag,
        readonly [`state '${N}' cannot fail with '${NameOf<Tag> & string}' here, but with`, TagOf<E>]
      >
}

/** One function for each signal that is waited for. */
export type SignalCases<D extends AnyDefinition, N extends StateName<D>> = Misnamed & {
  readonly [S in SignalName<D>]?: ((context: SignalContext<D, N, S>) => unknown) | Inherited<S>
}

/** The cases themselves, or a message where a signal is not declared or a result is no transition. */
export type CheckedSignalCases<D extends AnyDefinition, N extends string, Cases> = {
  readonly [S in keyof Cases]: NameOf<S> extends SignalName<D>
    ? CheckedCase<D, N, Cases[S]>
    : MisnamedProblem<
        S,
        readonly [`'${NameOf<S> & string}' is not a signal of '${WorkflowName<D>}', which has`, SignalName<D>]
      >
}

/** One function for each exit of a called workflow. */
export type ExitCases<D extends AnyDefinition, N extends StateName<D>, Callee extends AnyDefinition> = Misnamed & {
  readonly [X in ExitName<Callee> as string extends X ? never : X]?: (
    context: CallContext<D, N, Payload<Callee, X>>
  ) => unknown
}

/** The functions that a record does not have. */
export type MissingExitCases<D extends AnyDefinition, N extends StateName<D>, Callee extends AnyDefinition, Cases> = {
  readonly [X in Exclude<ExitName<Callee>, keyof Cases>]: (context: CallContext<D, N, Payload<Callee, X>>) => unknown
}

/** The cases themselves, or a message where there is no such exit or a result is no transition. */
export type CheckedExitCases<D extends AnyDefinition, N extends string, Callee extends AnyDefinition, Cases> = {
  readonly [X in keyof Cases]: NameOf<X> extends ExitName<Callee>
    ? CheckedCase<D, N, Cases[X]>
    : MisnamedProblem<
        X,
        readonly [`'${NameOf<X> & string}' is not an exit of '${WorkflowName<Callee>}', which has`, ExitName<Callee>]
      >
}

/** One function for each target that needs an undo. */
export type CompensationCases<D extends AnyDefinition, Taken extends string> = Misnamed & {
  readonly [T in Taken as string extends T ? never : T]?:
    | ((context: CompensationContext<D, T>) => unknown)
    | Inherited<T>
}

/** `unknown` for every target that the state goes to, a message for every other. */
export type CheckedCompensationCases<N extends string, Taken, Cases> = {
  readonly [T in keyof Cases]: NameOf<T> extends Taken
    ? CheckedUndo<N, T, Cases[T]>
    : MisnamedProblem<T, readonly [`state '${N}' never goes to '${NameOf<T> & string}', but to`, Taken]>
}

/** One function for each branch that needs an undo. */
export type BranchCompensationCases<D extends AnyDefinition, N extends StateName<D>, Values> = Misnamed & {
  readonly [K in keyof Values]?: ((context: BranchCompensationContext<D, N, Values[K]>) => unknown) | Inherited<K>
}

/** `unknown` for every branch that has no compensation yet, a message for every other name. */
export type CheckedBranchCompensationCases<N extends string, Values, Cases, Compensated> = {
  readonly [K in keyof Cases]: K extends keyof Values
    ? K extends Compensated
      ? Problem<`state '${N}' compensates '${NameOf<K> & string}' twice`>
      : CheckedUndo<N, K, Cases[K]>
    : MisnamedProblem<K, readonly [`state '${N}' has no branch '${NameOf<K> & string}', but`, keyof Values]>
}

type CheckedUndo<N extends string, K, F> = F extends (context: never) => infer Out
  ? CheckedValue<`state '${N}': the compensation of '${NameOf<K> & string}'`, Out>
  : unknown
