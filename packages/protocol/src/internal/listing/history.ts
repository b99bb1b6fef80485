import type { RequestOperation } from "../../failure.ts"
import type { List, ListParams } from "../../wire.ts"
import * as Cursors from "./cursorHistory.ts"
import * as IdSet from "./idSet.ts"

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
  readonly wanted: number
  readonly limit: number
  /** The page size that the last page came with; `wanted` before the first. */
  readonly taken: number
  readonly pages: number
  readonly received: number
  readonly cursors: Cursors.CursorHistory
  readonly firstIds: IdSet.IdSet
  /** Of the last page that brought an item. */
  readonly previousIds: ReadonlySet<string>
  /** What that page was asked with. */
  readonly previousAfter: string | undefined
  readonly resumeAfter: string | undefined
}

export const make = (
  options: Pick<History, "operation" | "checkpoint" | "wanted" | "startAfter" | "filter">
): History => {
  const { startAfter, wanted } = options
  const known = startAfter === undefined ? [] : [startAfter]
  return {
    ...options,
    limit: wanted,
    taken: wanted,
    pages: 0,
    received: 0,
    cursors: known.reduce(Cursors.add, Cursors.empty),
    firstIds: IdSet.add(IdSet.empty, known),
    previousIds: new Set(),
    previousAfter: startAfter,
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
  const isDouble = (id: string) => ids.size < data.length && seen.size === seen.add(id).size
  return data.find(({ id }) => previousIds.has(id) || IdSet.has(firstIds, id) || isDouble(id))?.id
}

/** Takes a page for good: the ids of all that it shows, and what of it is new. */
export const accept = (
  history: History,
  ids: ReadonlySet<string>,
  fresh: ReadonlyArray<Item>,
  askedWith: string | undefined
): History => {
  const room = history.pages === 0 ? fresh.length : Math.max(0, maxExactIds - IdSet.sizeOf(history.firstIds))
  const remembered = fresh.slice(0, room).map(({ id }) => id)
  const last = fresh.at(-1)
  return {
    ...history,
    firstIds: IdSet.add(history.firstIds, remembered),
    pages: history.pages + 1,
    received: history.received + fresh.length,
    ...(last && {
      previousIds: ids,
      previousAfter: askedWith,
      resumeAfter: history.operation === "list" ? last.id : undefined
    })
  }
}

/** The cursor of the next page: `last_id`, or the last item's id where the server leaves it out. */
export const cursorOf = (page: Page): string | undefined => page.last_id || page.data.at(-1)?.id
