import type { History } from "./history.ts"

/**
 * A cursor may be that of a permission that was deleted meanwhile. Some servers refuse it, some answer an empty last
 * page, some start over. So a refusal and an empty last page are checked: earlier cursors are asked, one after the
 * other.
 */
export interface Recovery {
  readonly reason: "empty" | "refused"
  /** The cursor in doubt. */
  readonly after: string
  /** Cursors to ask instead; `undefined` is the start of the listing. */
  readonly earlier: ReadonlyArray<string | undefined>
  readonly at: number
}

export const make = (
  history: History,
  reason: Recovery["reason"],
  after: string,
  gaveAfter: string | undefined
): Recovery => {
  const ids = [...history.previousIds]
  const earlier = new Set([
    // A server that filters a page after it cut it gives cursors that are no item's: they come again only there.
    ...(after === ids.at(-1) ? [] : [gaveAfter]),
    ...ids.slice(-2).reverse(),
    ...ids.slice(0, 1),
    history.previousAfter,
    history.startAfter
  ])
  earlier.delete(after)
  return { reason, after, earlier: [...earlier], at: 0 }
}

export const cursorOfRecovery = ({ at, earlier }: Recovery): string | undefined => earlier[at]

/** Asks the next earlier cursor; `undefined` when none is left. */
export const next = (recovery: Recovery): Recovery | undefined =>
  recovery.at + 1 < recovery.earlier.length ? { ...recovery, at: recovery.at + 1 } : undefined
