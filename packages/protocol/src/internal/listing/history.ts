/** The accepted pages of a listing, in constant space: their ids and cursors. */
import type { SafeOperation } from "../../failure.ts"
import type { List, ListParams } from "../../wire.ts"

/**
 * An immutable set of strings, in disjoint parts. Each part is larger than the next one, so there are few parts. Adding
 * a page takes time in proportion to its size times a logarithm.
 */
export type IdSet = ReadonlyArray<ReadonlySet<string>>

const hasId = (set: IdSet, id: string): boolean => set.some((part) => part.has(id))

export const sizeOf = (set: IdSet): number => set.reduce((size, part) => size + part.size, 0)

export const addIds = (set: IdSet, ids: Iterable<string>): IdSet => {
  let added = new Set(ids)
  if (added.size === 0) return set
  let kept = set.length
  for (let part = set[kept - 1]; part !== undefined && part.size <= added.size; part = set[kept - 1]) {
    added = new Set([...part, ...added])
    kept -= 1
  }
  return [...set.slice(0, kept), added]
}

/** Joins the parts of a set that no longer grows, so that a lookup of an id searches only one part. */
const whole = (set: IdSet): IdSet => (set.length < 2 ? set : [new Set(set.flatMap((part) => [...part]))])

/** The number of cursors that are remembered exactly. */
export const maxExactCursors = 4096

/** The cursors of one listing, in constant space. */
export interface CursorHistory {
  /** The first 4,096 cursors. */
  readonly first: IdSet
  /** The cursor with which later ones are compared, by Brent's algorithm. `undefined` while `first` is not full. */
  readonly landmark: string | undefined
  /** The number of cursors since the landmark. Less than `power`. */
  readonly steps: number
  /** The number of cursors until the landmark changes: a power of two. */
  readonly power: number
}

export const noCursors: CursorHistory = { first: [], landmark: undefined, steps: 0, power: 1 }

/**
 * Returns true if the cursor occurred before.
 *
 * Exact for the first 4,096 cursors. After that, Brent's cycle detection is used: a cursor is compared with the one at
 * the last power of two. A cycle is found within a small multiple of its length.
 */
export const isRepeatedCursor = ({ first, landmark }: CursorHistory, cursor: string): boolean =>
  cursor === landmark || hasId(first, cursor)

export const addCursor = (history: CursorHistory, cursor: string): CursorHistory => {
  const { first, power } = history
  if (sizeOf(first) < maxExactCursors) return { ...history, first: addIds(first, [cursor]) }
  const steps = history.steps + 1
  return steps === power ? { first, landmark: cursor, steps: 0, power: 2 * power } : { ...history, steps }
}

/** An item of a listing. */
export interface Item {
  readonly id: string
}

/** The fields of a page that strict paging needs. */
export type Page = Omit<List<Item>, "object">

/** The number of ids that are remembered exactly, besides those of the first page and of the previous page. */
export const maxExactIds = 4096

/** The pages that a listing has accepted, in constant space. */
export interface History {
  readonly operation: SafeOperation
  readonly checkpoint: string | undefined
  readonly startAfter: string | undefined
  /** The parameters that every request has. */
  readonly filter: Omit<ListParams, "after" | "limit">
  /** The page size of the first request. */
  readonly initialLimit: number
  /** The page size of the next request: at most `initialLimit`. */
  readonly limit: number
  /** The page size of the last page. `initialLimit` before the first page. */
  readonly acceptedLimit: number
  /** The number of accepted pages. `received` is the number of their new items. */
  readonly pages: number
  readonly received: number
  readonly cursors: CursorHistory
  /** The ids of the first page, and of later items up to 4,096. */
  readonly firstIds: IdSet
  /** The ids of the last page that had a new item. */
  readonly previousIds: ReadonlySet<string>
  /** The cursor with which that page was requested. */
  readonly previousRequestedAfter: string | undefined
  /** The id of the last accepted item, if the operation can be resumed. */
  readonly resumeAfter: string | undefined
}

export const make = (
  options: Pick<History, "operation" | "checkpoint" | "initialLimit" | "startAfter" | "filter">
): History => {
  const { initialLimit, startAfter } = options
  const known = startAfter === undefined ? [] : [startAfter]
  return {
    ...options,
    limit: initialLimit,
    acceptedLimit: initialLimit,
    pages: 0,
    received: 0,
    cursors: known.reduce(addCursor, noCursors),
    firstIds: addIds([], known),
    previousIds: new Set(),
    previousRequestedAfter: startAfter,
    resumeAfter: startAfter
  }
}

export const idsOf = (data: ReadonlyArray<Item>): ReadonlySet<string> => new Set(data.map(({ id }) => id))

/** Returns the first id that was received before, or that the page contains twice. `ids` are those of the page. */
export const repeatedId = (
  { firstIds, previousIds }: History,
  data: ReadonlyArray<Item>,
  ids = idsOf(data)
): string | undefined => {
  const known = [previousIds, ...firstIds]
  const isKnown = ({ id }: Item) => known.some((set) => set.has(id))
  // most pages have no such id, and one set after the other is searched faster
  const hasNone = ids.size === data.length && !known.some((set) => data.some(({ id }) => set.has(id)))
  if (hasNone) return undefined
  const seen = new Set<string>()
  return data.find((item) => isKnown(item) || seen.size === seen.add(item.id).size)?.id
}

/** Adds an accepted page. `ids` are those of all its items, `fresh` the new items. */
export const accept = (
  history: History,
  ids: ReadonlySet<string>,
  fresh: ReadonlyArray<Item>,
  requestedAfter: string | undefined
): History => {
  const space = history.pages === 0 ? fresh.length : Math.max(0, maxExactIds - sizeOf(history.firstIds))
  const firstIds = addIds(
    history.firstIds,
    fresh.slice(0, space).map(({ id }) => id)
  )
  const last = fresh.at(-1)
  return {
    ...history,
    firstIds: sizeOf(firstIds) < maxExactIds ? firstIds : whole(firstIds),
    pages: history.pages + 1,
    received: history.received + fresh.length,
    ...(last && {
      previousIds: ids,
      previousRequestedAfter: requestedAfter,
      resumeAfter: history.operation === "list" ? last.id : undefined
    })
  }
}

/** Returns the cursor of the next page: `last_id`, or the id of the last item if the server omits it. */
export const cursorOf = (page: Page): string | undefined => page.last_id || page.data.at(-1)?.id
