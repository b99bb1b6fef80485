/** The settings of a fake that answers as in a recording. */
import * as Behavior from "@checkpoint-permissions/fake/behavior"
import * as Emulator from "@checkpoint-permissions/fake/emulator"
import { type Fields, textAt } from "../server/body.ts"
import {
  bodyOf,
  detailsOf,
  firstGrant,
  ofAuditLogs,
  ofListings,
  ofModelPermissions,
  ofModels,
  ofProjects,
  pagesOf,
  queryOf,
  type Requests
} from "./replies.ts"

/** The key of a replay, since a recording has none. */
export const key = "sk-admin-replay"

/** The lag, in milliseconds, of a change that was polled for and never appeared. */
const never = 3_600_000

/**
 * Returns the milliseconds from the first grant to the first reply that shows it. Returns `undefined` if there was no
 * poll for it.
 */
const lagOf = (
  requests: Requests,
  polls: (requests: Requests) => Requests,
  idOf: (item: Fields) => string | undefined
): number | undefined => {
  const grant = firstGrant(requests)
  if (grant === undefined) return undefined
  const rest = requests.slice(requests.indexOf(grant.request) + 1)
  const end = rest.findIndex(({ method }) => method !== "GET")
  const pages = pagesOf(polls(end < 0 ? rest : rest.slice(0, end)))
  if (pages.length === 0) return undefined
  const first = pages.findIndex(({ items }) => items.some((item) => idOf(item) === grant.id))
  return first < 0 ? never : first === 0 ? 0 : (pages[first]?.request.sent ?? 0) - grant.request.sent
}

/** Returns the settings for the actors of the audit log. */
const actorsOf = (requests: Requests): Behavior.Settings => {
  const keys = pagesOf(ofAuditLogs(requests))
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
  const pages = pagesOf(ofListings(requests))
  const plain = pages.filter(({ request }) => request.query.length === 0)
  const count = Math.max(0, ...plain.map(({ items }) => items.length))
  const cursors = new Set(pages.flatMap(({ items, lastId }) => [lastId, ...items.map((item) => textAt(item, "id"))]))
  const isEmptyAfterUnknown = pages.some(({ items, request }) => {
    const after = queryOf(request, "after")
    return after !== undefined && items.length === 0 && !cursors.has(after)
  })
  // the cursor of a filtered page is not one of its items: the filter comes after the limit
  const isFilteredLate = pages.some(
    ({ items, lastId, request }) =>
      queryOf(request, "project_id") !== undefined && lastId !== textAt(items.at(-1), "id")
  )
  const isUnset = ofModelPermissions(requests).some(({ reply }) => reply?.status === 404)
  const lists = pagesOf([...ofProjects(requests), ...ofAuditLogs(requests)])
  const isAdmin = ofModels(requests).some(({ reply }) => reply?.status === 401 || reply?.status === 403)
  const inferred: Behavior.Settings = {
    maxLimit: Math.max(100, ...pages.map(({ items }) => items.length)),
    defaultLimit: plain.some(({ more }) => more) ? count : count + 100,
    unknownAfter: isEmptyAfterUnknown ? "empty-page" : undefined,
    shortPages: isFilteredLate ? "filter-after-limit" : undefined,
    unsetModelPermissions: isUnset ? "not-found" : undefined,
    pageObject: lists.some(({ request }) => bodyOf(request)["object"] === undefined) ? "absent" : undefined,
    ...actorsOf(requests)
  }
  const lags: Behavior.Settings = {
    listingLag: lagOf(requests, ofListings, (item) => textAt(item, "id")),
    auditLag: lagOf(requests, ofAuditLogs, (event) => textAt(detailsOf(event), "id"))
  }
  const { behavior = {} } = Emulator.parseSettings({ behavior: found })
  return [inferred, behavior, lags, { keys: isAdmin ? [Behavior.adminKey(key)] : ("any" as const) }].reduce(
    Behavior.change,
    Behavior.defaults
  )
}
