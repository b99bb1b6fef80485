/**
 * Changes to permissions, from events of the audit log. Finds the changes, the parts of the log to search for the actor
 * of a grant, and the end of an access that is missing. Events can be late, and some changes have no event. Times of
 * events are Unix seconds.
 */
import { singleLine } from "./text.ts"
import type { AuditEvent } from "./wire.ts"

/** The user of a session, or a key. A field that the log lacks is missing. */
export interface Actor {
  readonly key?: string
  /** The e-mail address of the user, or else the id of the user or of the service account. */
  readonly user?: string
  /** The id of the user, if `user` is an e-mail address. */
  readonly userId?: string
  /** The user agent of a session, a browser or a program: one line of at most 60 characters. */
  readonly agent?: string
}

/** Project and checkpoint of a permission. Unknown ones are missing. */
export interface PermissionTarget {
  readonly permission: string
  readonly project?: string | undefined
  readonly checkpoint?: string | undefined
}

/** One change to permissions. A field that no event has is missing. */
export interface Change {
  readonly event: string
  /** Unix seconds. */
  readonly at: number
  readonly action: "grant" | "revoke"
  readonly permission?: string
  readonly project?: string
  readonly checkpoint?: string
  readonly by: Actor
}

/** The type of an event that created a permission. */
export const created = "checkpoint.permission.created"
/** The type of an event that deleted a permission. Such an event has only the id of the permission. */
export const deleted = "checkpoint.permission.deleted"

/** The maximum number of characters of a user agent. */
const agentLength = 60

/**
 * Returns a user agent on one line, cut to its maximum length and without control characters. Undefined if no text is
 * left.
 */
const agentOf = (agent: string | null | undefined): string | undefined =>
  singleLine((agent ?? "").replace(/\s+/g, " ").replace(/\p{Cc}/gu, ""), agentLength) || undefined

const actorOf = ({ actor }: AuditEvent): Actor => {
  const key = actor?.api_key?.id
  const user = actor?.session?.user ?? actor?.api_key?.user
  const id = user?.id ?? actor?.api_key?.service_account?.id
  const name = user?.email ?? id
  const agent = agentOf(actor?.session?.user_agent)
  return {
    ...(key == null ? {} : { key }),
    ...(name == null ? {} : { user: name }),
    ...(id == null || id === name ? {} : { userId: id }),
    ...(agent === undefined ? {} : { agent })
  }
}

interface Target {
  readonly project?: string | null | undefined
  readonly checkpoint?: string | null | undefined
}

/** Returns the fields of the first target, and those of the second where the first has none. */
const either = (one: Target | undefined, other: Target | undefined): Target => ({
  project: one?.project ?? other?.project,
  checkpoint: one?.checkpoint ?? other?.checkpoint
})

const targetOf = (event: AuditEvent): Target => {
  const data = event[created]?.data
  return { project: data?.project_id, checkpoint: data?.fine_tuned_model_checkpoint }
}

/** Returns project and checkpoint of each permission that these events created. */
export const targetsIn = (events: Iterable<AuditEvent>): ReadonlyArray<PermissionTarget> =>
  Array.from(events).flatMap((event) => {
    const id = event.type === created ? event[created]?.id : undefined
    const { checkpoint, project } = targetOf(event)
    return id == null ? [] : [{ permission: id, project: project ?? undefined, checkpoint: checkpoint ?? undefined }]
  })

/**
 * Returns the changes that events show, oldest first. Project and checkpoint of a delete come from the event that
 * created its permission, or else from `known`. A repeated event counts once. The events may be in any order.
 */
export const join = (events: Iterable<AuditEvent>, known: Iterable<PermissionTarget> = []): ReadonlyArray<Change> => {
  const byId = new Map<string, AuditEvent>()
  for (const event of events) if (event.type === created || event.type === deleted) byId.set(event.id, event)
  const targets = new Map<string, Target>()
  for (const one of [...targetsIn(byId.values()), ...known]) {
    targets.set(one.permission, either(targets.get(one.permission), one))
  }
  return [...byId.values()]
    .map((event): Change => {
      const isGrant = event.type === created
      const permission = (isGrant ? event[created] : event[deleted])?.id
      const { checkpoint, project } = either(isGrant ? targetOf(event) : undefined, targets.get(permission ?? ""))
      return {
        event: event.id,
        at: event.effective_at,
        action: isGrant ? "grant" : "revoke",
        ...(permission == null ? {} : { permission }),
        ...(project == null ? {} : { project }),
        ...(checkpoint == null ? {} : { checkpoint }),
        by: actorOf(event)
      }
    })
    .sort((one, other) => one.at - other.at || (one.event < other.event ? -1 : one.event > other.event ? 1 : 0))
}

