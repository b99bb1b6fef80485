/** The decisions of an offboarding, as pure functions: open grants of the log, states of checkpoints, and the verdict. */
import {
  type CheckpointId,
  isCheckpointId,
  isPermissionId,
  type ProjectId
} from "@checkpoint-permissions/core/Identifiers"
import type { AuditEvent } from "@checkpoint-permissions/core/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import { spanOf } from "../audit/cells.ts"
import type { Row } from "../audit/matrix.ts"
import type { History } from "../history/model.ts"
import type { CheckpointState, OffboardEnding, Offboarded, OffboardedCheckpoint, OpenPermission } from "./model.ts"
import { isGone, isOwned, type Records } from "./records.ts"

/** Returns the access of a project from changes in any order. A grant has ended if a delete has its permission. */
export const loggedAccess = (changes: ReadonlyArray<Events.Change>, project: ProjectId) => {
  const openGrants = Events.openGrants(changes)
  const mayBeOf = (change: Events.Change) => change.project === undefined || change.project === project
  const checkpointOf = ({ checkpoint }: Events.Change) =>
    checkpoint !== undefined && isCheckpointId(checkpoint) ? [checkpoint] : []
  return {
    /** Grants of the project without a revoke, at checkpoints that the log names. */
    open: openGrants.flatMap((change): ReadonlyArray<OpenPermission> => {
      const { at, permission: id } = change
      if (change.project !== project || id === undefined || !isPermissionId(id)) return []
      return checkpointOf(change).map((checkpoint) => ({ checkpoint, id, project_id: project, created_at: at }))
    }),
    /** Permissions of open grants without a checkpoint, of the project or of an unknown project. */
    withoutCheckpoint: openGrants.flatMap((change) =>
      mayBeOf(change) && checkpointOf(change).length === 0 ? [change.permission] : []
    ),
    /** True if the log has a grant or a revoke of the project. */
    isSeen: changes.some((change) => change.project === project),
    /** All checkpoints that the log names, of any project. */
    checkpoints: [...new Set(changes.flatMap(checkpointOf))]
  }
}

/** Overlap of the second read of the log with the first, in seconds. The log is delayed. */
const overlap = 10 * 60

/**
 * Returns the start time of the second read of the log, which finds events since the first. Uses the times of events
 * and not a clock, which may be wrong. `undefined` means the whole log.
 */
export const secondReadFrom = (events: ReadonlyArray<AuditEvent>): DateTime.Utc | undefined => {
  const newest = events.reduce((last, { effective_at }) => Math.max(last, effective_at), Number.NEGATIVE_INFINITY)
  return events.length === 0 ? undefined : DateTime.unsafeMake((newest - overlap) * 1000)
}

/** Returns the permissions of a project in a read. */
export const permissionsOf = ({ checkpoint, permissions }: Row, project: ProjectId): ReadonlyArray<OpenPermission> =>
  permissions.flatMap((one) => (one.project_id === project ? [{ ...one, checkpoint }] : []))

/** Returns true if a checkpoint has no read, or if its read is too early or shows a deleted permission. */
export const isToBeRead = ({ checkpoints, permissions }: Records, checkpoint: CheckpointId): boolean => {
  const { notBefore = 0, row } = checkpoints.get(checkpoint) ?? {}
  if (row === undefined) return true
  if (!row.complete || row.readFrom === undefined) return false
  const isEarly = DateTime.toEpochMillis(row.readFrom) < notBefore
  return isEarly || row.permissions.some(({ id }) => isGone(permissions.get(id)))
}

/**
 * Returns the state of a checkpoint, from its last read and the end of the last delete there, in Unix milliseconds.
 * `isOwner` is true if the project owns the model. `isAnswered` is true if another checkpoint was read in this run. Only
 * then does a 404 mean that the checkpoint does not exist.
 */
export const stateOf = (
  {
    isOwner,
    lastDelete = 0,
    row
  }: { readonly isOwner: boolean; readonly lastDelete: number | undefined; readonly row: Row | undefined },
  project: ProjectId,
  isAnswered: boolean
): CheckpointState => {
  if (row?.complete === false && row.notFound === true && isAnswered) return "gone"
  if (row?.complete !== true || row.readFrom === undefined) return "unread"
  if (isOwner) return "owner"
  if (row.permissions.some(({ project_id }) => project_id === project)) return "listed"
  return DateTime.toEpochMillis(row.readFrom) < lastDelete ? "unread" : "removed"
}

/** The facts of a run besides its records. */
interface Ended {
  readonly head: Pick<History, "apiUrl" | "requestedAt" | "organization">
  readonly isLogAsked: boolean
  readonly permissionsOnly: boolean
  readonly isStopped: boolean
  /** The time of the oldest event in the first read of the log, in Unix seconds. */
  readonly oldestEvent: number | undefined
}

