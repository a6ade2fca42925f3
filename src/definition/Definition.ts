/**
 * The builder and the definition it ends in: names, payloads and permitted transitions, without any handler.
 */
import { Clock, Context, Effect, Layer, References, Schema, Scope, Tracer } from "effect"
import type { IsEqual } from "type-fest"
import { InvalidInput, type RunNotFound, WorkflowDefinitionError } from "../Errors.ts"
import type { Graph, GraphPlace } from "../graph/Graph.ts"
import { definitionProblems } from "../graph/validate.ts"
import { Callable, type HandlerConstructors, makeConstructors } from "../handler/HandlerConstructors.ts"
import type { Callee } from "../handler/Spec.ts"
import type { CellRecord } from "../store/Store.ts"
import { uniqueKey } from "../text/keys.ts"
import type {
  CheckedFailures,
  CheckedHandlers,
  HandlerParts,
  Handlers,
  NumberedHandlers,
  OtherErrors,
  PolicyErrors,
  SharedErrors
} from "../types/Handlers.ts"
import type { Literal, WideName } from "../types/Name.ts"
import type { OnePlace, OneSignal } from "../types/OneName.ts"
import type { AnySignal, Exit, Fallback, PayloadSchema, Place, Signal, State } from "../types/Place.ts"
import type { Misnamed, NoProblem, Problem, Unchecked } from "../types/Problem.ts"
import type { NeverTaken, RefusedError } from "../types/Result.ts"
import type { SoundnessProblem } from "../types/Soundness.ts"
import type {
  AnyDefinition,
  DefinitionTypes,
  EntryName,
  Failure,
  FallbackName,
  Input,
  Outcome,
  Payload,
  PayloadSchemaOf,
  ServiceOf,
  SignalName,
  SignalPayload,
  WithoutPayload,
  WithPayload
} from "../types/Table.ts"
import {
  type AnyWorkflow,
  CalleeKey,
  makeWorkflow,
  type RunOptions,
  type RunTimeoutOf,
  type TimeLimit,
  type Workflow,
  type WorkflowOptions
} from "../workflow/Implementation.ts"
import type { RunHandle } from "../workflow/RunHandle.ts"

/**
 * A table of places under construction: an immutable value, so that a half-built one can be exported and built on.
 *
 * Its parameters accumulate what has been declared, as plain unions: names of states, names of exits, places.
 */
export interface Builder<
  Name extends string,
  States extends string,
  Exits extends string,
  Places extends Place,
  Cells extends CellRecord,
  Failures,
  Signals extends AnySignal
> extends Unstarted<Name> {
  /**
   * Declares a state: its name, the schema of its payload (`Schema.Void` for none), and the states and exits its handler
   * may go to, in any order and declared anywhere.
   */
  state<const N extends string, const P extends PayloadSchema, const Target extends string>(
    name: N extends States | Exits ? `'${N}' is declared twice` : string extends N ? WideName : N,
    payload: P,
    targets: ReadonlyArray<Target>
  ): Builder<Name, States | N, Exits, Places | State<N, P, Target>, Cells, Failures, Signals>

  /**
   * Declares an exit: a place that ends the run, with its payload as the result. With `rollback`, the steps that were
   * completed are undone first: a failure that was expected can be caught, named as an outcome, and still undone.
   */
  exit<const N extends string, const P extends PayloadSchema>(
    name: N extends States | Exits ? `'${N}' is declared twice` : string extends N ? WideName : N,
    payload: P,
    options?: ExitOptions
  ): Builder<Name, States, Exits | N, Places | Exit<N, P>, Cells, Failures, Signals>

  /** Declares a signal that a run can be sent from outside: its name and the schema of its payload (`Schema.Void` for none). */
  signal<const N extends string, const P extends PayloadSchema>(
    name: N extends Signals["name"] ? `the signal '${N}' is declared twice` : Literal<N>,
    payload: P
  ): Builder<Name, States, Exits, Places, Cells, Failures, Signals | Signal<N, P>>

  /**
   * Declares where any state may go when it fails, by the policy that all handlers share: an edge from every state but
   * these themselves. See the option `policy` of `implement`.
   */
  fallback<const Target extends string>(
    targets: ReadonlyArray<Target>
  ): Builder<Name, States, Exits, Places | Fallback<Target>, Cells, Failures, Signals>

  /** Declares the cells of the store that every run has: a schema each, or `Workflow.cell` for one with an initial value. */
  store<const C extends CellRecord>(cells: C): Builder<Name, States, Exits, Places, C, Failures, Signals>

  /**
   * Declares the failures that a run may end with when it is reached through the definition's Layer; none unless given. `layer`
   * does not compile with a handler that can fail with another.
   */
  failure<F extends PayloadSchema>(schema: F): Builder<Name, States, Exits, Places, Cells, DeclaredBy<F>, Signals>

  /**
   * Closes the table: `name` is where a run starts, `entries` are further states that one may be entered at.
   *
   * It compiles for a sound machine only: every target declared, every place reachable from an entry, and an exit
   * reachable from every state. At run time it throws a `WorkflowDefinitionError` that lists every problem.
   */
  start<const Start extends StartName<States>, const Entry extends States = never>(
    name: Start & NoProblem<SoundnessProblem<States, Exits, Places, Start | Entry>>,
    ...entries: ReadonlyArray<Entry>
  ): Definition<Name, Places, Start, Start | Entry, Cells, Failures, Signals>
}

