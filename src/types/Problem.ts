/** A type nothing can be assigned to: the compiler prints it, and with it the message. */
export interface Problem<out Message> {
  readonly problem: Message
}

/** `unknown`, which changes no parameter it is intersected with, when there is no message; else the problem. */
export type NoProblem<Message> = [Message] extends [never] ? unknown : Problem<Message>