/** Returns all endings that apply, the worst first. `Removed` applies only if no other does. */
const endingsOf = (
  records: Records,
  { isLogAsked, isStopped, permissionsOnly }: Ended,
  ends: ReadonlyArray<OffboardedCheckpoint>
): Offboarded["endings"] => {
  const { changes, checkpoints, findFailure, logFailure, owners, project } = records
  const states = ends.map(({ state }) => state)
  const ownersUnknown = ends.filter(({ checkpoint, state }) => state !== "gone" && !owners.has(checkpoint)).length
  const logged = loggedAccess(changes, project)
  const count = (state: CheckpointState) => states.filter((one) => one === state).length
  const [unread, listed, owner] = [count("unread"), count("listed"), count("owner")]
  const permissions = [...records.permissions.values()]
  const shown = Array.from(checkpoints, ([checkpoint, { row }]) =>
    (row?.permissions ?? []).map((one) => ({ ...one, checkpoint }))
  ).flat()
  const ofProject = shown.filter((one) => one.project_id === project && !isOwned(records, one.checkpoint))
  const isOpen = (id: string) => !isGone(records.permissions.get(id))
  const remaining = [...new Set([...logged.open, ...ofProject].map(({ id }) => id))].filter(isOpen).length
  const exceeded = permissions.filter(({ state }) => state === "over limit").length
  // open grants in the log that no read can show
  const shownIds = new Set<string | undefined>(shown.map(({ id }) => id))
  const grants = logged.withoutCheckpoint.filter((id) => id === undefined || (!shownIds.has(id) && isOpen(id))).length
  const reasons = [
    ...(isStopped || !isLogAsked || logFailure === undefined ? [] : [logFailure]),
    ...(grants === 0 ? [] : [`${pluralize(grants, "grant")} without a checkpoint`])
  ]
  const hasTrace =
    logged.isSeen ||
    permissions.some(({ isListed }) => isListed) ||
    [...checkpoints.keys()].some((one) => isOwned(records, one))
  const endings: ReadonlyArray<OffboardEnding | false> = [
    isStopped && { _tag: "Interrupted", unverified: unread + listed, remaining },
    exceeded > 0 && { _tag: "LimitReached", remaining: exceeded },
    !isStopped && unread + listed > 0 && { _tag: "NotRemoved", unread, listed, total: states.length },
    owner > 0 && { _tag: "StillOwner", checkpoints: owner },
    reasons.length > 0 && { _tag: "LogIncomplete", reason: reasons.join("; ") },
    findFailure !== undefined && { _tag: "FindIncomplete", reason: findFailure },
    !isStopped && (states.length === 0 || !hasTrace) && { _tag: "ProjectNotSeen" },
    !isStopped && !permissionsOnly && ownersUnknown > 0 && { _tag: "OwnersUnknown", checkpoints: ownersUnknown }
  ]
  const [first, ...rest] = endings.filter((ending) => ending !== false)
  return first === undefined ? [{ _tag: "Removed" }] : [first, ...rest]
}

/**
 * Returns the changes of the project. Includes changes of an unknown project, if a read shows their permissions as the
 * project's.
 */
const historyOf = ({ events, logFailure, permissions, project }: Records, { head, isLogAsked }: Ended): History => {
  const listed = [...permissions.values()].filter(({ isListed }) => isListed)
  const places = listed.map(({ checkpoint, id }) => ({ permission: id, project, checkpoint }))
  const changes = Events.join(events.values(), places).filter((change) => change.project === project)
  const failure = isLogAsked ? logFailure : "not read"
  return {
    format: "checkpoint-permissions/history",
    version: 2,
    ...head,
    ...(failure === undefined ? {} : { failure }),
    changes: changes.toReversed()
  }
}

/** Returns the verdict from the records of the run. */
export const offboardedOf = (records: Records, ended: Ended): Offboarded => {
  const { changes, filter, permissions, project } = records
  const inLog = new Set<string>(loggedAccess(changes, project).checkpoints)
  const complete = Array.from(records.checkpoints.values(), ({ row }) => row).filter((row) => row?.complete === true)
  const checkpoints = Array.from(records.checkpoints, ([checkpoint, { notBefore, row }]): OffboardedCheckpoint => {
    const facts = { row, lastDelete: notBefore, isOwner: isOwned(records, checkpoint) }
    const state = stateOf(facts, project, complete.length > 0)
    return {
      checkpoint,
      state,
      isInLog: inLog.has(checkpoint),
      ...records.owners.get(checkpoint),
      ...(row === undefined ? {} : { row })
    }
  })
  const read = spanOf(complete)
  return {
    _tag: "Offboarded",
    project,
    endings: endingsOf(records, ended, checkpoints),
    revoked: [...permissions.values()].flatMap(({ id, state }) => (state === "revoked" ? [id] : [])),
    checkpoints,
    ...(read === undefined ? {} : { read }),
    filter,
    ...(ended.oldestEvent === undefined ? {} : { logSince: DateTime.unsafeMake(ended.oldestEvent * 1000) }),
    history: historyOf(records, ended)
  }
}
