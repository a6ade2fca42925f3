/**
 * Whether a table of places is a sound machine: every target declared, every place reachable, no state without a way out.
 *
 * Every type here is written for its cost on tables of hundreds of places: edges are one mapped type each way, and the
 * walk indexes it directly. `keyof` of a mapped type with an `as` clause is recomputed at every use, and an intersection
 * distributes over all names, so that either would make the walk quadratic.
 */
import type { Reserved, ReservedName } from "./Name.ts"
import type { Place } from "./Place.ts"

/** What is looked at of a place: its payload, which may be a type parameter, says nothing about the shape. */
type Vertex = Pick<Place, "name" | "targets">

/** The targets of each place, keyed by its name. */
type Forward<Places extends Vertex> = { [P in Places as P["name"]]: P["targets"] }

/** Every (from, to) pair of the table. */
type Edge<P extends Vertex> = P extends Vertex ? { [T in P["targets"]]: [P["name"], T] }[P["targets"]] : never

/** The sources of each place, keyed by its name: an `as` clause that yields a key twice unions the values. */
type Backward<Edges extends [string, string], Names extends string> = {
  [E in Edges | [never, Names] as E[1]]: E[0]
}

/**
 * All names that can be reached from `Frontier`. It goes four edges a step, because tail recursion ends at a thousand
 * steps.
 */
type Reach<Edges extends Record<string, string>, Frontier extends string, Seen extends string> = [Frontier] extends [
  never
]
  ? Seen
  : Hops<Edges, Frontier> extends infer Next extends string
    ? Reach<Edges, Exclude<Edges[Next], Seen | Next>, Seen | Next>
    : never

type Hops<Edges extends Record<string, string>, Frontier extends string> = Hop<Edges, Hop<Edges, Hop<Edges, Frontier>>>

type Hop<Edges extends Record<string, string>, From extends string> = From | Edges[From]

type Undeclared<P extends Vertex, Names extends string> = P extends Vertex
  ? UndeclaredTarget<P["name"], Exclude<P["targets"], Names>>
  : never

type UndeclaredTarget<State extends string, Target extends string> = Target extends string
  ? {} extends { readonly [T in Target]: T }
    ? `${Owner<State>} has any string as a target: the names must be literals`
    : `${Owner<State>} has the target '${Target}', which is not declared`
  : never

type Owner<State extends string> = State extends "*" ? "the fallback" : `state '${State}'`

type Unreachable<Name extends string> = Name extends string ? `'${Name}' cannot be reached from the start` : never

type Trap<Name extends string> = Name extends string ? `no exit can be reached from state '${Name}'` : never

/** The problems of a table whose targets are all declared. */
type ShapeProblem<States extends string, Exits extends string, Places extends Vertex, Entries extends string> = [
  Exits
] extends [never]
  ? "no exit is declared"
  :
      | Unreachable<Exclude<States | Exits, Reach<Forward<Places>, Entries | "*", never>>>
      | Trap<Exclude<States, Reach<Backward<Edge<Places>, States | Exits | "*">, Exits, never>>>

/** The messages of all problems of a table entered at `Entries`, or `never` for a sound one. */
export type SoundnessProblem<
  States extends string,
  Exits extends string,
  Places extends Vertex,
  Entries extends string
> = [States] extends [never]
  ? "no state is declared: call .state before .start"
  : [Undeclared<Places, States | Exits>] extends [never]
    ? ReservedName<(States | Exits) & Reserved> | ShapeProblem<States, Exits, Places, Entries>
    : Undeclared<Places, States | Exits>