// What is no schema has been refused, and declares nothing.
type DeclaredBy<F extends PayloadSchema> = [PayloadSchema] extends [F] ? never : F["Type"]

// Any name will do where there is none, so that the error is about that.
type StartName<States extends string> = [States] extends [never] ? string : States

/**
 * What a definition has and a table under construction has not. No value has it: it is there for the compiler to say what
 * has been forgotten, and to go on with `Unchecked`.
 */
interface Unstarted<Name extends string>
  extends Record<keyof HandlerConstructors, (state: NotStarted<Name>, ...rest: ReadonlyArray<Untyped>) => Unchecked> {
  new (_: never): NotStarted<Name>
  implement(handlers: Misnamed & Problem<NotStarted<Name>>, ...rest: ReadonlyArray<Untyped>): Unchecked
  layer(handlers: Misnamed & Problem<NotStarted<Name>>, ...rest: ReadonlyArray<Untyped>): Unchecked
  run(input: Problem<NotStarted<Name>>, ...rest: ReadonlyArray<Untyped>): Unchecked
}

type Untyped = Misnamed[string] | string | number

type NotStarted<Name extends string> = `'${Name}' is not closed: call .start(name)`

/** Options of an exit. */
export interface ExitOptions {
  /** Whether the steps that were completed are undone before the run ends here. */
  readonly rollback?: boolean
}

/**
 * A finished table of places. Extend it with a class, so that the table has a short name in every hover, error and
 * declaration file: `class AdExchange extends Workflow.define("AdExchange")....start("Validate") {}`.
 */
export interface Definition<
  in out Name extends string,
  in out Places extends Place,
  in out Start extends string,
  in out Entries extends string,
  in out Cells extends CellRecord,
  in out Failures,
  in out Signals extends AnySignal
