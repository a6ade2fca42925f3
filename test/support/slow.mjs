/**
 * For `node --import`: lets the timers of a program take twenty times as long, so that what it times by tens of milliseconds
 * comes in the same order on a machine that is busy.
 */
const { setTimeout } = globalThis
const longest = 2 ** 31 - 1

globalThis.setTimeout = Object.assign(
  (callback, delay = 0, ...args) => setTimeout(callback, Math.min(delay * 20, longest), ...args),
  setTimeout
)
