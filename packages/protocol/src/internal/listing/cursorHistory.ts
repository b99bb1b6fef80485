/** How many cursors are remembered one by one. */
export const maxExactCursors = 4096

/** The cursors of one listing, in constant space. */
export interface CursorHistory {
  readonly first: Set<string>
  /** Brent's algorithm: the cursor that later ones are compared with. */
  landmark: string | undefined
  /** Cursors since the landmark. */
  steps: number
  /** How many cursors the landmark stays. */
  power: number
}

export const make = (): CursorHistory => ({ first: new Set(), landmark: undefined, steps: 0, power: 1 })

/**
 * Whether the cursor came before; otherwise it is remembered.
 *
 * Exact for the first 4,096 cursors. Beyond, Brent's cycle detection: a cursor
 * is compared with the one at the last power of two, so a cycle is found within
 * a small multiple of its length.
 */
export const isRepeated = (history: CursorHistory, cursor: string): boolean => {
  if (history.first.has(cursor) || cursor === history.landmark) return true
  if (history.first.size < maxExactCursors) {
    history.first.add(cursor)
    return false
  }
  history.steps += 1
  if (history.steps === history.power) {
    history.landmark = cursor
    history.power *= 2
    history.steps = 0
  }
  return false
}
