/**
 * Where the branches of a visit come from: the names of a split, or what gives the items of a forEach, which is read as there
 * is room for more of them.
 */
import { Effect, Predicate, Stream } from "effect"
import type { AnyEffect } from "../../handler/Spec.ts"
import type { Perform, Undo, Visit } from "../model.ts"
import { invalidResult } from "../result.ts"

/** A branch that may begin. */
export interface Branch {
  readonly index: number
  readonly name: string | number
  /** What it is called in results and failures: `{ branch }`, or `{ index, item }`. */
  readonly label: object
  readonly undo: Undo | undefined
  readonly begin: Perform
}

/** Branches that are taken one by one. */
export interface Branches {
  /** How many there are; `undefined` where only their end tells. */
  readonly size: number | undefined
  /** The next one; `undefined` at the end. */
  next(): Branch | undefined
  /** Says that no more are taken; more than once, perhaps, and while one is. */
  close(): void
  /** Those that are known, and that were not taken. */
  rest(): ReadonlyArray<Branch>
}

/** Makes the branch of an item. */
export type BranchOf = (item: unknown, index: number) => Branch

/** Branches that are there already. */
export class Listed implements Branches {
  readonly size: number
  private readonly at: (index: number) => Branch
  private index = 0

  constructor(size: number, at: (index: number) => Branch) {
    this.size = size
    this.at = at
  }

  next(): Branch | undefined {
    return this.index < this.size ? this.at(this.index++) : undefined
  }

  close(): void {}

  rest(): ReadonlyArray<Branch> {
    return Array.from({ length: this.size - this.index }, (_, i) => this.at(this.index + i))
  }
}

/** The items of an iterable that does not say how many there are. */
class Iterated implements Branches {
  readonly size = undefined
  private readonly iterable: Iterable<unknown>
  private readonly branchOf: BranchOf
  private iterator: Iterator<unknown> | undefined
  private index = 0

  constructor(iterable: Iterable<unknown>, branchOf: BranchOf) {
    this.iterable = iterable
    this.branchOf = branchOf
  }

  next(): Branch | undefined {
    const iterator = this.iterator ?? this.iterable[Symbol.iterator]()
    // One that throws is not closed, as little as one that has ended.
    this.iterator = undefined
    const { done, value } = iterator.next()
    if (done) return undefined
    this.iterator = iterator
    return this.branchOf(value, this.index++)
  }

  close(): void {
    const { iterator } = this
    this.iterator = undefined
    iterator?.return?.()
  }

  rest(): ReadonlyArray<Branch> {
    return []
  }
}

/** The items of a stream, which come when they do. */
export class Streamed {
  readonly size = undefined
  private readonly stream: Stream.Stream<unknown, unknown, unknown>
  private readonly branchOf: BranchOf
  private index = 0
  private goOn: (() => void) | undefined

  constructor(stream: Stream.Stream<unknown, unknown, unknown>, branchOf: BranchOf) {
    this.stream = stream
    this.branchOf = branchOf
  }

  /** Asks for the next one. The stream runs in one fiber, which waits from one to the other. */
  next(run: (stream: AnyEffect) => void, arrive: (branch: Branch) => void): void {
    const { goOn } = this
    if (goOn !== undefined) {
      goOn()
      return
    }
    run(
      Stream.runForEach(this.stream, (item) =>
        Effect.callback<void>((resume) => {
          this.goOn = () => resume(Effect.void)
          arrive(this.branchOf(item, this.index++))
        })
      )
    )
  }

  /** Its fiber is interrupted with those of the branches. */
  close(): void {}

  rest(): ReadonlyArray<Branch> {
    return []
  }
}

/** What a function of the user gives as items. Text and Effects are iterable too, but not as what they are. */
export const itemsFrom = ({ node, run }: Visit, given: unknown, branchOf: BranchOf): Branches | Streamed => {
  if (Stream.isStream(given)) return new Streamed(given, branchOf)
  if (typeof given === "object" && given !== null && !Effect.isEffect(given) && !Predicate.isPromiseLike(given)) {
    if (Array.isArray(given) || given instanceof Set || given instanceof Map) {
      const items = Array.from<unknown>(given)
      return new Listed(items.length, (index) => branchOf(items[index], index))
    }
    if (isAsyncIterable(given)) {
      return new Streamed(Stream.orDie(Stream.fromAsyncIterable(given, (error) => error)), branchOf)
    }
    if (Predicate.isIterable(given)) return new Iterated(given, branchOf)
  }
  throw invalidResult(run.workflow, node.name, "what gives its items", given)
}

const isAsyncIterable = (given: object): given is AsyncIterable<unknown> => Symbol.asyncIterator in given
