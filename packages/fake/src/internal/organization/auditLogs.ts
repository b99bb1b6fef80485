import type { Reply } from "../../http.ts"
import type { Call, Input } from "../api/call.ts"
import { page, slice } from "../api/paging.ts"
import { flag, integer, type Query } from "../api/parameters.ts"
import { Refusal } from "../api/reply.ts"
import { errors } from "../errors.ts"
import { between } from "../random.ts"
import { type ShownActor, showActors } from "./actors.ts"
import { isOfTenant } from "./events.ts"
import { eventTypes } from "./eventTypes.ts"
import { projectsOf } from "./projects.ts"
import { type AuditEvent, eventsOf } from "./state.ts"

const comparisons: Readonly<Record<string, (at: number, bound: number) => boolean>> = {
  "effective_at[gt]": (at, bound) => at > bound,
  "effective_at[gte]": (at, bound) => at >= bound,
  "effective_at[lt]": (at, bound) => at < bound,
  "effective_at[lte]": (at, bound) => at <= bound
}

const created = "checkpoint.permission.created"

/** Returns the details of an event. A deletion has only the permission. */
const detailsOf = ({ fine_tuned_model_checkpoint, permission_id: id, project_id, type }: AuditEvent) => {
  const hasData = type === created && (project_id !== undefined || fine_tuned_model_checkpoint !== undefined)
  return { id, data: hasData ? { project_id, fine_tuned_model_checkpoint } : undefined }
}

/** Returns an event as JSON, which omits `undefined`. */
const shown = (event: AuditEvent, actor: ShownActor, names: ReadonlyMap<string, string | undefined>) => ({
  id: event.id,
  object: "organization.audit_log",
  type: event.type,
  effective_at: event.effective_at,
  project: event.project ? { id: event.project, name: names.get(event.project) ?? event.project } : undefined,
  actor: actor.wire,
  [event.type]: event.type.startsWith("checkpoint.permission.") ? detailsOf(event) : undefined
})

const matches = (event: AuditEvent, actor: ShownActor, query: Query): boolean => {
  const any = (name: string, values: ReadonlyArray<string | undefined>) => {
    const wanted = query.get(name)
    return wanted === undefined || values.some((value) => value !== undefined && wanted.includes(value))
  }
  return (
    any("project_ids[]", [event.project ?? undefined]) &&
    any("event_types[]", [event.type]) &&
    any("actor_ids[]", actor.ids) &&
    any("actor_emails[]", actor.emails) &&
    any("resource_ids[]", [event.permission_id]) &&
    Object.entries(comparisons).every(([name, compare]) => {
      const [bound] = query.get(name) ?? []
      return bound === undefined || compare(event.effective_at, Number(bound))
    })
  )
}

/** The stream of random numbers for the delays of events in the log. */
const lagStream = 3

const isVisible = ({ behavior, randomSeed }: Input, event: AuditEvent, now: number): boolean => {
  const { auditLag, auditReach } = behavior
  const after = between(auditLag, randomSeed, event.number, lagStream)
  const shownAt = event.shown_at === undefined ? event.at + after : event.shown_at * 1000
  return shownAt <= now && (auditReach === "unlimited" || event.at + auditReach >= now)
}

/** Lists the visible events that match, newest first. */
export const listAuditLogs = ({ now, query, state }: Call): Reply => {
  const { behavior, organization } = state
  if (behavior.auditLog === "off") throw new Refusal(errors.audit_logs_disabled())
  for (const name of Object.keys(comparisons)) integer(query, name)
  const unknownType = query.get("event_types[]")?.find((type) => !eventTypes.has(type))
  if (unknownType !== undefined) throw new Refusal(errors["invalid_value/event-type"](unknownType))
  const tenantOnly = flag(query, "tenant_only")
  const isShown = (event: AuditEvent) =>
    behavior.auditLog === "on" && tenantOnly === isOfTenant(event.type) && isVisible(state, event, now)
  const all = Array.from(eventsOf(organization)).filter(isShown)
  const actorOf = showActors(organization, behavior)
  const wanted = (event: AuditEvent) => matches(event, actorOf(event.actor), query)
  const found = slice({ all, wanted, byDefault: 20, max: 100 }, query, behavior)
  const names = new Map(projectsOf(state).map(({ id, name }) => [id, name]))
  const data = found.data.map((event) => shown(event, actorOf(event.actor), names))
  return page({ ...found, data }, behavior)
}