/** Returns the deleted permissions whose project or checkpoint is not known. */
export const withoutTarget = (changes: ReadonlyArray<Change>): ReadonlySet<string> =>
  new Set(
    changes.flatMap(({ action, checkpoint, permission, project }) =>
      action === "revoke" && permission !== undefined && (checkpoint === undefined || project === undefined)
        ? [permission]
        : []
    )
  )

/**
 * Returns the grants whose permission has no delete event. The changes may be in any order, since an id is used only
 * once.
 */
export const openGrants = <C extends Change>(changes: ReadonlyArray<C>): ReadonlyArray<C> => {
  const gone = new Set(changes.flatMap(({ action, permission }) => (action === "revoke" ? (permission ?? []) : [])))
  return changes.filter(
    ({ action, permission }) => action === "grant" && (permission === undefined || !gone.has(permission))
  )
}

/**
 * The end of an access that a policy requires, from the log.
 *
 * `later` is the number of deletes since that change whose project or checkpoint is unknown. Each may be the end.
 */
export type MissingAccess<C extends Change = Change> =
  /** The newest revoke of a permission of this project at this checkpoint. */
  | { readonly _tag: "Revoked"; readonly change: C; readonly later: number }
  /** The newest grant, which is not older than the newest revoke and has no delete. */
  | { readonly _tag: "NotRevoked"; readonly change: C; readonly later: number }
  | { readonly _tag: "NotGranted"; readonly later: number }

/**
 * Returns the end of a project's access to a checkpoint, from changes in the order of `join`. Deletes are matched by
 * the id of their permission, never by time.
 */
export const missingAccess = <C extends Change>(
  changes: ReadonlyArray<C>,
  checkpoint: string,
  project: string
): MissingAccess<C> => {
  const own = changes.filter((change) => change.checkpoint === checkpoint && change.project === project)
  const ends = new Map<string | undefined, C>()
  for (const change of own) {
    // a permission ends once: by its first delete
    if (change.action === "revoke" && !ends.has(change.permission)) ends.set(change.permission, change)
  }
  const revoke = [...ends.values()].reduce<C | undefined>(
    (last, one) => (last && last.at > one.at ? last : one),
    undefined
  )
  const grant = own.findLast(({ action, permission }) => action === "grant" && !ends.has(permission))
  const laterThan = (at: number) =>
    changes.filter(
      (change) =>
        change.action === "revoke" &&
        change.at >= at &&
        (change.checkpoint ?? checkpoint) === checkpoint &&
        (change.project ?? project) === project &&
        (change.checkpoint === undefined || change.project === undefined)
    ).length
  if (grant !== undefined && (revoke === undefined || grant.at >= revoke.at)) {
    return { _tag: "NotRevoked", change: grant, later: laterThan(grant.at) }
  }
  if (revoke !== undefined) return { _tag: "Revoked", change: revoke, later: laterThan(revoke.at) }
  return { _tag: "NotGranted", later: laterThan(Number.NEGATIVE_INFINITY) }
}

/** A span of time, both ends included. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** The maximum time between the `created_at` of a permission and its event, in seconds. */
const tolerance = 10 * 60

/** The maximum number of windows of one search: three minutes at ten calls a minute. */
const maxWindows = 30

/**
 * Returns the windows to search for the grants of permissions with these `created_at`, newest first. Neighboring
 * windows are combined. Times older than the newest 30 windows are left out.
 */
export const windowsOf = (createdAt: Iterable<number>): ReadonlyArray<Window> => {
  const windows: Array<Window> = []
  for (const at of [...new Set(createdAt)].sort((one, other) => other - one)) {
    const newer = windows.at(-1)
    const window = { from: at - tolerance, to: at + tolerance }
    if (newer !== undefined && window.to >= newer.from - 1)
      windows[windows.length - 1] = { ...newer, from: window.from }
    else if (windows.length < maxWindows) windows.push(window)
    else break
  }
  return windows
}

/** Returns true if the event of a permission with this `created_at` lies within one of the windows. */
export const isSearched = (windows: ReadonlyArray<Window>, createdAt: number): boolean =>
  windows.some(({ from, to }) => from <= createdAt - tolerance && createdAt + tolerance <= to)

/**
 * Returns a function that finds the change that created a permission: its first grant, at about its `created_at`. Later
 * grants repeat it, perhaps by another actor. The changes may be in any order.
 */
export const creations = <C extends Pick<Change, "action" | "at"> & { readonly permission?: string | undefined }>(
  changes: Iterable<C>
) => {
  const first = new Map<string, C>()
  for (const change of changes) {
    const { action, at, permission } = change
    if (action !== "grant" || permission === undefined) continue
    const other = first.get(permission)
    if (other === undefined || at < other.at) first.set(permission, change)
  }
  return (permission: string, createdAt: number): C | undefined => {
    const change = first.get(permission)
    return change !== undefined && Math.abs(change.at - createdAt) <= tolerance ? change : undefined
  }
}