> extends HandlerConstructors {
  // The table is in the type of the service, so that another definition of the same name is not taken for this one.
  new (
    _: never
  ): {
    readonly workflow: Name
    readonly places: Exclude<Places["name"], "*">
    readonly [DefinitionTypes]: Definition<Name, Places, Start, Entries, Cells, Failures, Signals>
  }

  readonly [DefinitionTypes]: {
    readonly name: Name
    readonly places: { readonly [P in Places as P["name"]]: P }
    readonly states: Extract<Places, { readonly kind: "state" }>["name"]
    readonly exits: Extract<Places, { readonly kind: "exit" }>["name"]
    readonly start: Start
    readonly entries: Entries
    readonly cells: Cells
    readonly failure: Failures
    readonly signals: { readonly [S in Signals as S["name"]]: S["payload"] }
    readonly signalNames: Signals["name"]
  }

  /** The table as plain data. */
  readonly graph: Graph

  /**
   * Makes the workflow: one handler for every state. A function or a generator is a task.
   *
   * It compiles when every handler goes to each target its state declares and to no other. At run time it throws a
   * `WorkflowDefinitionError` that lists every problem.
   *
   * Options hold what all handlers share: `policy` puts policies around each, `rollback` says which failures are rolled
   * back. A definition with a `.fallback` needs the policy that goes there.
   */
  readonly implement: WithPolicy<MakeWorkflow, FallbackOf<Places>>

  /**
   * Provides the workflow as a service under the definition itself. Handlers may fail only with what `.failure` declares.
   * At run time it throws a `WorkflowDefinitionError`, as `implement` does.
   *
   * The services of the handlers are those of the Layer, whatever the caller of `run` has in its context, and the workflow
   * itself, which a handler may call.
   */
  readonly layer: WithPolicy<MakeLayer, FallbackOf<Places>>

  /** Runs the workflow that the Layer of this definition provides, as `run` of a workflow does. */
  run<D extends AnyDefinition, const T extends TimeLimit = undefined>(
    this: D,
    ...args: RunArguments<Input<D>, T>
  ): Effect.Effect<Outcome<D>, Failure<D> | RunTimeoutOf<T>, ServiceOf<D>>

  /**
   * As `run`, beginning at an entry with its payload: a new run, which knows nothing of what earlier steps would have to undo.
   */
  runFrom<D extends AnyDefinition, const N extends EntryName<D>, const T extends TimeLimit = undefined>(
    this: D,
    entry: N,
    payload: Payload<D, N> & OnePlace<D, N>,
    input: Input<D>,
    options?: RunOptions<T>
  ): Effect.Effect<Outcome<D>, Failure<D> | RunTimeoutOf<T>, ServiceOf<D>>

  /**
   * As `run`, in a fiber of the caller's scope, with a handle. When that scope closes, the run is interrupted and rolled back:
   * the scope of a request ends with the response.
   */
  fork<D extends AnyDefinition, const T extends TimeLimit = undefined>(
    this: D,
    ...args: RunArguments<Input<D>, T>
  ): Effect.Effect<RunHandle<D, Failure<D> | RunTimeoutOf<T>>, never, ServiceOf<D> | Scope.Scope>

  /**
   * Sends a signal to a run of the workflow that the Layer of this definition provides, by the run's id.
   *
   * Fails with `RunNotFound` when no such run is in progress. A signal that the run does not wait for yet is kept.
   */
  signal<D extends AnyDefinition, const S extends SignalName<D>>(
    this: D,
    runId: string,
    signal: S & WithoutPayload<D, S>
  ): Effect.Effect<void, RunNotFound, ServiceOf<D>>
  signal<D extends AnyDefinition, const S extends SignalName<D>>(
    this: D,
    runId: string,
    signal: S & WithPayload<D, S>,
    payload: SignalPayload<D, S> & OneSignal<D, S>
  ): Effect.Effect<void, RunNotFound, ServiceOf<D>>

  /**
   * Decodes input from outside through the schema of the start state's payload.
   *
   * Fails with `InvalidInput`, which says what is wrong and where. It does not compile when the payload of the start is
   * `Workflow.type`, which has no schema.
   */
  decodeInput<D extends AnyDefinition>(
    this: D & Decodable<StartSchema<D>>,
    input: unknown
  ): Effect.Effect<Input<D>, InvalidInput, DecodingServices<StartSchema<D>>>
}

type FallbackOf<Places extends Place> = Extract<Places, { readonly kind: "fallback" }>["targets"]

/** What makes a workflow. */
type MakeWorkflow = <
  D extends AnyDefinition,
  H extends Handlers<D>,
  Taken extends string = FallbackName<D>,
  E = SharedErrors<D, H>,
  R = never
>(
  this: D,
  handlers: H & CheckedHandlers<D, H> & NumberedHandlers<D, H> & Misnamed,
  ...options: OptionsArguments<
    D,
    WorkflowOptions<D, SharedErrors<D, H>, Taken, E, R> & NoProblem<NeverTaken<D, "*", Taken>>
  >
) => Workflow<D, Exclude<E, RefusedError> | OtherErrors<D, H>, R | HandlerParts<H[keyof H]>["services"]>

