/** What a listing has received, in constant space: ids, cursors, and where it stands. */
import type { RequestOperation } from "../../failure.ts"
import type { List, ListParams } from "../../wire.ts"

/**
 * A set of texts. What is added to it gives another set. Its parts grow by powers of two, so that a page takes time in
 * proportion to its own size, but for a logarithm.
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

/** Returns one part for a set that grows no more, so that an id is looked up once. */
const whole = (set: IdSet): IdSet => (set.length < 2 ? set : [new Set(set.flatMap((part) => [...part]))])

/** How many cursors are remembered one by one. */
export const maxExactCursors = 4096

/** The cursors of one listing, in constant space. */
export interface CursorHistory {
  readonly first: IdSet
  /** Brent's algorithm: the cursor that later ones are compared with. */
  readonly landmark: string | undefined
  /** Cursors since the landmark. */
  readonly steps: number
  /** How many cursors the landmark stays. */
  readonly power: number
}

export const noCursors: CursorHistory = { first: [], landmark: undefined, steps: 0, power: 1 }

/**
 * Returns true if the cursor came before.
 *
 * Exact for the first 4,096 cursors. Beyond, Brent's cycle detection: a cursor is compared with the one at the last
 * power of two, so a cycle is found within a small multiple of its length.
 */
export const isRepeatedCursor = ({ first, landmark }: CursorHistory, cursor: string): boolean =>
  cursor === landmark || hasId(first, cursor)

export const addCursor = (history: CursorHistory, cursor: string): CursorHistory => {
  const { first, power } = history
  if (sizeOf(first) < maxExactCursors) return { ...history, first: addIds(first, [cursor]) }
  const steps = history.steps + 1
  return steps === power ? { first, landmark: cursor, steps: 0, power: 2 * power } : { ...history, steps }
}

/** What a listing lists. */
export interface Item {
  readonly id: string
}

/** A page of a listing. */
export type Page = Omit<List<Item>, "object">

/** How many ids are remembered one by one, besides those of the first page and of the page before. */
export const maxExactIds = 4096

/** What a listing has received, in constant space. */
export interface History {
  readonly operation: Exclude<RequestOperation, "create" | "delete">
  readonly checkpoint: string | undefined
  readonly startAfter: string | undefined
  readonly filter: Pick<ListParams, "project_id" | "order">
  /** The page size that the listing began with. */
  readonly initialLimit: number
  readonly limit: number
  /** The page size that the last page came with; `wanted` before the first. */
  readonly acceptedLimit: number
  readonly pages: number
  readonly received: number
  readonly cursors: CursorHistory
  readonly firstIds: IdSet
  /** Of the last page that brought an item. */
  readonly previousIds: ReadonlySet<string>
  /** What that page was asked with. */
  readonly previousRequestedAfter: string | undefined
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

/** The first item that came before, or that the page itself has twice. `ids` are those of the page. */
export const repeatedId = (
  { firstIds, previousIds }: History,
  data: ReadonlyArray<Item>,
  ids = idsOf(data)
): string | undefined => {
  const seen = new Set<string>()
  const isDuplicate = (id: string) => ids.size < data.length && seen.size === seen.add(id).size
  return data.find(({ id }) => previousIds.has(id) || hasId(firstIds, id) || isDuplicate(id))?.id
}

/** Takes a page for good: the ids of all that it shows, and what of it is new. */
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

/** The cursor of the next page: `last_id`, or the last item's id where the server leaves it out. */
export const cursorOf = (page: Page): string | undefined => page.last_id || page.data.at(-1)?.id
