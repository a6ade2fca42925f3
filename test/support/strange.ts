/** Errors of every strange kind: whatever a user fails or dies with. */

const throwing = (): never => {
  throw new Error("not to be looked at")
}

const errorWith = (...properties: ReadonlyArray<string>): Error =>
  Object.defineProperties(
    new Error("fine"),
    Object.fromEntries(properties.map((name) => [name, { get: throwing, enumerable: true }]))
  )

const traps: ReadonlyArray<keyof ProxyHandler<object>> = [
  "get",
  "has",
  "getOwnPropertyDescriptor",
  "getPrototypeOf",
  "ownKeys",
  "isExtensible"
]

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const circular = (): Error => {
  const error = new Error("around")
  return Object.assign(error, { cause: error, self: { error } })
}

/** By what is strange about them. */
export const strangeErrors: ReadonlyArray<readonly [what: string, error: unknown]> = [
  ["undefined", undefined],
  ["null", null],
  ["NaN", Number.NaN],
  ["a bigint", 10n],
  ["a symbol", Symbol("odd")],
  ["an empty text", ""],
  ["a long text", "long ".repeat(100_000)],
  ["a text of many lines", "one\n\ntwo\r\nthree"],
  ["a function", () => "called"],
  ["an object without a prototype", Object.create(null)],
  ["an object that is its own tag", Object.assign(Object.create(null), { _tag: Object.create(null) })],
  ["a frozen error", Object.freeze(new Error("cold"))],
  ["an error of itself", circular()],
  ["an error whose message is no text", Object.assign(new Error("x"), { message: Symbol("odd") })],
  ["an error whose message throws", errorWith("message")],
  ["an error whose name throws", errorWith("name")],
  ["an error whose tag throws", errorWith("_tag")],
  ["an error whose text throws", Object.assign(new Error("x"), { toString: throwing, toJSON: throwing })],
  ["an error of which all throws", errorWith("message", "name", "_tag", "stack", "cause", "toString", "toJSON")],
  ["an object that holds a bigint", { amount: 10n, at: new Date(Number.NaN) }],
  ["a proxy of which all throws", new Proxy({}, Object.fromEntries(traps.map((trap) => [trap, throwing])))],
  ["a proxy that is revoked", revoked()]
]
