/**
 * A definition with a handler for every state: the workflow, an immutable value that is run any number of times.
 */
import { Array, type Cause, type DateTime, type Duration, Effect, Result, type Scope } from "effect"
import { type RunNotFound, type RunTimeout, WorkflowDefinitionError } from "../Errors.ts"
import { compile } from "../engine/compile.ts"
import type { Node } from "../engine/model.ts"
import { noInput, Run, type RunSettings } from "../engine/run/Run.ts"
import { sendSignal } from "../engine/run/Runs.ts"
import { start as startRun, startStep } from "../engine/run/start.ts"
import { checkDuration } from "../engine/time.ts"
import { watchOf } from "../engine/watch/Observation.ts"
import { describePolicy, describeWork } from "../graph/describe.ts"
import type { Graph } from "../graph/Graph.ts"
import { handlerProblems } from "../graph/validate.ts"
import { type Handler, HandlerTypes, isHandler, type Task } from "../handler/Handler.ts"
import { policiesOf } from "../handler/HandlerConstructors.ts"
import type { AnyEffect, Callee, Caller, HandlerValue, SharedPolicy, Spec } from "../handler/Spec.ts"
import type { OnePlace, OneSignal } from "../types/OneName.ts"
import type { Problem } from "../types/Problem.ts"
import type { AnyFunction } from "../types/Result.ts"
import type {
  AnyDefinition,
  DefinitionTypes,
  EntryName,
  Input,
  Outcome,
  Payload,
  SignalName,
  SignalPayload,
  StateName,
  TargetName,
  WithoutPayload,
  WithPayload
} from "../types/Table.ts"
import { forkRun, type RunHandle } from "./RunHandle.ts"

/**
 * How long something may take, as the option `timeout` of a run has it. A generic function that nobody has called yet, as
 * in `ReturnType<typeof workflow.run>`, has it as `Uncalled`, too, which no value is.
 */
export type TimeLimit = Duration.Input | undefined | Uncalled

/** The key of what stands for a call that is not made. No value has it. */
export declare const Uncalled: unique symbol

/** What stands for a call that is not made. */
export type Uncalled = typeof Uncalled

/** Options of a run. */
export interface RunOptions<Timeout = Duration.Input | undefined> {
  /**
   * The id of the run; a random UUID unless given. A run dies with `RunIdInUse` of one that another run of the workflow has,
   * which is still in progress.
   */
  readonly id?: string | undefined
  /**
   * How long the run may take, zero or more; it is interrupted, rolled back, and fails with `RunTimeout` then. No limit unless
   * given. The run dies with `InvalidLimit` of one that is NaN or less than zero.
   */
  readonly timeout?: Timeout | undefined
  /** How long a rollback may take, whatever its cause: zero or more, as `timeout`. No limit unless given. */
  readonly compensationTimeout?: Duration.Input | undefined
}

/** The failure that the option `timeout` adds to a run. */
export type RunTimeoutOf<Timeout> = Uncalled extends Timeout ? never : Timeout extends undefined ? never : RunTimeout

/** What the handlers of a workflow share, so that each need not repeat it. */
export interface WorkflowOptions<D extends AnyDefinition, E, out Taken extends string, out E2, out R2> {
  /**
   * Puts policies around every handler, outside its own: `(step) => step.retry({ times: 2 })`. A catch here goes to what
   * the definition declares with `.fallback`. Nothing is put around a route, or around a state of the fallback itself.
   */
  readonly policy?: (step: Task<D, "*", never, E, never>) => Handler<D, "*", Taken, E2, R2>
  /** Says which failures are rolled back; all unless given. */
  readonly rollback?: (cause: Cause.Cause<unknown>) => boolean
}

/** Options of a single step. */
export interface StepOptions<Input> extends Pick<RunOptions, "id"> {
  /** The input of the run; unless given, a handler that reads it dies with `InputNotGiven`, except that of the start. */
  readonly input?: Input
}

/** What a state goes to, as plain data. */
export type Step<D extends AnyDefinition, N extends StateName<D>> = {
  readonly [T in TargetName<D, N>]: {
    readonly _tag: T
    readonly payload: Payload<D, T>
    readonly after?: Duration.Duration | DateTime.DateTime
  }
}[TargetName<D, N>]