/** What makes a Layer of a workflow. */
type MakeLayer = <
  D extends AnyDefinition,
  H extends Handlers<D>,
  Taken extends string = FallbackName<D>,
  E = unknown,
  R = never
>(
  this: D,
  handlers: H & CheckedHandlers<D, H> & NumberedHandlers<D, H> & Misnamed & CheckedFailures<D, H>,
  ...options: OptionsArguments<
    D,
    WorkflowOptions<D, SharedErrors<D, H>, Taken, E, R> & NoProblem<NeverTaken<D, "*", Taken> | PolicyErrors<D, H, E>>
  >
) => Layer.Layer<ServiceOf<D>, never, Exclude<R | HandlerParts<H[keyof H]>["services"], ServiceOf<D>>>

// A definition with a fallback has a second signature, for the call without the policy: it is there to say what is missing.
type WithPolicy<F, Fallback extends string> = [Fallback] extends [never] ? F : F & WithoutPolicy<Fallback>

type WithoutPolicy<Fallback extends string> = (
  this: Problem<`no policy goes to the fallback '${Fallback}': give one as { policy }`>,
  handlers: object
) => Unchecked

/** The options of a workflow as arguments: a definition with a fallback needs the policy that goes there. */
export type OptionsArguments<D extends AnyDefinition, Options> = [FallbackName<D>] extends [never]
  ? readonly [options?: Options]
  : readonly [options: Options & { readonly policy: unknown }]

/**
 * The arguments of a run: a workflow whose start has no payload takes none. `Input` stands in both branches, so that the
 * arguments of one that is generic in it can be given before it is known which.
 */
export type RunArguments<Input, Timeout extends TimeLimit> =
  IsEqual<Input, void> extends true
    ? readonly [input?: Input, options?: RunOptions<Timeout>]
    : readonly [input: Input, options?: RunOptions<Timeout>]

type StartSchema<D extends AnyDefinition> = PayloadSchemaOf<D, D[typeof DefinitionTypes]["start"]>

type Decodable<S> = S extends Schema.Constraint
  ? unknown
  : Problem<"the payload of the start state has no schema to decode with">

type DecodingServices<S> = S extends { readonly DecodingServices: infer R } ? R : never

/** What the Layer of a definition provides. */
type Service = Pick<AnyWorkflow, "run" | "runFrom" | "fork" | "signal" | typeof CalleeKey>

interface Table extends Omit<Graph, "start" | "entries"> {}

const makeBuilder = (table: Table): object => ({
  state: (name: string, payload: PayloadSchema, targets: ReadonlyArray<string>) =>
    makeBuilder(withPlace(table, { kind: "state", name, payload, targets })),
  exit: (name: string, payload: PayloadSchema, { rollback = false }: ExitOptions = {}) =>
    makeBuilder(withPlace(table, { kind: "exit", name, payload, targets: [], rollback })),
  signal: (name: string, payload: PayloadSchema) =>
    makeBuilder({ ...table, signals: [...table.signals, { name, payload }] }),
  fallback: (targets: ReadonlyArray<string>) => makeBuilder({ ...table, fallback: [...table.fallback, ...targets] }),
  store: (cells: CellRecord) => makeBuilder({ ...table, cells }),
  failure: (failure: PayloadSchema) => makeBuilder({ ...table, failure }),
  start: (start: string, ...entries: ReadonlyArray<string>) =>
    makeDefinition({ ...table, start, entries: [start, ...entries.filter((entry) => entry !== start)] })
})

/** What `implement` and `layer` take. */
type Implement = [
  handlers: Readonly<Record<string, unknown>>,
  options?: WorkflowOptions<AnyDefinition, unknown, string, unknown, unknown>
]

const withPlace = (table: Table, place: GraphPlace): Table => ({ ...table, places: [...table.places, place] })

