/** The state of a server before a run, as far as its replies show it. */
import type { Request, Seed } from "./grammar.ts"
import {
  auditLogs,
  beforeWrites,
  bodyOf,
  type Fields,
  firstGrant,
  isGet,
  listing,
  type Page,
  pageOf,
  projects,
  queryOf,
  rankOf,
  textAt
} from "./replies.ts"
import { settingsOf } from "./settings.ts"

/** A permission from a reply. One that must exist but is in no reply has no fields. */
interface Permission {
  readonly id?: string | undefined
  readonly project?: string | undefined
  readonly time?: string | undefined
}

const permissionOf = (item: Fields): Permission => ({
  id: textAt(item, "id"),
  project: textAt(item, "project_id"),
  time: textAt(item, "created_at")
})

const isUnfiltered = ({ request }: Page): boolean => queryOf(request, "project_id") === undefined

const isAscending = ({ request }: Page): boolean => queryOf(request, "order") === "ascending"

/**
 * Returns the number of permissions that a chain of filtered pages proves, if the server filters after the limit. The
 * oldest permissions come after the last cursor, unless one of them is that cursor.
 */
const leastOf = (filtered: ReadonlyArray<Page>, maxLimit: number, oldest: ReadonlyArray<Permission>): number => {
  const positions = new Map<string | undefined, number>()
  let least = 0
  for (const { items, more, request } of filtered) {
    const limit = Math.min(Number(queryOf(request, "limit") ?? 1), maxLimit)
    const end = (positions.get(queryOf(request, "after")) ?? 0) + limit
    const last = textAt(bodyOf(request), "last_id")
    positions.set(last, end)
    const older = oldest.length - 1 - oldest.findIndex(({ id }) => id === last)
    if (more && items.length === 0) least = Math.max(least, end + Math.max(1, Math.min(older, oldest.length)))
  }
  return least
}

/** Returns the permissions of a checkpoint before the first write, newest first. */
export const permissionsOf = (
  requests: ReadonlyArray<Request>,
  checkpoint: string,
  maxLimit: number
): ReadonlyArray<Permission> => {
  const pages = beforeWrites(requests)
    .filter((request) => request.method === "GET" && listing.exec(request.path)?.[1] === checkpoint)
    .flatMap(pageOf)
  const shown: Array<Permission> = []
  const isKnown = (all: ReadonlyArray<Permission>, { id }: Permission) => all.some((one) => one.id === id)
  let isWhole = false
  let least = 0
  for (const page of pages.filter((one) => isUnfiltered(one) && !isAscending(one))) {
    const after = queryOf(page.request, "after")
    const start = after === undefined ? 0 : shown.findIndex(({ id }) => id === after) + 1
    if (after !== undefined && start === 0) continue
    shown.splice(start, page.items.length, ...page.items.map(permissionOf))
    const end = start + page.items.length
    if (page.more) least = Math.max(least, end + 1)
    else isWhole ||= end >= shown.length
  }
  if (isWhole) return shown
  const oldest = pages
    .filter(isAscending)
    .flatMap(({ items }) => items.map(permissionOf))
    .filter((one) => !isKnown(shown, one))
    .reverse()
  const filtered = pages.filter((one) => !isUnfiltered(one))
  const others: Array<Permission> = []
  for (const { items, more, request } of filtered) {
    const project = queryOf(request, "project_id")
    const all = items.map(permissionOf)
    others.push(...all.filter((one) => !isKnown([...shown, ...others, ...oldest], one)))
    const count = [...shown, ...others, ...oldest].filter((one) => one.project === project).length
    if (more && all.length > 0 && count <= all.length) others.push({ project })
  }
  const known = [...shown, ...others, ...oldest]
  const unseen = Math.max(0, Math.max(least, leastOf(filtered, maxLimit, oldest)) - known.length)
  return [...shown, ...others, ...Array.from({ length: unseen }, () => ({})), ...oldest]
}

/** Returns the projects of the first page. If more follow, one without fields is in their place. */
export const projectsOf = (requests: ReadonlyArray<Request>): ReadonlyArray<Fields> | undefined => {
  const [page] = requests.filter(isGet(projects)).flatMap(pageOf)
  return page && [...page.items, ...(page.more ? [{}] : [])]
}

/** Returns the events before the first write, newest first: those that were read before it, and older ones. */
export const eventsOf = (requests: ReadonlyArray<Request>): ReadonlyArray<Fields> => {
  const reads = beforeWrites(requests).filter(isGet(auditLogs)).flatMap(pageOf)
  const rank = firstGrant(requests)?.rank ?? 0
  const later = requests
    .filter(isGet(auditLogs))
    .flatMap(pageOf)
    .flatMap(({ items }) => items.filter((event) => (rankOf(textAt(event, "effective_at")) ?? rank) < rank))
  const all = new Map([...reads.flatMap(({ items }) => items), ...later].map((event) => [textAt(event, "id"), event]))
  const least = Math.max(0, ...reads.map(({ items, more }) => items.length + (more ? 1 : 0)))
  return [...all.values(), ...Array.from({ length: Math.max(0, least - all.size) }, () => ({}))]
}

/** Returns the checkpoints whose permissions were listed. */
export const checkpointsOf = (requests: ReadonlyArray<Request>): ReadonlyArray<string> => [
  ...new Set(
    beforeWrites(requests).flatMap((request) => {
      const [, checkpoint] = listing.exec(request.path) ?? []
      return checkpoint === undefined || pageOf(request).length === 0 ? [] : [checkpoint]
    })
  )
]

const modelsOf = (requests: ReadonlyArray<Request>): number => {
  const [page] = requests.filter(isGet(/^\/models$/)).flatMap(pageOf)
  return page?.items.length ?? 0
}

/** Returns how many items each list had before the run, at least, and the kind of key. */
export const seedOf = (behavior: Readonly<Record<string, unknown>>, requests: ReadonlyArray<Request>): Seed => {
  const { keys, maxLimit } = settingsOf(behavior, requests)
  return {
    key: keys === "any" ? "any" : "admin",
    permissions: Object.fromEntries(
      checkpointsOf(requests).map((checkpoint) => [checkpoint, permissionsOf(requests, checkpoint, maxLimit).length])
    ),
    projects: projectsOf(requests)?.length ?? 0,
    events: eventsOf(requests).length,
    models: modelsOf(requests)
  }
}
