/**
 * A definition with a handler for every state: the workflow, an immutable value that is run any number of times.
 */
import { Array, Effect, Result, type Scope } from "effect"
import { WorkflowDefinitionError } from "./Errors.ts"
import { makeMachine } from "./engine/Machine.ts"
import type { Node } from "./engine/Node.ts"
import { noInput, Run } from "./engine/Run.ts"
import { describeWork } from "./graph/describe.ts"
import type { Graph } from "./graph/Graph.ts"
import type { HandlerValue } from "./graph/Spec.ts"
import { handlerProblems } from "./graph/validate.ts"
import { HandlerTypes, isHandler } from "./Handler.ts"
import { forkRun, type RunHandle } from "./RunHandle.ts"
import type { AnyFunction } from "./types/Result.ts"
import type { AnyDefinition, EntryName, Input, Outcome, Payload, StateName, TargetName } from "./types/Table.ts"

/** Options of a run. */
export interface RunOptions {
  /** The id of the run; a random UUID unless given. */
  readonly id?: string | undefined
}

/** Options of a single step. */
export interface StepOptions<Input> extends RunOptions {
  /** The input of the run; unless given, a handler that reads it dies with `InputNotGiven`, except that of the start. */
  readonly input?: Input
}

/** What a state goes to, as plain data. */
export type Step<D extends AnyDefinition, N extends StateName<D>> = {
  readonly [T in TargetName<D, N>]: { readonly _tag: T; readonly payload: Payload<D, T> }
}[TargetName<D, N>]

/**
 * A workflow of the definition `D`, whose runs fail with `E` and need `R`: exactly the errors that no handler turned into
 * a transition, and the services that some handler asks for.
 */
export interface Workflow<D extends AnyDefinition, out E, out R> {
  /** The table and what each state does, as plain data. */
  readonly graph: Graph

  /**
   * Runs the workflow from its start to an exit.
   *
   * Interrupting it interrupts whatever the run is doing, all branches included, and waits for their finalizers.
   * A failure carries where it happened on its Cause: see `Workflow.failureContext`.
   */
  readonly run: (input: Input<D>, options?: RunOptions) => Effect.Effect<Outcome<D>, E, R>

  /** As `run`, beginning at an entry with its payload. */
  readonly runFrom: <const N extends EntryName<D>>(
    entry: N,
    payload: Payload<D, N>,
    input: Input<D>,
    options?: RunOptions
  ) => Effect.Effect<Outcome<D>, E, R>

  /** As `run`, in a fiber of the caller's scope, with a handle to watch and interrupt it. */
  readonly fork: (input: Input<D>, options?: RunOptions) => Effect.Effect<RunHandle<D, E>, never, R | Scope.Scope>

  /** Runs the handler of one state once, with its policies, and gives the transition it chose: for unit tests. */
  readonly step: <const N extends StateName<D>>(
    state: N,
    payload: Payload<D, N>,
    options?: StepOptions<Input<D>>
  ) => Effect.Effect<Step<D, N>, E, R>
}

/** Makes the workflow of a graph; throws a `WorkflowDefinitionError` that lists every problem of the handlers. */
export const makeWorkflow = (
  definition: Graph,
  handlers: Readonly<Record<string, unknown>>
): Workflow<AnyDefinition, unknown, never> => {
  const values = new Map(Object.entries(handlers).map(([name, handler]) => [name, valueOf(definition, name, handler)]))
  const problems = handlerProblems(definition, values)
  if (problems.length > 0) throw new WorkflowDefinitionError({ workflow: definition.name, problems })

  const specs = new Map(
    Array.filterMap(values, ([name, value]) => (value ? Result.succeed([name, value.spec]) : Result.failVoid))
  )
  const machine = makeMachine(definition, specs)
  // A name that is no place comes only from outside the types.
  const nodeOf = (name: string): Node => {
    const node = machine.nodes.get(name)
    if (node !== undefined) return node
    throw new WorkflowDefinitionError({ workflow: definition.name, problems: [`'${name}' is not declared`] })
  }
  const start = nodeOf(definition.start)

  const run = (node: Node, payload: unknown, input: unknown, options: RunOptions | undefined) =>
    new Run(machine, node, input, options?.id).advance(node, { _tag: node.name, payload })

  const workflow = {
    graph: {
      ...definition,
      places: definition.places.map((place) => {
        const spec = specs.get(place.name)
        return spec === undefined ? place : { ...place, work: describeWork(spec) }
      })
    },
    run: (input: unknown, options?: RunOptions) => Effect.suspend(() => run(start, input, input, options)),
    runFrom: (entry: string, payload: unknown, input: unknown, options?: RunOptions) =>
      Effect.suspend(() => {
        if (!definition.entries.includes(entry)) throw notAnEntry(definition, entry)
        const node = nodeOf(entry)
        return run(node, payload, input, options)
      }),
    fork: (input: unknown, options?: RunOptions) => forkRun(machine, start, input, options?.id),
    step: (state: string, payload: unknown, options: StepOptions<unknown> = {}) =>
      Effect.suspend(() => {
        const node = nodeOf(state)
        const input = "input" in options ? options.input : node === start ? payload : noInput
        return new Run(machine, node, input, options.id).step(node, payload)
      })
  }
  // The type parameters of a workflow exist in its interface only; the engine passes payloads on without looking.
  return workflow as unknown as Workflow<AnyDefinition, unknown, never>
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