const makeDefinition = (graph: Graph): object => {
  const problems = definitionProblems(graph)
  if (problems.length > 0) throw new WorkflowDefinitionError({ workflow: graph.name, problems })

  const service: ServiceTag = Context.Service(uniqueKey(`sluice/Workflow/${graph.name}`))
  // The graph is made once for each `.start()`, and subclasses inherit it: it is the identity of the definition.
  const identify = (self: object): unknown => (self as { readonly graph?: Graph }).graph
  const implement = (...args: Implement) => makeWorkflow(graph, ...args)
  const callee: Callee = {
    name: graph.name,
    exits: graph.places.filter((place) => place.kind === "exit").map((place) => place.name),
    run: (input, caller) => service.use((workflow) => workflow[CalleeKey].run(input, caller)),
    within: (effect) => service.use((workflow) => workflow[CalleeKey].within(effect))
  }

  const statics = {
    graph,
    implement,
    [Callable]: callee,
    [ServiceKey]: service,
    layer: (...args: Implement) => workflowLayer(service, implement(...args)),
    run: (...args: Parameters<Service["run"]>) => service.use((workflow) => workflow.run(...args)),
    runFrom: (...args: Parameters<Service["runFrom"]>) => service.use((workflow) => workflow.runFrom(...args)),
    fork: (...args: Parameters<Service["fork"]>) => service.use((workflow) => workflow.fork(...args)),
    signal: (...args: Parameters<Service["signal"]>) => service.use((workflow) => workflow.signal(...args)),
    decodeInput: (input: unknown) => decode(graph, input)
  }
  // A class, so that it can be extended; what it is asked for is on the constructor.
  return Object.assign(class {}, statics, makeConstructors(identify))
}

/** What a workflow is provided under. Two definitions have two, whatever their names. */
type ServiceTag = Context.Service<never, Service>

/** The key under which a definition keeps what its workflow is provided under. */
export const ServiceKey: unique symbol = Symbol.for("sluice/Service")

/** Provides a workflow as the service of a definition, with the services that the Layer was built with. */
export const workflowLayer = (service: ServiceTag, workflow: AnyWorkflow): Layer.Layer<never> => {
  const provided = Effect.map(Effect.context<never>(), (context): Service => {
    const provide = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provideContext(effect, own)
    const self: Service = {
      run: (...args) => provide(workflow.run(...args)),
      runFrom: (...args) => provide(workflow.runFrom(...args)),
      fork: (...args) => provide(workflow.fork(...args)),
      signal: workflow.signal,
      [CalleeKey]: { run: (input, caller) => provide(workflow[CalleeKey].run(input, caller)), within: provide }
    }
    // A workflow can call itself.
    const own = Context.omit(...ofTheFiber)(Context.add(context, service, self))
    return self
  })
  return Layer.effect(service, provided)
}

/**
 * What belongs to the fiber that runs a workflow, and not to the Layer that provides it: its span and scope, its clock, and
 * the references of logging and tracing.
 */
const ofTheFiber = [Tracer.ParentSpan, Scope.Scope, Clock.Clock, ...Object.values(References).filter(Context.isKey)]

const decode = (graph: Graph, input: unknown): Effect.Effect<unknown, InvalidInput> => {
  const payload = graph.places.find((place) => place.name === graph.start)?.payload
  const invalid = (issue: string) => new InvalidInput({ workflow: graph.name, state: graph.start, issue })
  if (!Schema.isSchema(payload)) return Effect.fail(invalid("The payload of the start state has no schema"))
  // The services that decoding needs are in the type of the definition's `decodeInput`.
  const codec = payload as Schema.Codec<unknown, unknown>
  return Effect.mapError(Schema.decodeUnknownEffect(codec)(input), (error) => invalid(error.message))
}

/**
 * Begins the definition of a workflow. The name is its identity in logs, failures and as a service.
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Workflow } from "sluice"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * const greeting = Greeting.implement({
 *   Greet: ({ payload, to }) => to.Done(`Hello, ${payload}`)
 * })
 * ```
 */
export const define = <const Name extends string>(
  name: Name
): Builder<Name, never, never, Fallback<never>, {}, never, never> =>
  // The parameters of the builder exist in its type only; the value accumulates the same table as data.
  makeBuilder({ name, places: [], fallback: [], signals: [], cells: {}, failure: undefined }) as Builder<
    Name,
    never,
    never,
    Fallback<never>,
    {},
    never,
    never
  >
