/** The state and the settings of a server, derived from the replies of a recording. */
import * as Behavior from "@checkpoint-permissions/fake/behavior"
import * as Emulator from "@checkpoint-permissions/fake/emulator"
import * as Arr from "effect/Array"
import * as Record from "effect/Record"
import { type Fields, isFields, itemsOf, textAt, valueAt } from "../../server/body.ts"
import type { Request, Seed } from "./grammar.ts"

export type Requests = ReadonlyArray<Request>

/** A permission, project or event of a reply. An item that must exist but is in no reply has no fields. */
type Item = Fields

/** The page of a reply, with its request. */
interface Page {
  readonly request: Request
  readonly query: Readonly<Record<string, string | undefined>>
  readonly items: ReadonlyArray<Item>
  readonly more: boolean
  readonly lastId: string | undefined
}

export const bodyOf = ({ reply }: Request): Fields => (isFields(reply?.body) ? reply.body : {})

/** Returns the pages in the replies to requests. */
const pagesIn = (requests: Requests): ReadonlyArray<Page> =>
  requests.flatMap((request) => {
    const body = bodyOf(request)
    const { data, has_more: more } = body
    if (request.reply?.status !== 200 || !Array.isArray(data)) return []
    const query = Object.fromEntries(request.query)
    return [{ request, query, items: itemsOf(body), more: more === true, lastId: textAt(body, "last_id") }]
  })

const listing = /^\/fine_tuning\/checkpoints\/(checkpoint_\d+)\/permissions$/
const models = /^\/models$/
const projects = /^\/organization\/projects$/
export const auditLogs = /^\/organization\/audit_logs$/
export const modelPermissions = /^\/organization\/projects\/(project_\d+)\/model_permissions$/

export const getsOf = (requests: Requests, path: RegExp): Requests =>
  requests.filter((request) => request.method === "GET" && path.test(request.path))

export const pagesOf = (requests: Requests, path: RegExp): ReadonlyArray<Page> => pagesIn(getsOf(requests, path))

/** Returns the requests before the first write. */
const beforeWrites = (requests: Requests): Requests => {
  const first = requests.findIndex(({ method }) => method !== "GET")
  return first < 0 ? requests : requests.slice(0, first)
}

/** Returns the details of an event. */
export const detailsOf = (event: Item): unknown => valueAt(event, textAt(event, "type") ?? "")

/** Returns the rank of a recorded time. */
export const rankOf = (time: unknown): number | undefined =>
  typeof time === "string" && time.startsWith("time_") ? Number(time.slice("time_".length)) : undefined

/** Returns the first grant that the server executed, with the first permission in its reply. */
export const firstGrant = (requests: Requests) => {
  const [page] = pagesIn(requests.filter(({ method }) => method === "POST"))
  const id = textAt(page?.items[0], "id")
  return page === undefined || id === undefined
    ? undefined
    : { request: page.request, id, rank: rankOf(page.items[0]?.["created_at"]) }
}

/** The key of a replay, since a recording has none. */
export const key = "sk-admin-replay"

/** The lag, in milliseconds, of a change that was polled for and never appeared. */
const never = 3_600_000

/**
 * Returns the milliseconds from the first grant to the first reply that shows it. Returns `undefined` if there was no
 * poll for it.
 */
const lagOf = (requests: Requests, path: RegExp, idOf: (item: Fields) => string | undefined): number | undefined => {
  const grant = firstGrant(requests)
  if (grant === undefined) return undefined
  const rest = requests.slice(requests.indexOf(grant.request) + 1)
  const pages = pagesOf(beforeWrites(rest), path)
  if (pages.length === 0) return undefined
  const first = pages.findIndex(({ items }) => items.some((item) => idOf(item) === grant.id))
  return first < 0 ? never : first === 0 ? 0 : (pages[first]?.request.sent ?? 0) - grant.request.sent
}

/** Returns the settings for the actors of the audit log. */
const actorsOf = (requests: Requests): Behavior.Settings => {
  const keys = pagesOf(requests, auditLogs)
    .flatMap(({ items }) => items.map((event) => event["actor"]))
    .filter((actor) => textAt(actor, "type") === "api_key")
  if (keys.length === 0) return {}
  const hasId = keys.some((actor) => textAt(actor, "api_key", "id") !== undefined)
  return { auditActor: "api-key", auditKeyIds: hasId ? "listed" : "absent" }
}

/**
 * Returns the settings that were found. The others get values with which the fake answers these requests in the same
 * way. These are page sizes, lags until the first reply with the grant, forms of actors, and the kind of key.
 */
