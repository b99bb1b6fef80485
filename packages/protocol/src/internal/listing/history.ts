import type { ListParams, Page, Permission } from "../../wire.ts"
import * as Cursors from "./cursorHistory.ts"

/** How many ids are remembered one by one, besides those of the first page and of the page before. */
export const maxExactIds = 4096

/** What a listing has received, in constant space. It changes with each accepted page. */
export interface History {
  readonly checkpoint: string
  /** The cursor that the listing was resumed after. */
  readonly startAfter: string | undefined
  readonly filter: Pick<ListParams, "project_id" | "order">
  /** The page size that the listing began with. */
  readonly wanted: number
  /** The page size that is asked for. */
  limit: number
  /** The page size that the last page came with; `wanted` before the first. */
  taken: number
  pages: number
  /** Permissions. */
  received: number
  readonly cursors: Cursors.CursorHistory
  readonly firstIds: Set<string>
  /** The last page that brought a permission. */
  previousIds: Set<string>
  /** What that page was asked with. */
  previousAfter: string | undefined
  resumeAfter: string | undefined
}

export const make = (
  options: Pick<History, "checkpoint" | "wanted" | "startAfter"> & { readonly filter: History["filter"] }
): History => {
  const cursors = Cursors.make()
  const firstIds = new Set<string>()
  if (options.startAfter !== undefined) {
    Cursors.isRepeated(cursors, options.startAfter)
    firstIds.add(options.startAfter)
  }
  return {
    ...options,
    limit: options.wanted,
    taken: options.wanted,
    pages: 0,
    received: 0,
    cursors,
    firstIds,
    previousIds: new Set(),
    previousAfter: options.startAfter,
    resumeAfter: options.startAfter
  }
}

/** The first permission that came before, or that the page itself has twice. */
export const repeatedId = (history: History, data: ReadonlyArray<Permission>): string | undefined => {
  const ids = new Set<string>()
  for (const { id } of data) {
    if (history.firstIds.has(id) || history.previousIds.has(id) || ids.has(id)) return id
    ids.add(id)
  }
  return undefined
}

/** Takes a page for good: all that it shows, and what of it is new. */
export const accept = (
  history: History,
  data: ReadonlyArray<Permission>,
  fresh: ReadonlyArray<Permission>,
  askedWith: string | undefined
): void => {
  for (const { id } of fresh) {
    if (history.pages === 0 || history.firstIds.size < maxExactIds) history.firstIds.add(id)
  }
  history.pages += 1
  history.received += fresh.length
  const last = fresh.at(-1)
  if (last === undefined) return
  history.previousIds = new Set(data.map(({ id }) => id))
  history.previousAfter = askedWith
  history.resumeAfter = last.id
}

/** The cursor of the next page: `last_id`, or the last item's id where the server leaves it out. */
export const cursorOf = (page: Page): string | undefined => page.last_id || page.data.at(-1)?.id
