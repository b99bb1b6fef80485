import * as Cursors from "./cursorHistory.ts"
import { cursorOf, type History, type Page } from "./history.ts"
import * as IdSet from "./idSet.ts"

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
  const firstIds = IdSet.add(
    history.firstIds,
    before.map(({ id }) => id)
  )
  const cursor = end < 0 ? cursorOf(start) : undefined
  return {
    ...history,
    firstIds,
    cursors: cursor === undefined ? history.cursors : Cursors.add(history.cursors, cursor)
  }
}
