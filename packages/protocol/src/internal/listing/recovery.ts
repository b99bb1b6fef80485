import { cursorOf, type History, type Item, maxExactIds, type Page, repeatedId } from "./history.ts"

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

/** What comes again after an earlier cursor: of the page before, what stood after it, and all if it stood elsewhere. */
const expectedAfter = ({ previousIds }: History, cursor: string | undefined): ReadonlySet<string> => {
  const ids = [...previousIds]
  return new Set(cursor !== undefined && previousIds.has(cursor) ? ids.slice(ids.indexOf(cursor) + 1) : ids)
}

export type Verdict =
  /** The page goes on with these. */
  | { readonly _tag: "accepted"; readonly fresh: ReadonlyArray<Item> }
  /** The empty last page was the end. */
  | { readonly _tag: "ended" }
  /** It was the end if what the listing was resumed after is the last permission. */
  | { readonly _tag: "endIfLast" }
  /** The earlier cursor may be gone, too. */
  | { readonly _tag: "untrusted" }
  | { readonly _tag: "repeated"; readonly id: string }

/** What a page means that an earlier cursor gave. */
export const judge = (history: History, recovery: Recovery, page: Page): Verdict => {
  const { after, earlier, reason } = recovery
  const cursor = cursorOfRecovery(recovery)
  const expected = expectedAfter(history, cursor)
  const fresh = page.data.filter(({ id }) => !expected.has(id))
  const id = repeatedId(history, fresh)
  if (id !== undefined) return { _tag: "repeated", id }
  const leadsTo = page.has_more ? cursorOf(page) : undefined
  if (fresh.length > 0) {
    // Beyond these ids a server that starts over is not seen to do so.
    const isKnownNew = cursor !== history.startAfter || history.received <= maxExactIds
    return isKnownNew ? { _tag: "accepted", fresh } : { _tag: "untrusted" }
  }
  const isStillThere = leadsTo === after || page.data.some(({ id }) => id === after)
  if (reason === "empty" && isStillThere) return { _tag: "ended" }
  if (page.has_more) {
    const leadsOn = leadsTo !== undefined && leadsTo !== after && !earlier.includes(leadsTo)
    return leadsOn ? { _tag: "accepted", fresh } : { _tag: "untrusted" }
  }
  if (page.data.length > 0 || cursor === undefined) return { _tag: "accepted", fresh }
  return cursor === history.startAfter ? { _tag: "endIfLast" } : { _tag: "untrusted" }
}
