/**
 * Stretches of a visit whose result may be thrown away.
 */
import type { Frame } from "../model.ts"

/** Whether what happened in one stretch of a visit is thrown away with another one, of which a third is kept. */
export const isThrownAway = (inner: Frame | undefined, frame: Frame, kept: Frame | undefined): boolean => {
  for (let at = inner; at !== undefined && at !== kept; at = at.outer) if (at === frame) return true
  return false
}
