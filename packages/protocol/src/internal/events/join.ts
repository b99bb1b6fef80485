import { singleLine } from "../../text.ts"
import type { AuditEvent } from "../../wire.ts"
import { type Actor, type Change, created, deleted, type PermissionTarget } from "./change.ts"

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
