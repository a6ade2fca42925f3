import type { IsAny } from "type-fest"

/** A type nothing can be assigned to: the compiler prints it, and with it the message. */
export interface Problem<out Message> {
  readonly problem: Message
}

/**
 * `unknown`, which changes no parameter it is intersected with, when there is no message; else the problem. `any` comes from
 * another error, which is enough.
 */
export type NoProblem<Message> =
  IsAny<Message> extends true ? unknown : [Message] extends [never] ? unknown : Problem<Message>
