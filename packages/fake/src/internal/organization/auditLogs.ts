import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import * as Envelope from "../api/envelope.ts"
import type { Query } from "../paging/query.ts"
import { flag, integer, isReply, queryOf } from "../paging/query.ts"
import { page, slice } from "../paging/slice.ts"
import type * as Store from "../store.ts"
import { eventTypes } from "./eventTypes.ts"
import { projectsOf } from "./projects.ts"
import type { AuditEvent, OrganizationState } from "./state.ts"

const comparisons: Readonly<Record<string, (at: number, bound: number) => boolean>> = {
  "effective_at[gt]": (at, bound) => at > bound,
  "effective_at[gte]": (at, bound) => at >= bound,
  "effective_at[lt]": (at, bound) => at < bound,
  "effective_at[lte]": (at, bound) => at <= bound
}

const lists = ["project_ids[]", "event_types[]", "actor_ids[]", "actor_emails[]", "resource_ids[]"]

const known = new Set(["limit", "after", "before", "tenant_only", ...lists, ...Object.keys(comparisons)])

/** The one user of the organization: every key is theirs. */
const user = { id: "user-fake", email: "admin@example.com" }

const typeOf = (event: AuditEvent): string =>
  event.created === undefined ? "checkpoint.permission.deleted" : "checkpoint.permission.created"

const effectiveAt = (event: AuditEvent): number => Math.floor(event.at / 1000)

const resourcesOf = (event: AuditEvent, behavior: ServerBehavior): ReadonlyArray<string | undefined> =>
  behavior.auditResources.map((resource) => {
    switch (resource) {
      case "permission":
        return event.permissionId
      case "checkpoint":
        return event.checkpoint
      case "project":
        return event.created?.projectId
    }
  })

const shown = (event: AuditEvent, names: ReadonlyMap<string, string | undefined>) => ({
  id: event.id,
  type: typeOf(event),
  effective_at: effectiveAt(event),
  project: { id: event.scope, name: names.get(event.scope) ?? event.scope },
  actor: { type: "api_key", api_key: { id: event.actor, type: "user", user } },
  [typeOf(event)]:
    event.created === undefined
      ? { id: event.permissionId }
      : {
          id: event.permissionId,
          data: { project_id: event.created.projectId, fine_tuned_model_checkpoint: event.created.checkpoint }
        }
})

const matches = (event: AuditEvent, behavior: ServerBehavior, query: Query): boolean => {
  const any = (name: string, values: ReadonlyArray<string | undefined>) => {
    const wanted = query.get(name)
    return wanted === undefined || values.some((value) => value !== undefined && wanted.includes(value))
  }
  return (
    any("project_ids[]", [event.scope]) &&
    any("event_types[]", [typeOf(event)]) &&
    any("actor_ids[]", [event.actor, user.id]) &&
    any("actor_emails[]", [user.email]) &&
    any("resource_ids[]", resourcesOf(event, behavior)) &&
    Object.entries(comparisons).every(([name, holds]) => {
      const [bound] = query.get(name) ?? []
      return bound === undefined || holds(effectiveAt(event), Number(bound))
    })
  )
}

/** The events that are visible and wanted, newest first. */
export const listAuditLogs = (
  state: OrganizationState,
  behavior: ServerBehavior,
  store: Store.Store,
  request: ServerRequest,
  now: number
): Reply => {
  if (behavior.auditLog === "off") {
    return Envelope.failure(403, "Audit logging is not enabled for this organization.", { code: "audit_logs_disabled" })
  }
  const query = queryOf(request, (name) => known.has(name))
  if (isReply(query)) return query
  for (const name of Object.keys(comparisons)) {
    const bound = integer(query, name)
    if (typeof bound === "object") return bound
  }
  const unknownType = query.get("event_types[]")?.find((type) => !eventTypes.has(type))
  if (unknownType !== undefined) {
    return Envelope.invalidValue("event_types[]", `value '${unknownType}' is no type of an event.`)
  }
  const tenantOnly = flag(query, "tenant_only")
  if (typeof tenantOnly !== "boolean") return tenantOnly
  const all: Array<AuditEvent> = []
  // Events of checkpoint permissions are those of a project, not of a tenant.
  for (let log = tenantOnly ? undefined : state.log; log !== undefined; log = log.before) {
    if (log.event.at + behavior.auditLag <= now) all.push(log.event)
  }
  const wanted = (event: AuditEvent) => matches(event, behavior, query)
  const found = slice({ all, wanted, byDefault: 20, max: 100 }, query, behavior)
  if (isReply(found)) return found
  const names = new Map(projectsOf(state, behavior, store).map(({ id, name }) => [id, name]))
  return page({ ...found, data: found.data.map((event) => shown(event, names)) })
}
