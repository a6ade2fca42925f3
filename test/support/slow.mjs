/**
 * For `node --import`: lets the timers of a program go by the turns of its event loop, each of which is a quarter of a
 * millisecond and takes five. Between two turns all that has arrived is dealt with, so that what a program times by tens of
 * milliseconds comes in the same order, however long the machine leaves it waiting. Its servers close no idle connection, which
 * they would do by the time of the machine.
 */
import http from "node:http"
import { syncBuiltinESMExports } from "node:module"

const { createServer } = http

http.createServer = (...args) => Object.assign(createServer(...args), { keepAliveTimeout: 0 })
syncBuiltinESMExports()

const { clearTimeout, setTimeout } = globalThis
const share = 0.25
const turn = 5

class Timer {
  constructor(due, run) {
    this.due = due
    this.run = run
  }
  ref() {
    return this
  }
  unref() {
    return this
  }
}

const timers = new Set()
let now = 0
let turning = false

const next = () => {
  turning = timers.size > 0
  if (turning) setTimeout(pass, turn)
}

const pass = () => {
  now += share
  const due = [...timers].filter((timer) => timer.due <= now).sort((one, other) => one.due - other.due)
  for (const timer of due) if (timers.delete(timer)) timer.run()
  next()
}

globalThis.setTimeout = Object.assign((callback, delay, ...args) => {
  if (!(delay > 0)) return setTimeout(callback, 0, ...args)
  const timer = new Timer(now + delay, () => callback(...args))
  timers.add(timer)
  if (!turning) next()
  return timer
}, setTimeout)

globalThis.clearTimeout = (timer) => (timer instanceof Timer ? void timers.delete(timer) : clearTimeout(timer))
