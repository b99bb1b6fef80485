import type { ServerBehavior } from "../../behavior.ts"
import type { ModelPermissions, Organization } from "../../seed.ts"
import { fraction, hash } from "../random.ts"
import type { Actor, SeedEvent } from "./eventSeed.ts"

/** The stream of random numbers for what the dashboard does. */
const dashboardStream = 4

/** One line of the audit log. Times are in milliseconds. */
export interface AuditEvent {
  readonly id: string
  /** Counted from 1: what its lateness is drawn for. */
  readonly number: number
  readonly type: string
  readonly at: number
  /** When it is shown first, if that does not follow from the lag. */
  readonly shownAt?: number | undefined
  /** The project that the event is scoped to. */
  readonly scope: string | undefined
  readonly actor: Actor | undefined
  readonly permissionId?: string | undefined
  /** The project of a permission that was created. */
  readonly projectId?: string | undefined
  /** Of the permission, known to the server also where the event does not show it. */
  readonly checkpoint?: string | undefined
}

export type NewEvent = Omit<AuditEvent, "id" | "number"> & { readonly id?: string | undefined }

/** What an event says of a permission. */
export interface Permitted {
  readonly id: string
  readonly project_id?: string | undefined
}

/** The event of a permission that was created or deleted. */
export const permissionEvent = (
  verb: "created" | "deleted",
  { id, project_id: projectId }: Permitted,
  how: Pick<AuditEvent, "actor" | "at" | "checkpoint" | "scope">
): NewEvent => ({ type: `checkpoint.permission.${verb}`, permissionId: id, projectId, ...how })

/** The newest event, and those before it. */
export interface AuditLog {
  readonly event: AuditEvent
  readonly before: AuditLog | undefined
}

/** What there is besides checkpoint permissions. */
export interface OrganizationState {
  readonly given: Organization
  /** When the server started, in Unix seconds: the default of times that a seed leaves out. */
  readonly since: number
  readonly modelPermissions: Readonly<Record<string, ModelPermissions>>
  readonly log: AuditLog | undefined
  readonly events: number
  readonly dashboardChanges: number
}

const idOf = (one: string | { readonly id: string }): string => (typeof one === "string" ? one : one.id)

/** The items of both; of two with one id, the later in the place of the earlier. */
const merged = <T extends string | { readonly id: string }>(
  before: ReadonlyArray<T> | undefined,
  added: ReadonlyArray<T> | undefined
): ReadonlyArray<T> | undefined =>
  added === undefined ? before : [...new Map([...(before ?? []), ...added].map((one) => [idOf(one), one])).values()]

/** Newest first. */
export function* eventsOf(state: OrganizationState): Generator<AuditEvent> {
  for (let { log } = state; log !== undefined; log = log.before) yield log.event
}

/**
 * More events, the newest first whatever the order in which they come; one with an id that is there takes its place.
 */
const withEvents = (state: OrganizationState, added: ReadonlyArray<NewEvent>): OrganizationState => {
  let { events: count, log } = state
  let isInOrder = true
  for (const one of added) {
    count += 1
    const event = { ...one, number: count, id: one.id ?? `audit_log-${String(count).padStart(24, "0")}` }
    if (one.id !== undefined || (log !== undefined && event.at < log.event.at)) isInOrder = false
    log = { event, before: log }
  }
  const next = { ...state, events: count, log }
  if (isInOrder) return next
  const byId = new Map<string, AuditEvent>()
  for (const event of eventsOf(next)) if (!byId.has(event.id)) byId.set(event.id, event)
  const oldestFirst = [...byId.values()].sort((a, b) => b.at - a.at).reverse()
  let relinked: AuditLog | undefined
  for (const event of oldestFirst) relinked = { event, before: relinked }
  return { ...next, log: relinked }
}

/** What happens is written down while the log is on. */
export const record = (
  state: OrganizationState,
  { auditLog }: ServerBehavior,
  events: ReadonlyArray<NewEvent>
): OrganizationState => (auditLog === "on" ? withEvents(state, events) : state)

/** Whether a change by the dashboard leaves its event, drawn for each. */
export const recordDashboard = (
  state: OrganizationState,
  behavior: ServerBehavior,
  randomSeed: number,
  event: NewEvent
): OrganizationState => {
  const next = { ...state, dashboardChanges: state.dashboardChanges + 1 }
  const isLogged = fraction(hash(randomSeed, dashboardStream), state.dashboardChanges) < behavior.dashboardEvents
  return isLogged ? record(next, behavior, [event]) : next
}

const seeded = (events: ReadonlyArray<SeedEvent>, defaultProject: string): ReadonlyArray<NewEvent> =>
  events.map((one) => ({
    id: one.id,
    type: one.type,
    at: one.effective_at * 1000,
    shownAt: one.shown_at === undefined ? undefined : one.shown_at * 1000,
    scope: one.project === undefined ? defaultProject : (one.project ?? undefined),
    actor: one.actor ?? undefined,
    permissionId: one.permission_id,
    projectId: one.project_id,
    checkpoint: one.fine_tuned_model_checkpoint
  }))

export const start = (given: Organization, { defaultProject }: ServerBehavior, now: number): OrganizationState =>
  withEvents(
    {
      given,
      since: Math.floor(now / 1000),
      modelPermissions: given.modelPermissions ?? {},
      log: undefined,
      events: 0,
      dashboardChanges: 0
    },
    seeded(given.events ?? [], defaultProject)
  )

/** More projects, models, jobs, model permissions, keys and events. */
export const add = (
  state: OrganizationState,
  { defaultProject }: ServerBehavior,
  more: Organization
): OrganizationState => {
  const { given } = state
  return withEvents(
    {
      ...state,
      given: {
        projects: merged(given.projects, more.projects),
        models: merged(given.models, more.models),
        jobs: merged(given.jobs, more.jobs),
        adminKeys: merged(given.adminKeys, more.adminKeys),
        modelPermissions: { ...given.modelPermissions, ...more.modelPermissions }
      },
      modelPermissions: { ...state.modelPermissions, ...more.modelPermissions }
    },
    seeded(more.events ?? [], defaultProject)
  )
}

/** The project that owns a checkpoint: of the settings, or of the job that made it. */
export const ownerOf = (state: OrganizationState, behavior: ServerBehavior, checkpoint: string): string | undefined => {
  if (Object.hasOwn(behavior.owners, checkpoint)) return behavior.owners[checkpoint]
  const job = state.given.jobs?.find(
    (one) =>
      one.fine_tuned_model === checkpoint ||
      one.checkpoints?.some(
        (made) => (typeof made === "string" ? made : made.fine_tuned_model_checkpoint) === checkpoint
      )
  )
  return job === undefined ? undefined : (job.project ?? behavior.defaultProject)
}
