/** The settings of the fake that answers a recording. */
import * as Behavior from "@checkpoint-permissions/fake/behavior"
import * as Emulator from "@checkpoint-permissions/fake/emulator"
import type { Request } from "./grammar.ts"
import {
  auditLogs,
  bodyOf,
  detailsOf,
  type Fields,
  fieldsAt,
  firstGrant,
  isGet,
  listing,
  modelPermissions,
  pageOf,
  projects,
  queryOf,
  textAt
} from "./replies.ts"

const largestPage = (requests: ReadonlyArray<Request>): number =>
  Math.max(
    0,
    ...requests
      .filter(isGet(listing))
      .flatMap(pageOf)
      .map(({ items }) => items.length)
  )

/** The lag, in milliseconds, of a change that was looked for and never appeared. */
const never = 3_600_000

/**
 * Returns the milliseconds from the first grant to the first reply that shows it. Returns `undefined` if it was not
 * looked for.
 */
const lagOf = (
  requests: ReadonlyArray<Request>,
  route: RegExp,
  shows: (item: Fields, id: string) => boolean
): number | undefined => {
  const grant = firstGrant(requests)
  if (grant === undefined) return undefined
  const rest = requests.slice(requests.indexOf(grant.request) + 1)
  const end = rest.findIndex(({ method }) => method !== "GET")
  const looks = rest
    .slice(0, end < 0 ? rest.length : end)
    .filter(isGet(route))
    .flatMap(pageOf)
  if (looks.length === 0) return undefined
  const first = looks.findIndex(({ items }) => items.some((item) => shows(item, grant.id)))
  return first < 0 ? never : first === 0 ? 0 : (looks[first]?.request.sent ?? 0) - grant.request.sent
}

/** The key of a replay; a recording has none. */
export const key = "sk-admin-replay"

/** Returns true if the server answered an unknown cursor with an empty page. */
const isEmptyAfterUnknown = (requests: ReadonlyArray<Request>): boolean => {
  const pages = requests.filter(isGet(listing)).flatMap(pageOf)
  const known = new Set(
    pages.flatMap(({ items, request }) => [
      ...items.map((item) => textAt(item, "id")),
      textAt(bodyOf(request), "last_id")
    ])
  )
  return pages.some(({ items, request }) => {
    const after = queryOf(request, "after")
    return after !== undefined && items.length === 0 && !known.has(after)
  })
}

/** Returns true if the cursor of a filtered page is not one of its items: the filter comes after the limit. */
const isFilteredLate = (requests: ReadonlyArray<Request>): boolean =>
  requests
    .filter((request) => isGet(listing)(request) && queryOf(request, "project_id") !== undefined)
    .flatMap(pageOf)
    .some(({ items, request }) => textAt(bodyOf(request), "last_id") !== textAt(items.at(-1) ?? {}, "id"))

/** Returns the settings for the actors of the audit log. */
const actorsOf = (requests: ReadonlyArray<Request>): Behavior.Settings => {
  const events = requests.filter(isGet(auditLogs)).flatMap(pageOf)
  const keys = events
    .flatMap(({ items }) => items.map((one) => fieldsAt(one, "actor")))
    .filter((actor) => textAt(actor, "type") === "api_key")
  if (keys.length === 0) return {}
  const hasId = keys.some((actor) => textAt(fieldsAt(actor, "api_key"), "id") !== undefined)
  return { auditActor: "api-key", auditKeyIds: hasId ? "listed" : "absent" }
}

/**
 * Returns the settings that were found. Others get values that answer these requests in the same way: page sizes, lags
 * by the first reply with the grant, forms of actors, and the kind of key.
 */
export const settingsOf = (
  found: Readonly<Record<string, unknown>>,
  requests: ReadonlyArray<Request>
): Behavior.ServerBehavior => {
  const plain = requests.filter((request) => isGet(listing)(request) && request.query.length === 0).flatMap(pageOf)
  const count = Math.max(0, ...plain.map(({ items }) => items.length))
  const lists = requests.filter((request) => isGet(projects)(request) || isGet(auditLogs)(request)).flatMap(pageOf)
  const isUnset = requests.some((request) => isGet(modelPermissions)(request) && request.reply?.status === 404)
  const isAdmin = requests.some(
    ({ path, reply }) => path === "/models" && (reply?.status === 401 || reply?.status === 403)
  )
  const inferred: Behavior.Settings = {
    maxLimit: Math.max(100, largestPage(requests)),
    ...(plain.some(({ more }) => more) ? { defaultLimit: count } : { defaultLimit: count + 100 }),
    ...(isEmptyAfterUnknown(requests) ? { unknownAfter: "empty-page" } : {}),
    ...(isFilteredLate(requests) ? { shortPages: "filter-after-limit" } : {}),
    ...(isUnset ? { unsetModelPermissions: "not-found" } : {}),
    ...(lists.some(({ request }) => bodyOf(request)["object"] === undefined) ? { pageObject: "absent" } : {}),
    ...actorsOf(requests)
  }
  const listingLag = lagOf(requests, listing, (item, id) => textAt(item, "id") === id)
  const auditLag = lagOf(requests, auditLogs, (item, id) => textAt(detailsOf(item), "id") === id)
  return Behavior.change(Behavior.defaults, {
    ...inferred,
    ...Emulator.parseSettings({ behavior: found }).behavior,
    ...(listingLag === undefined ? {} : { listingLag }),
    ...(auditLag === undefined ? {} : { auditLag }),
    keys: isAdmin ? [Behavior.adminKey(key)] : "any"
  })
}
