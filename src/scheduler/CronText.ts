/**
 * Checks of a cron text whose value the compiler knows: how many fields it has, and whether a field that is a plain
 * number is in its range. Lists, ranges and steps are checked when the scheduler is defined.
 */

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9
type UpTo59 = `${Digit}` | `${0 | 1 | 2 | 3 | 4 | 5}${Digit}`
type UpTo23 = `${Digit}` | `${0 | 1}${Digit}` | `2${0 | 1 | 2 | 3}`
type OneTo31 = Exclude<`${Digit}` | `${0 | 1 | 2}${Digit}` | "30" | "31", "0" | "00">
type OneTo12 = Exclude<`${Digit}` | `0${Digit}` | "10" | "11" | "12", "0" | "00">
type UpTo7 = `${"" | 0}${Exclude<Digit, 8 | 9>}`

/** The parts of a text between spaces. */
type Fields<Text extends string> = Text extends `${infer Head} ${infer Tail}`
  ? Head extends ""
    ? Fields<Tail>
    : [Head, ...Fields<Tail>]
  : Text extends ""
    ? []
    : [Text]

type FieldProblem<Name extends string, Field extends string, Allowed> = Field extends `${number}`
  ? Field extends Allowed
    ? never
    : `a cron ${Name} cannot be ${Field}`
  : never

type FieldsProblem<Parts extends ReadonlyArray<string>> = Parts extends [
  infer Minute extends string,
  infer Hour extends string,
  infer Day extends string,
  infer Month extends string,
  infer Weekday extends string
]
  ?
      | FieldProblem<"minute", Minute, UpTo59>
      | FieldProblem<"hour", Hour, UpTo23>
      | FieldProblem<"day", Day, OneTo31>
      | FieldProblem<"month", Month, OneTo12>
      | FieldProblem<"weekday", Weekday, UpTo7>
  : Parts extends [infer Second extends string, ...infer Rest extends [string, string, string, string, string]]
    ? FieldProblem<"second", Second, UpTo59> | FieldsProblem<Rest>
    : `a cron text has 5 or 6 fields, not ${Parts["length"]}`

/** `Text` itself when nothing is seen to be wrong with it; else a message in its place. */
export type CronText<Text extends string> = string extends Text
  ? Text
  : Text extends `${string}${"\t" | "\n" | "\r"}${string}`
    ? Text
    : [FieldsProblem<Fields<Text>>] extends [never]
      ? Text
      : FieldsProblem<Fields<Text>>