export const settingsOf = (found: Readonly<Record<string, unknown>>, requests: Requests): Behavior.ServerBehavior => {
  const pages = pagesOf(requests, listing)
  const plain = pages.filter(({ request }) => request.query.length === 0)
  const count = Math.max(0, ...plain.map(({ items }) => items.length))
  const cursors = new Set(pages.flatMap(({ items, lastId }) => [lastId, ...items.map((item) => textAt(item, "id"))]))
  const isEmptyAfterUnknown = pages.some(
    ({ items, query: { after } }) => after !== undefined && items.length === 0 && !cursors.has(after)
  )
  // the cursor of a filtered page is not one of its items: the filter comes after the limit
  const isFilteredLate = pages.some(
    ({ items, lastId, query }) => query["project_id"] !== undefined && lastId !== textAt(items.at(-1), "id")
  )
  const isUnset = getsOf(requests, modelPermissions).some(({ reply }) => reply?.status === 404)
  const lists = [...pagesOf(requests, projects), ...pagesOf(requests, auditLogs)]
  const isAdmin = getsOf(requests, models).some(({ reply }) => reply?.status === 401 || reply?.status === 403)
  const inferred: Behavior.Settings = {
    maxLimit: Math.max(100, ...pages.map(({ items }) => items.length)),
    defaultLimit: plain.some(({ more }) => more) ? count : count + 100,
    unknownAfter: isEmptyAfterUnknown ? "empty-page" : undefined,
    shortPages: isFilteredLate ? "filter-after-limit" : undefined,
    unsetModelPermissions: isUnset ? "not-found" : undefined,
    pageObject: lists.some(({ request }) => bodyOf(request)["object"] === undefined) ? "absent" : undefined,
    ...actorsOf(requests)
  }
  const measured: Behavior.Settings = {
    listingLag: lagOf(requests, listing, (item) => textAt(item, "id")),
    auditLag: lagOf(requests, auditLogs, (event) => textAt(detailsOf(event), "id")),
    keys: isAdmin ? [Behavior.adminKey(key)] : "any"
  }
  const { behavior = {} } = Emulator.parseSettings({ behavior: found })
  return [inferred, behavior, measured].reduce(Behavior.change, Behavior.defaults)
}

const unseen = (count: number): ReadonlyArray<Item> => Array.from({ length: Math.max(0, count) }, () => ({}))

/** Returns each item once. A page of a faulty server can repeat an item of another page. */
const distinct = (items: ReadonlyArray<Item>): ReadonlyArray<Item> =>
  Arr.dedupeWith(items, ({ id }, other) => id !== undefined && id === other["id"])

const has = (items: ReadonlyArray<Item>, id: unknown): boolean => items.some((one) => one["id"] === id)

/**
 * Returns the number of permissions that a chain of filtered pages proves, if the server filters after the limit. The
 * oldest permissions come after the last cursor, unless one of them is that cursor.
 */
const leastOf = (filtered: ReadonlyArray<Page>, maxLimit: number, oldest: ReadonlyArray<Item>): number => {
  const positions = new Map<string | undefined, number>()
  let least = 0
  for (const { items, lastId, more, query } of filtered) {
    const { after, limit = 1 } = query
    const end = (positions.get(after) ?? 0) + Math.min(Number(limit), maxLimit)
    positions.set(lastId, end)
    const older = oldest.length - 1 - oldest.findIndex(({ id }) => id === lastId)
    if (more && items.length === 0) least = Math.max(least, end + Math.max(1, Math.min(older, oldest.length)))
  }
  return least
}

/** Returns the permissions that the listings of one checkpoint show, newest first. */
const permissionsIn = (pages: ReadonlyArray<Page>, maxLimit: number): ReadonlyArray<Item> => {
  const filtered = pages.filter(({ query }) => query["project_id"] !== undefined)
  const isAscending = ({ query: { order } }: Page) => order === "ascending"
  const shown: Array<Item> = []
  let isWhole = false
  let least = 0
  for (const page of pages) {
    const { items, more, query } = page
    const { after } = query
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
  for (const { items, more, query } of filtered) {
    others.push(...items.filter(({ id }) => !has([...shown, ...others, ...oldest], id)))
    const { project_id: project } = query
    const count = [...shown, ...others, ...oldest].filter(({ project_id }) => project_id === project).length
    if (more && items.length > 0 && count <= items.length) others.push({ project_id: project })
  }
  const known = shown.length + others.length + oldest.length
  const hidden = unseen(Math.max(least, leastOf(filtered, maxLimit, oldest)) - known)
  return distinct([...shown, ...others, ...hidden, ...oldest])
}

/** Returns the permissions of each listed checkpoint before the first write, newest first. */
export const permissionsOf = (requests: Requests, maxLimit: number): Readonly<Record<string, ReadonlyArray<Item>>> => {
  const pages = pagesOf(beforeWrites(requests), listing)
  const byCheckpoint = Arr.groupBy(pages, ({ request: { path } }) => listing.exec(path)?.[1] ?? path)
  return Record.map(byCheckpoint, (all) => permissionsIn(all, maxLimit))
}

/** Returns the projects of the first page. If more follow, an item without fields represents them. */
export const projectsOf = (requests: Requests): ReadonlyArray<Item> | undefined => {
  const [page] = pagesOf(requests, projects)
  return page && distinct([...page.items, ...unseen(page.more ? 1 : 0)])
}

/** Returns the events before the first write, newest first: those that were read before it, and older ones. */
export const eventsOf = (requests: Requests): ReadonlyArray<Item> => {
  const reads = pagesOf(beforeWrites(requests), auditLogs)
  const rank = firstGrant(requests)?.rank ?? 0
  const later = pagesOf(requests, auditLogs)
    .flatMap(({ items }) => items)
    .filter((event) => (rankOf(event["effective_at"]) ?? rank) < rank)
  const all = new Map([...reads.flatMap(({ items }) => items), ...later].map((event) => [event["id"], event]))
  const least = Math.max(0, ...reads.map(({ items, more }) => items.length + (more ? 1 : 0)))
  return [...all.values(), ...unseen(least - all.size)]
}

/** Returns the minimum number of items that each list had before the run, and the kind of key. */
export const seedOf = (behavior: Readonly<Record<string, unknown>>, requests: Requests): Seed => {
  const { keys, maxLimit } = settingsOf(behavior, requests)
  return {
    key: keys === "any" ? "any" : "admin",
    permissions: Record.map(permissionsOf(requests, maxLimit), (items) => items.length),
    projects: projectsOf(requests)?.length ?? 0,
    events: eventsOf(requests).length,
    models: pagesOf(requests, models)[0]?.items.length ?? 0
  }
}
