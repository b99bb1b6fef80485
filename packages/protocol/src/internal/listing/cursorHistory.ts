import * as IdSet from "./idSet.ts"

/** How many cursors are remembered one by one. */
export const maxExactCursors = 4096

/** The cursors of one listing, in constant space. */
export interface CursorHistory {
  readonly first: IdSet.IdSet
  /** Brent's algorithm: the cursor that later ones are compared with. */
  readonly landmark: string | undefined
  /** Cursors since the landmark. */
  readonly steps: number
  /** How many cursors the landmark stays. */
  readonly power: number
}

export const empty: CursorHistory = { first: IdSet.empty, landmark: undefined, steps: 0, power: 1 }

/**
 * Whether the cursor came before.
 *
 * Exact for the first 4,096 cursors. Beyond, Brent's cycle detection: a cursor is compared with the one at the last
 * power of two, so a cycle is found within a small multiple of its length.
 */
export const isRepeated = ({ first, landmark }: CursorHistory, cursor: string): boolean =>
  cursor === landmark || IdSet.has(first, cursor)

export const add = (history: CursorHistory, cursor: string): CursorHistory => {
  const { first, power } = history
  if (IdSet.sizeOf(first) < maxExactCursors) return { ...history, first: IdSet.add(first, [cursor]) }
  const steps = history.steps + 1
  return steps === power ? { first, landmark: cursor, steps: 0, power: 2 * power } : { ...history, steps }
}
