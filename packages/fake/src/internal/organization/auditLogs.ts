import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import * as Envelope from "../api/envelope.ts"
import type { Query } from "../paging/query.ts"
import { flag, integer, isReply, queryOf } from "../paging/query.ts"
import { page, slice } from "../paging/slice.ts"
import { between } from "../random.ts"
import type { ShownActor } from "./actors.ts"
import { showActors } from "./actors.ts"
import { eventTypes, isOfTenant } from "./eventTypes.ts"
import type { Input } from "./input.ts"
import { projectsOf } from "./projects.ts"
import type { AuditEvent } from "./state.ts"
import { eventsOf } from "./state.ts"

const comparisons: Readonly<Record<string, (at: number, bound: number) => boolean>> = {
  "effective_at[gt]": (at, bound) => at > bound,
  "effective_at[gte]": (at, bound) => at >= bound,
  "effective_at[lt]": (at, bound) => at < bound,
  "effective_at[lte]": (at, bound) => at <= bound
}

const lists = ["project_ids[]", "event_types[]", "actor_ids[]", "actor_emails[]", "resource_ids[]"]

const known = new Set(["limit", "after", "before", "tenant_only", ...lists, ...Object.keys(comparisons)])

const created = "checkpoint.permission.created"

const effectiveAt = (event: AuditEvent): number => Math.floor(event.at / 1000)

const resourcesOf = (event: AuditEvent, behavior: ServerBehavior): ReadonlyArray<string | undefined> =>
  behavior.auditResources.map((resource) => {
    switch (resource) {
      case "permission":
        return event.permissionId
      case "checkpoint":
        return event.checkpoint
      case "project":
        return event.projectId
    }
  })

/** What an event says of its type; the deletion of a permission names the permission alone. */
const detailsOf = ({ checkpoint, permissionId, projectId, type }: AuditEvent) => {
  const id = permissionId === undefined ? {} : { id: permissionId }
  if (type !== created || (projectId === undefined && checkpoint === undefined)) return id
  return {
    ...id,
    data: {
      ...(projectId === undefined ? {} : { project_id: projectId }),
      ...(checkpoint === undefined ? {} : { fine_tuned_model_checkpoint: checkpoint })
    }
  }
}

const shown = (event: AuditEvent, actor: ShownActor, names: ReadonlyMap<string, string | undefined>) => ({
  id: event.id,
  type: event.type,
  effective_at: effectiveAt(event),
  ...(event.scope === undefined ? {} : { project: { id: event.scope, name: names.get(event.scope) ?? event.scope } }),
  ...(actor.wire === undefined ? {} : { actor: actor.wire }),
  ...(event.type.startsWith("checkpoint.permission.") ? { [event.type]: detailsOf(event) } : {})
})

const matches = (event: AuditEvent, actor: ShownActor, behavior: ServerBehavior, query: Query): boolean => {
  const any = (name: string, values: ReadonlyArray<string | undefined>) => {
    const wanted = query.get(name)
    return wanted === undefined || values.some((value) => value !== undefined && wanted.includes(value))
  }
  return (
    any("project_ids[]", [event.scope]) &&
    any("event_types[]", [event.type]) &&
    any("actor_ids[]", actor.ids) &&
    any("actor_emails[]", actor.emails) &&
    any("resource_ids[]", resourcesOf(event, behavior)) &&
    Object.entries(comparisons).every(([name, holds]) => {
      const [bound] = query.get(name) ?? []
      return bound === undefined || holds(effectiveAt(event), Number(bound))
    })
  )
}

/** The stream of random numbers for the lateness of events. */
const lagStream = 3

const isVisible = ({ behavior, randomSeed }: Input, event: AuditEvent, now: number): boolean => {
  const { auditLag, auditReach } = behavior
  const shownAt = event.shownAt ?? event.at + between(auditLag, randomSeed, event.number, lagStream)
  return shownAt <= now && (auditReach === "unlimited" || event.at + auditReach >= now)
}

/** The events that are visible and wanted, newest first. */
export const listAuditLogs = (state: Input, request: ServerRequest, now: number): Reply => {
  const { behavior, organization, store } = state
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
  const isShown = (event: AuditEvent) =>
    behavior.auditLog === "on" && tenantOnly === isOfTenant(event.type) && isVisible(state, event, now)
  const all = Array.from(eventsOf(organization)).filter(isShown)
  const actorOf = showActors(organization, behavior)
  const wanted = (event: AuditEvent) => matches(event, actorOf(event.actor), behavior, query)
  const found = slice({ all, wanted, byDefault: 20, max: 100 }, query, behavior)
  if (isReply(found)) return found
  const names = new Map(projectsOf(organization, behavior, store).map(({ id, name }) => [id, name]))
  return page({ ...found, data: found.data.map((event) => shown(event, actorOf(event.actor), names)) })
}
