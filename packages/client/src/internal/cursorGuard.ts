/** How many cursors are remembered one by one. */
export const exactCursors = 4096

/** Tells a cursor that was seen before, in constant space. */
export interface CursorGuard {
  /** True when the cursor was seen before; remembers it otherwise. */
  readonly seen: (cursor: string) => boolean
}

/**
 * Exact for the first 4,096 cursors. Beyond, Brent's cycle detection: a cursor
 * is compared with one remembered at the last power of two, so a cycle is
 * found within a small multiple of its length.
 */
export const make = (): CursorGuard => {
  const first = new Set<string>()
  let landmark: string | undefined
  let steps = 0
  let power = 1
  return {
    seen: (cursor) => {
      if (first.has(cursor) || cursor === landmark) return true
      if (first.size < exactCursors) {
        first.add(cursor)
        return false
      }
      if (steps === power || landmark === undefined) {
        landmark = cursor
        power *= 2
        steps = 0
      }
      steps += 1
      return false
    }
  }
}
