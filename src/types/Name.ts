/** Names that a table can tell apart. */

/** The message for a name that is not known. */
export type WideName = "a name must be a literal, not any string"

/** `N` itself when it is a literal; else a message in its place. */
export type Literal<N extends string> = string extends N ? WideName : N

/** What is no name of a place: `*` stands for any state, and no object literal has a property `__proto__` of its own. */
export type Reserved = "" | "*" | "__proto__"

/** The messages for names that no place can have. */
export type ReservedName<N extends string> = N extends string
  ? `'${N}' cannot be the name of a state or an exit`
  : never

/** The name that a key of a record stands for: `{ 1: ... }` has the property "1". */
export type NameOf<Key> = Key extends number ? `${Key}` : Key

/**
 * What every record has under `N` without having it of its own. A record with an optional `constructor` would otherwise be
 * no constraint of one without.
 */
export type Inherited<N> = N extends keyof Object ? Function : never