/**
 * A workflow of the definition `D`, whose runs fail with `E` and need `R`: exactly the errors that no handler turned into
 * a transition, and the services that some handler asks for.
 */
export interface Workflow<D extends AnyDefinition, out E, out R> {
  /** What is said of a workflow that stands in place of its definition. No value has it. */
  readonly [DefinitionTypes]?: Problem<"this is a workflow: give its definition, the class">

  /** The table and what each state does, as plain data. */
  readonly graph: Graph

  /**
   * Runs the workflow from its start to an exit, and gives the transition to that: `{ _tag, payload }`.
   *
   * It fails with what no handler turns into a transition, with `RunTimeout` where it has a `timeout`, and with
   * `CompensationFailed` where something could not be undone.
   *
   * Interrupting it interrupts whatever the run is doing, all branches included, and waits for their finalizers and for
   * the compensations of the steps that were completed. A failure carries where it happened on its Cause: see
   * `Workflow.failureContext`.
   */
  readonly run: <const T extends TimeLimit = undefined>(
    input: Input<D>,
    options?: RunOptions<T>
  ) => Effect.Effect<Outcome<D>, E | RunTimeoutOf<T>, R>

  /**
   * As `run`, beginning at an entry with its payload: a new run, which knows nothing of what earlier steps would have to undo.
   */
  readonly runFrom: <const N extends EntryName<D>, const T extends TimeLimit = undefined>(
    entry: N,
    payload: Payload<D, N> & OnePlace<D, N>,
    input: Input<D>,
    options?: RunOptions<T>
  ) => Effect.Effect<Outcome<D>, E | RunTimeoutOf<T>, R>

  /**
   * As `run`, in a fiber of the caller's scope, with a handle to watch, signal and interrupt it.
   *
   * When that scope closes, the run is interrupted and rolled back: the scope of a request ends with the response. A run
   * that goes on is forked in a scope that lasts, with `Scope.provide`.
   */
  readonly fork: <const T extends TimeLimit = undefined>(
    input: Input<D>,
    options?: RunOptions<T>
  ) => Effect.Effect<RunHandle<D, E | RunTimeoutOf<T>>, never, R | Scope.Scope>

  /** Sends a signal to a run in progress, by its id; fails with `RunNotFound` when there is none. */
  readonly signal: {
    <const S extends SignalName<D>>(runId: string, signal: S & WithoutPayload<D, S>): Effect.Effect<void, RunNotFound>
    <const S extends SignalName<D>>(
      runId: string,
      signal: S & WithPayload<D, S>,
      payload: SignalPayload<D, S> & OneSignal<D, S>
    ): Effect.Effect<void, RunNotFound>
  }

  /**
   * Does the work of one state, with its own policies and those that all share, and gives the transition it chose: for unit
   * tests. What takes effect later is given at once, with its `after`.
   *
   * It fails as the handler does. It dies with `InputNotGiven` where the handler reads the input and none is given, except at
   * the start, whose input is its payload.
   */
  readonly step: <const N extends StateName<D>>(
    state: N,
    payload: Payload<D, N> & OnePlace<D, N>,
    options?: StepOptions<Input<D>>
  ) => Effect.Effect<Step<D, N>, E, R>
}

/** The key under which a workflow keeps what a workflow that calls it uses. */
export const CalleeKey: unique symbol = Symbol.for("sluice/Callee")

/** The key under which a workflow keeps what it was assembled from, also for the command, which may be of another copy. */
export const PartsKey: unique symbol = Symbol.for("sluice/Parts")

/** What a workflow is assembled from. */
export interface WorkflowParts {
  readonly definition: Graph
  /** By state. */
  readonly specs: ReadonlyMap<string, Spec>
  readonly shared: SharedPolicy
}

/** A workflow as the definition sees it, whose type parameters it does not know. */
export interface AnyWorkflow extends Workflow<AnyDefinition, unknown, never> {
  readonly [CalleeKey]: Pick<Callee, "run" | "within">
  readonly [PartsKey]: WorkflowParts
}

