/** Recovery of a listing after a page size was refused, or a cursor was refused or cannot be trusted. */
import type { Failure } from "../../failure.ts"
import { addCursor, addIds, cursorOf, type History, type Item, maxExactIds, type Page, repeatedId } from "./history.ts"

/** Page sizes to try if the server refuses a larger one. */
const smallerSizes = [100, 50, 20, 10]

/** Matches the name of the parameter. Does not match limits on spending or requests. */
const namesParameter =
  /['"`]limit['"`]|\b(?:invalid|field|for|parameter|query) limit\b|^limit (?:is too|must|should|cannot|may not|exceeds|[<>])/i

export const refusesSize = (failure: Failure): boolean =>
  failure.kind === "BadRequestError" &&
  (failure.param === "limit" || (failure.param === undefined && namesParameter.test(failure.detail ?? "")))

/**
 * Returns the page size to try after a failure. Returns `undefined` if the size is not the reason, or if no smaller
 * size is left.
 */
export const nextSize = (failure: Failure, limit: number): number | undefined =>
  refusesSize(failure) ? smallerSizes.find((size) => size < limit) : undefined

/**
 * Returns true if the first page of a resumed listing is the start of the whole listing. The permission at which it was
 * resumed may have been deleted. Some servers then return the start of the listing.
 */
export const startsOver = (page: Page, start: Page): boolean =>
  page.data[0]?.id === start.data[0]?.id && (page.data.length > 0 || cursorOf(page) === cursorOf(start))

/** Returns true if the listing ends with `startAfter`, or is empty. `end` is the first page in the opposite order. */
export const isLast = (startAfter: string | undefined, end: Page): boolean => {
  const last = end.data[0]
  return last === undefined ? !end.has_more : last.id === startAfter
}

/**
 * Remembers the items before the first page of a resumed listing, so that a later page with the start of the listing is
 * noticed.
 */
export const rememberStart = (history: History, page: Page, start: Page): History => {
  const ids = new Set(page.data.map(({ id }) => id))
  const end = start.data.findIndex(({ id }) => ids.has(id) || id === history.startAfter)
  const before = end < 0 ? start.data : start.data.slice(0, end)
  const firstIds = addIds(
    history.firstIds,
    before.map(({ id }) => id)
  )
  const cursor = end < 0 ? cursorOf(start) : undefined
  return {
    ...history,
    firstIds,
    cursors: cursor === undefined ? history.cursors : addCursor(history.cursors, cursor)
  }
}

/**
 * A cursor that cannot be trusted. Its permission may have been deleted in the meantime. Then some servers refuse the
 * cursor, some return an empty last page, and some return the start of the listing. So after a refusal or an empty last
 * page, earlier cursors are requested, one after the other.
 */
export interface Recovery {
  readonly reason: "empty" | "refused"
  /** The cursor that cannot be trusted. */
  readonly after: string
  /** Cursors to request instead, in this order. `undefined` is the start of the listing. */
  readonly earlier: ReadonlyArray<string | undefined>
  /** The index in `earlier` of the cursor that is requested. */
  readonly at: number
}

export const make = (
  history: History,
  reason: Recovery["reason"],
  after: string,
  requestedAfter: string | undefined
): Recovery => {
  const ids = [...history.previousIds]
  const earlier = new Set([
    // some servers filter a page after cutting it: their cursors are not ids of items, and are repeated only here
    ...(after === ids.at(-1) ? [] : [requestedAfter]),
    ...ids.slice(-2).reverse(),
    ...ids.slice(0, 1),
    history.previousRequestedAfter,
    history.startAfter
  ])
  earlier.delete(after)
  return { reason, after, earlier: [...earlier], at: 0 }
}

export const cursorOfRecovery = ({ at, earlier }: Recovery): string | undefined => earlier[at]

/** Moves to the next earlier cursor. Returns `undefined` if none is left. */
export const next = (recovery: Recovery): Recovery | undefined =>
  recovery.at + 1 < recovery.earlier.length ? { ...recovery, at: recovery.at + 1 } : undefined

/** Returns the ids of the previous page that are expected again after an earlier cursor. */
const expectedAfter = ({ previousIds }: History, cursor: string | undefined): ReadonlySet<string> => {
  const ids = [...previousIds]
  return new Set(cursor !== undefined && previousIds.has(cursor) ? ids.slice(ids.indexOf(cursor) + 1) : ids)
}

export type Verdict =
  /** The page continues the listing with these new items. */
  | { readonly _tag: "accepted"; readonly fresh: ReadonlyArray<Item> }
  /** The empty page was the last one. */
  | { readonly _tag: "ended" }
  /** The page was the last one, if the listing was resumed after its last permission. */
  | { readonly _tag: "endIfLast" }
  /** The permission of the earlier cursor may have been deleted too. */
  | { readonly _tag: "untrusted" }
  | { readonly _tag: "repeated"; readonly id: string }

export const verdictOf = (history: History, recovery: Recovery, page: Page): Verdict => {
  const { after, earlier, reason } = recovery
  const cursor = cursorOfRecovery(recovery)
  const expected = expectedAfter(history, cursor)
  const fresh = page.data.filter(({ id }) => !expected.has(id))
  const id = repeatedId(history, fresh)
  if (id !== undefined) return { _tag: "repeated", id }
  const nextCursor = page.has_more ? cursorOf(page) : undefined
  if (fresh.length > 0) {
    // with more items than remembered ids, a page with the start of the listing would not be noticed
    const isKnownNew = cursor !== history.startAfter || history.received <= maxExactIds
    return isKnownNew ? { _tag: "accepted", fresh } : { _tag: "untrusted" }
  }
  const isStillThere = nextCursor === after || page.data.some(({ id }) => id === after)
  if (reason === "empty" && isStillThere) return { _tag: "ended" }
  if (page.has_more) {
    const isNewCursor = nextCursor !== undefined && nextCursor !== after && !earlier.includes(nextCursor)
    return isNewCursor ? { _tag: "accepted", fresh } : { _tag: "untrusted" }
  }
  if (page.data.length > 0 || cursor === undefined) return { _tag: "accepted", fresh }
  return cursor === history.startAfter ? { _tag: "endIfLast" } : { _tag: "untrusted" }
}
