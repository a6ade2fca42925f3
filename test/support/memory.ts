/** How much memory is held. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** The bytes in use once garbage is collected, so that what is left is what is held. */
export const heapInUse = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}