/** Makes the workflow of a graph; throws a `WorkflowDefinitionError` that lists every problem of the handlers. */
export const makeWorkflow = (
  definition: Graph,
  handlers: Readonly<Record<string, unknown>>,
  options: WorkflowOptions<AnyDefinition, unknown, string, unknown, unknown> = {}
): AnyWorkflow => {
  const values = new Map(Object.entries(handlers).map(([name, handler]) => [name, valueOf(definition, name, handler)]))
  const policies = policiesOf(definition, options.policy)
  const { rollback = () => true } = options
  const problems = [
    ...(typeof rollback === "function" ? [] : ["what says which failures are rolled back is not a function"]),
    ...handlerProblems(definition, values, policies)
  ]
  if (problems.length > 0) throw new WorkflowDefinitionError({ workflow: definition.name, problems })

  const specs = new Map(
    Array.filterMap(values, ([name, value]) => (value ? Result.succeed([name, value.spec]) : Result.failVoid))
  )
  return assemble({ definition, specs, shared: { policies: policies ?? [], rollback } })
}

/** Makes a workflow of parts that have been checked. */
export const assemble = (parts: WorkflowParts): AnyWorkflow => {
  const { definition, shared, specs } = parts
  const machine = compile(definition, specs, shared)
  // A name that is no place comes only from outside the types.
  const nodeOf = (name: string): Node => {
    const node = machine.nodes.get(name)
    if (node !== undefined) return node
    throw new WorkflowDefinitionError({ workflow: definition.name, problems: [`'${name}' is not declared`] })
  }
  const start = nodeOf(definition.start)

  const checked = ({ name: state }: Node, settings: RunSettings | undefined): RunSettings | undefined => {
    if (settings === undefined) return undefined
    for (const option of ["timeout", "compensationTimeout"] as const) {
      const limit = settings[option]
      if (limit !== undefined) checkDuration(`the ${option} of the run`, limit, { workflow: definition.name, state })
    }
    return settings
  }
  const run = (node: Node, payload: unknown, input: unknown, settings: RunSettings | undefined) =>
    Effect.withFiber((fiber) =>
      startRun(new Run(machine, node, input, checked(node, settings), watchOf(fiber)), payload)
    )

  const workflow = {
    graph: {
      ...definition,
      policies: shared.policies.map(describePolicy),
      places: definition.places.map((place) => {
        const spec = specs.get(place.name)
        return spec === undefined ? place : { ...place, work: describeWork(spec) }
      })
    },
    run: (input: unknown, options?: RunOptions) => run(start, input, input, options),
    runFrom: (entry: string, payload: unknown, input: unknown, options?: RunOptions) =>
      Effect.suspend(() => {
        if (!definition.entries.includes(entry)) throw notAnEntry(definition, entry)
        const node = nodeOf(entry)
        return run(node, payload, input, options)
      }),
    fork: (input: unknown, options?: RunOptions) =>
      Effect.suspend(() => forkRun(machine, start, input, checked(start, options))),
    signal: (runId: string, signal: string, payload?: unknown) => sendSignal(machine, runId, signal, payload),
    [PartsKey]: parts,
    [CalleeKey]: {
      run: (input: unknown, caller: Caller) => run(start, input, input, caller),
      within: (effect: AnyEffect) => effect
    },
    step: (state: string, payload: unknown, options: StepOptions<unknown> = {}) =>
      Effect.suspend(() => {
        const node = nodeOf(state)
        const input = "input" in options ? options.input : node === start ? payload : noInput
        return startStep(new Run(machine, node, input, options), payload)
      })
  }
  // The type parameters of a workflow exist in its interface only; the engine passes payloads on without looking.
  return workflow as unknown as AnyWorkflow
}

const notAnEntry = (definition: Graph, entry: string): WorkflowDefinitionError =>
  new WorkflowDefinitionError({
    workflow: definition.name,
    problems: [
      `a run cannot be entered at '${entry}': its entries are ${definition.entries.map((e) => `'${e}'`).join(", ")}`
    ]
  })

/** A function is a task of the state it stands under. */
const valueOf = (definition: Graph, state: string, handler: unknown): HandlerValue | undefined => {
  if (isHandler(handler)) return handler[HandlerTypes]
  if (typeof handler !== "function") return undefined
  return { definition, state, spec: { work: { _tag: "task", run: handler as AnyFunction }, policies: [] } }
}
