/** The state of a server before a run, derived from its replies. */
import type { Fields } from "../server/body.ts"
import type { Seed } from "./grammar.ts"
import {
  beforeWrites,
  firstGrant,
  listing,
  ofAuditLogs,
  ofListings,
  ofModels,
  ofProjects,
  type Page,
  pagesOf,
  queryOf,
  type Requests,
  rankOf
} from "./replies.ts"
import { settingsOf } from "./settings.ts"

/** A permission, project or event of a reply. An item that must exist but is in no reply has no fields. */
type Item = Fields

const unseen = (count: number): ReadonlyArray<Item> => Array.from({ length: Math.max(0, count) }, () => ({}))

/** Returns each item once. A page of a faulty server can repeat an item of another page. */
const distinct = (items: ReadonlyArray<Item>): ReadonlyArray<Item> =>
  items.filter(({ id }, at) => id === undefined || items.findIndex((one) => one["id"] === id) === at)

const has = (items: ReadonlyArray<Item>, id: unknown): boolean => items.some((one) => one["id"] === id)

/**
 * Returns the number of permissions that a chain of filtered pages proves, if the server filters after the limit. The
 * oldest permissions come after the last cursor, unless one of them is that cursor.
 */
const leastOf = (filtered: ReadonlyArray<Page>, maxLimit: number, oldest: ReadonlyArray<Item>): number => {
  const positions = new Map<string | undefined, number>()
  let least = 0
  for (const { items, lastId, more, request } of filtered) {
    const limit = Math.min(Number(queryOf(request, "limit") ?? 1), maxLimit)
    const end = (positions.get(queryOf(request, "after")) ?? 0) + limit
    positions.set(lastId, end)
    const older = oldest.length - 1 - oldest.findIndex(({ id }) => id === lastId)
    if (more && items.length === 0) least = Math.max(least, end + Math.max(1, Math.min(older, oldest.length)))
  }
  return least
}

/** Returns the permissions of a checkpoint before the first write, newest first. */
export const permissionsOf = (requests: Requests, checkpoint: string, maxLimit: number): ReadonlyArray<Item> => {
  const pages = pagesOf(ofListings(beforeWrites(requests)).filter(({ path }) => listing.exec(path)?.[1] === checkpoint))
  const filtered = pages.filter(({ request }) => queryOf(request, "project_id") !== undefined)
  const isAscending = ({ request }: Page) => queryOf(request, "order") === "ascending"
  const shown: Array<Item> = []
  let isWhole = false
  let least = 0
  for (const page of pages) {
    const { items, more, request } = page
    const after = queryOf(request, "after")
    const start = after === undefined ? 0 : shown.findIndex(({ id }) => id === after) + 1
    if (filtered.includes(page) || isAscending(page) || (after !== undefined && start === 0)) continue
    shown.splice(start, items.length, ...items)
    if (more) least = Math.max(least, start + items.length + 1)
    else isWhole ||= start + items.length >= shown.length
  }
  if (isWhole) return distinct(shown)
  const oldest = pages
    .filter(isAscending)
    .flatMap(({ items }) => items)
    .filter(({ id }) => !has(shown, id))
    .reverse()
  const others: Array<Item> = []
  for (const { items, more, request } of filtered) {
    others.push(...items.filter(({ id }) => !has([...shown, ...others, ...oldest], id)))
    const project = queryOf(request, "project_id")
    const count = [...shown, ...others, ...oldest].filter(({ project_id }) => project_id === project).length
    if (more && items.length > 0 && count <= items.length) others.push({ project_id: project })
  }
  const known = shown.length + others.length + oldest.length
  const hidden = unseen(Math.max(least, leastOf(filtered, maxLimit, oldest)) - known)
  return distinct([...shown, ...others, ...hidden, ...oldest])
}

/** Returns the projects of the first page. If more follow, an item without fields represents them. */
export const projectsOf = (requests: Requests): ReadonlyArray<Item> | undefined => {
  const [page] = pagesOf(ofProjects(requests))
  return page && distinct([...page.items, ...unseen(page.more ? 1 : 0)])
}

/** Returns the events before the first write, newest first: those that were read before it, and older ones. */
export const eventsOf = (requests: Requests): ReadonlyArray<Item> => {
  const reads = pagesOf(ofAuditLogs(beforeWrites(requests)))
  const rank = firstGrant(requests)?.rank ?? 0
  const later = pagesOf(ofAuditLogs(requests))
    .flatMap(({ items }) => items)
    .filter((event) => (rankOf(event["effective_at"]) ?? rank) < rank)
  const all = new Map([...reads.flatMap(({ items }) => items), ...later].map((event) => [event["id"], event]))
  const least = Math.max(0, ...reads.map(({ items, more }) => items.length + (more ? 1 : 0)))
  return [...all.values(), ...unseen(least - all.size)]
}

/** Returns the checkpoints whose permissions were listed. */
export const checkpointsOf = (requests: Requests): ReadonlyArray<string> => [
  ...new Set(
    pagesOf(ofListings(beforeWrites(requests))).flatMap(({ request }) => listing.exec(request.path)?.[1] ?? [])
  )
]

/** Returns the minimum number of items that each list had before the run, and the kind of key. */
export const seedOf = (behavior: Readonly<Record<string, unknown>>, requests: Requests): Seed => {
  const { keys, maxLimit } = settingsOf(behavior, requests)
  return {
    key: keys === "any" ? "any" : "admin",
    permissions: Object.fromEntries(
      checkpointsOf(requests).map((checkpoint) => [checkpoint, permissionsOf(requests, checkpoint, maxLimit).length])
    ),
    projects: projectsOf(requests)?.length ?? 0,
    events: eventsOf(requests).length,
    models: pagesOf(ofModels(requests))[0]?.items.length ?? 0
  }
}
