import type { ServerBehavior } from "../../behavior.ts"
import type { ModelPermissions, Organization } from "../../seed.ts"

/** One line of the audit log. `at` is in milliseconds. */
export interface AuditEvent {
  readonly id: string
  readonly at: number
  /** The project that the event is scoped to. */
  readonly scope: string
  readonly actor: string
  readonly permissionId: string
  /** Of a permission that was created. */
  readonly created?: { readonly projectId: string; readonly checkpoint: string }
  /** Of the permission, known to the server also where the event does not show it. */
  readonly checkpoint: string
}

/** The newest event, and those before it. */
export interface AuditLog {
  readonly event: AuditEvent
  readonly before: AuditLog | undefined
  readonly count: number
}

/** What there is besides checkpoint permissions. */
export interface OrganizationState {
  readonly given: Organization
  /** When the server started, in Unix seconds: the default of times that a seed leaves out. */
  readonly since: number
  readonly modelPermissions: Readonly<Record<string, ModelPermissions>>
  readonly log: AuditLog | undefined
}

export const start = (given: Organization, now: number): OrganizationState => ({
  given,
  since: Math.floor(now / 1000),
  modelPermissions: given.modelPermissions ?? {},
  log: undefined
})

const idOf = (one: string | { readonly id: string }): string => (typeof one === "string" ? one : one.id)

/** The items of both; of two with one id, the later in the place of the earlier. */
const merged = <T extends string | { readonly id: string }>(
  before: ReadonlyArray<T> | undefined,
  added: ReadonlyArray<T> | undefined
): ReadonlyArray<T> | undefined =>
  added === undefined ? before : [...new Map([...(before ?? []), ...added].map((one) => [idOf(one), one])).values()]

/** More projects, models, jobs and model permissions. */
export const add = (state: OrganizationState, more: Organization): OrganizationState => {
  const { given } = state
  return {
    ...state,
    given: {
      projects: merged(given.projects, more.projects),
      models: merged(given.models, more.models),
      jobs: merged(given.jobs, more.jobs),
      modelPermissions: { ...given.modelPermissions, ...more.modelPermissions }
    },
    modelPermissions: { ...state.modelPermissions, ...more.modelPermissions }
  }
}

export const record = (state: OrganizationState, events: ReadonlyArray<Omit<AuditEvent, "id">>): OrganizationState => {
  let { log } = state
  for (const event of events) {
    const count = (log?.count ?? 0) + 1
    log = { event: { ...event, id: `audit_log-${String(count).padStart(24, "0")}` }, before: log, count }
  }
  return { ...state, log }
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
