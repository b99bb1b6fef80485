/** How a listing goes on after a page size, a cursor or the place that it was resumed after is refused or doubtful. */
import type { Failure } from "../../failure.ts"
import { addCursor, addIds, cursorOf, type History, type Item, maxExactIds, type Page, repeatedId } from "./history.ts"

/** Page sizes that are tried when the server refuses a larger one. */
const smallerSizes = [100, 50, 20, 10]

/** The parameter by its name. Other limits (on spending, on requests) are none of a page. */
const namesParameter =
  /['"`]limit['"`]|\b(?:invalid|field|for|parameter|query) limit\b|^limit (?:is too|must|should|cannot|may not|exceeds|[<>])/i

export const refusesSize = (failure: Failure): boolean =>
  failure.kind === "BadRequestError" &&
  (failure.param === "limit" || (failure.param === undefined && namesParameter.test(failure.detail ?? "")))

/** The page size to try after a failure; `undefined` when it does not blame the size, or none is left. */
export const nextSize = (failure: Failure, limit: number): number | undefined =>
  refusesSize(failure) ? smallerSizes.find((size) => size < limit) : undefined

/**
 * What a listing is resumed after may have been deleted. So it is believed to have more only if that is not how the
 * whole listing starts (some servers start over), and to have nothing more only if it is the last permission.
 */

/** Whether the first page of a resumed listing is the start of the whole listing. */
export const startsOver = (page: Page, start: Page): boolean =>
  page.data[0]?.id === start.data[0]?.id && (page.data.length > 0 || cursorOf(page) === cursorOf(start))

/** Whether the listing ends with `startAfter`, or is empty; `end` is the first page in the opposite order. */
export const isLast = (startAfter: string | undefined, end: Page): boolean => {
  const last = end.data[0]
  return last === undefined ? !end.has_more : last.id === startAfter
}

/** Remembers what stands before the first page, so that a server which starts over later is noticed. */
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
  requestedAfter: string | undefined
): Recovery => {
  const ids = [...history.previousIds]
  const earlier = new Set([
    // A server that filters a page after it cut it gives cursors that are no item's: they come again only there.
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
export const verdictOf = (history: History, recovery: Recovery, page: Page): Verdict => {
  const { after, earlier, reason } = recovery
  const cursor = cursorOfRecovery(recovery)
  const expected = expectedAfter(history, cursor)
  const fresh = page.data.filter(({ id }) => !expected.has(id))
  const id = repeatedId(history, fresh)
  if (id !== undefined) return { _tag: "repeated", id }
  const nextCursor = page.has_more ? cursorOf(page) : undefined
  if (fresh.length > 0) {
    // Beyond these ids a server that starts over is not seen to do so.
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
