import type { ServerBehavior } from "../../behavior.ts"
import type { Job, JobCheckpoint, Model, ModelPermissions, Organization, Project } from "../../seed.ts"
import { fraction, hash } from "../random.ts"
import type { Actor, AdminKey, SeedEvent } from "./events.ts"

/** The stream of random numbers for changes at the dashboard. */
const dashboardStream = 4

/** An event that has no number yet. `at` is in milliseconds. */
type NewEvent = SeedEvent & { readonly at: number }

/** An event of the audit log. It has its checkpoint even if the log does not show it. */
export interface AuditEvent extends NewEvent {
  readonly id: string
  /** The number of the event, from 1: the position of its lag in the random stream. */
  readonly number: number
}

export interface Change {
  readonly verb: "created" | "deleted"
  readonly id: string
  readonly project_id?: string
  readonly checkpoint: string
  readonly at: number
}

export const permissionEvent = (
  { defaultProject: project }: ServerBehavior,
  actor: Actor,
  { at, checkpoint: fine_tuned_model_checkpoint, id: permission_id, project_id, verb }: Change
): NewEvent => ({
  type: `checkpoint.permission.${verb}`,
  effective_at: Math.floor(at / 1000),
  at,
  project,
  actor,
  permission_id,
  project_id,
  fine_tuned_model_checkpoint
})

/** The newest event, and those before it. */
interface AuditLog {
  readonly event: AuditEvent
  readonly before: AuditLog | undefined
}

export interface OrganizationState {
  /** The projects of the seed. If `undefined`, all projects in the other data. */
  readonly projects: ReadonlyArray<Project> | undefined
  readonly models: ReadonlyArray<Model>
  readonly jobs: ReadonlyArray<Job>
  readonly adminKeys: ReadonlyArray<AdminKey>
  readonly permitted: ReadonlyArray<string>
  /** The start of the server, in Unix seconds. It is the default of times in a seed. */
  readonly since: number
  readonly modelPermissions: Readonly<Record<string, ModelPermissions>>
  readonly log: AuditLog | undefined
  readonly events: number
  readonly dashboardChanges: number
}

/** Adds items. An item with the same id is replaced. */
const merged = <T extends { readonly id: string }>(
  before: ReadonlyArray<T>,
  added: ReadonlyArray<T>
): ReadonlyArray<T> => [...new Map([...before, ...added].map((one) => [one.id, one])).values()]

const whole = <T>(one: string | T): T | { readonly id: string } => (typeof one === "string" ? { id: one } : one)

/** Yields the events, newest first. */
export function* eventsOf(state: OrganizationState): Generator<AuditEvent> {
  for (let { log } = state; log !== undefined; log = log.before) yield log.event
}

/** Adds events in the order of their times. An event with the same id is replaced. */
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

export const record = (
  state: OrganizationState,
  { auditLog }: ServerBehavior,
  events: ReadonlyArray<NewEvent>
): OrganizationState => (auditLog === "on" ? withEvents(state, events) : state)

/** Adds the event of a dashboard change with the probability of the setting `dashboardEvents`. */
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

export const empty = (now: number): OrganizationState => ({
  projects: undefined,
  models: [],
  jobs: [],
  adminKeys: [],
  permitted: [],
  since: Math.floor(now / 1000),
  modelPermissions: {},
  log: undefined,
  events: 0,
  dashboardChanges: 0
})

export const add = (
  state: OrganizationState,
  { defaultProject }: ServerBehavior,
  { adminKeys = [], events = [], jobs = [], modelPermissions = {}, models = [], projects }: Organization
): OrganizationState =>
  withEvents(
    {
      ...state,
      projects: projects === undefined ? state.projects : merged<Project>(state.projects ?? [], projects.map(whole)),
      models: merged<Model>(state.models, models.map(whole)),
      jobs: merged(state.jobs, jobs),
      adminKeys: merged(state.adminKeys, adminKeys),
      permitted: [...state.permitted, ...Object.keys(modelPermissions)],
      modelPermissions: { ...state.modelPermissions, ...modelPermissions }
    },
    events.map((one) => {
      // a login belongs to no project
      const { project = one.type.startsWith("login.") ? null : defaultProject } = one
      return { ...one, project, at: one.effective_at * 1000 }
    })
  )

const nameOf = (one: string | JobCheckpoint): string =>
  typeof one === "string" ? one : one.fine_tuned_model_checkpoint

/** Returns the models of a job: its own, and those of its checkpoints. */
export const modelsOf = ({ checkpoints = [], fine_tuned_model: model }: Job): ReadonlyArray<string> => [
  ...(model === null ? [] : [model]),
  ...checkpoints.map(nameOf)
]

/** Returns the project that owns a checkpoint: from the settings, or that of the job. */
export const ownerOf = (
  { jobs }: OrganizationState,
  { defaultProject, owners }: ServerBehavior,
  checkpoint: string
): string | undefined => {
  if (Object.hasOwn(owners, checkpoint)) return owners[checkpoint]
  const job = jobs.find(
    (one) => one.fine_tuned_model === checkpoint || one.checkpoints?.some((made) => nameOf(made) === checkpoint)
  )
  return job === undefined ? undefined : (job.project ?? defaultProject)
}
