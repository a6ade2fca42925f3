/** A type nothing can be assigned to: the compiler prints it, and with it the message. */
export interface Problem<out Message> {
  readonly problem: Message
}

/**
 * What stands for something that has been refused already, so that nothing made of it is refused as well: one mistake is one
 * error. The compiler goes on with `any` after an error of its own.
 */
// biome-ignore lint/suspicious/noExplicitAny: it is refused nowhere, which no other type is.
export type Unchecked = any

/**
 * What may stand under any other key of a record: it is refused by the name of the key, and the parameters of a function
 * there are not refused as well, for want of a type.
 */
export interface Misnamed {
  readonly [key: string]: ((context: Unchecked) => unknown) | object | undefined
}

/** A problem for each option of `O` that is none of `Options`: what is inferred has no excess of its own. */
export type CheckedOptions<O, Options> = {
  readonly [K in Exclude<keyof O, keyof Options>]: Problem<`'${K & string}' is not an option`>
}

/** The problem of a key that a record must not have. That of `Misnamed` itself, which is any key, has none. */
export type MisnamedProblem<Key, Message> = string extends Key ? unknown : Problem<Message>

/**
 * Whether a type is `any`. In the tuple it is found where it comes from an error of the compiler, too, for which type-fest's
 * `IsAny` is neither true nor false, but `any` itself.
 */
export type IsUnchecked<T> = [0] extends [1 & T] ? true : false

/**
 * `unknown`, which changes no parameter it is intersected with, when there is no message; else the problem. `any` comes from
 * another error, which is enough.
 */
export type NoProblem<Message> =
  IsUnchecked<Message> extends true ? unknown : [Message] extends [never] ? unknown : Problem<Message>
