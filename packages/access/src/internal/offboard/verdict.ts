/** The decisions of an offboarding, as pure functions: open grants of the log, states of checkpoints, and the verdict. */
import {
  type CheckpointId,
  isCheckpointId,
  isPermissionId,
  type ProjectId
} from "@checkpoint-permissions/core/Identifiers"
import type { AuditEvent } from "@checkpoint-permissions/core/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import { spanOf } from "../audit/cells.ts"
import type { Row } from "../audit/matrix.ts"
import type { History } from "../history/model.ts"
import type { Deletes } from "./deletes.ts"
import type { CheckpointState, OffboardEnding, Offboarded, OffboardedCheckpoint, OpenPermission } from "./model.ts"

/** The part of the audit log that an offboarding has read. It grows page by page. */
export interface Log {
  readonly events: Array<AuditEvent>
  readonly changes: Array<Events.Change>
  /** The reason why a read did not reach the end of the log. */
  failure: string | undefined
}

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
    checkpoints: Arr.dedupe(changes.flatMap(checkpointOf))
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

/** The results of an offboarding's reads and deletes. */
export interface Records {
  readonly project: ProjectId
  readonly head: Pick<History, "apiUrl" | "requestedAt" | "organization">
  readonly known: ReadonlySet<CheckpointId>
  readonly rows: ReadonlyMap<CheckpointId, Row>
  /** Permissions of the project that reads showed, by id. */
  readonly found: ReadonlyMap<string, OpenPermission>
  readonly log: Log
  readonly isLogAsked: boolean
  /** The time of the oldest event in the first read of the log, in Unix seconds. */
  readonly oldestEvent: number | undefined
  /** The owner of each checkpoint, if known. */
  readonly owners: ReadonlyMap<string, string>
  readonly deletes: Pick<Deletes, "exceeded" | "gone" | "owned" | "revoked">
  /** Returns the earliest valid start of a read, in Unix milliseconds. */
  readonly notBefore: (checkpoint: CheckpointId) => number
  readonly isStopped: boolean
}

/** Returns all endings that apply, the worst first. `Removed` applies only if no other does. */
const endingsOf = (
  { deletes, found, isLogAsked, isStopped, known, log, project, rows }: Records,
  states: ReadonlyArray<CheckpointState>
): Offboarded["endings"] => {
  const logged = loggedAccess(log.changes, project)
  const count = (state: CheckpointState) => states.filter((one) => one === state).length
  const [unread, listed, owner] = [count("unread"), count("listed"), count("owner")]
  const permissions = [...rows.values()].flatMap(({ checkpoint, permissions }) =>
    permissions.map((one) => ({ ...one, checkpoint }))
  )
  const ofProject = permissions.filter(
    ({ checkpoint, project_id }) => project_id === project && !deletes.owned.has(checkpoint)
  )
  const isOpen = (id: string) => !deletes.gone.has(id)
  const remaining = Arr.dedupe([...logged.open, ...ofProject].map(({ id }) => id)).filter(isOpen).length
  const exceeded = [...deletes.exceeded].filter(isOpen).length
  // open grants in the log that no read can show
  const shown = new Set<string | undefined>(permissions.map(({ id }) => id))
  const grants = logged.withoutCheckpoint.filter((id) => id === undefined || (!shown.has(id) && isOpen(id))).length
  const hasTrace = logged.isSeen || found.size > 0 || [...known].some((one) => deletes.owned.has(one))
  const endings: ReadonlyArray<OffboardEnding | false> = [
    isStopped && { _tag: "Interrupted", unverified: unread + listed, remaining },
    exceeded > 0 && { _tag: "LimitReached", remaining: exceeded },
    !isStopped && unread + listed > 0 && { _tag: "NotRemoved", unread, listed, total: states.length },
    owner > 0 && { _tag: "StillOwner", checkpoints: owner },
    !isStopped && isLogAsked && log.failure !== undefined && { _tag: "LogIncomplete", reason: log.failure },
    grants > 0 && { _tag: "GrantsWithoutCheckpoint", grants },
    !isStopped && states.length === 0 && { _tag: "NoKnownCheckpoint" },
    !isStopped && states.length > 0 && !hasTrace && { _tag: "ProjectNotSeen" }
  ]
  const [first, ...rest] = endings.filter((ending) => ending !== false)
  return first === undefined ? [{ _tag: "Removed" }] : [first, ...rest]
}

/**
 * Returns the changes of the project. Includes changes of an unknown project, if a read shows their permissions as the
 * project's.
 */
const historyOf = ({ found, head, isLogAsked, log, project }: Records): History => {
  const places = Array.from(found.values(), ({ checkpoint, id }) => ({ permission: id, project, checkpoint }))
  const changes = Events.join(log.events, places).filter((change) => change.project === project)
  const failure = isLogAsked ? log.failure : "not read"
  return {
    format: "checkpoint-permissions/history",
    version: 2,
    ...head,
    ...(failure === undefined ? {} : { failure }),
    changes: changes.toReversed()
  }
}

/** Returns the verdict from the results of the run. */
export const offboardedOf = (records: Records): Offboarded => {
  const { deletes, known, log, notBefore, oldestEvent, owners, project, rows } = records
  const inLog = new Set<string>(loggedAccess(log.changes, project).checkpoints)
  const complete = [...rows.values()].filter((row) => row.complete)
  const checkpoints = Array.from(known, (checkpoint): OffboardedCheckpoint => {
    const row = rows.get(checkpoint)
    const facts = { row, lastDelete: notBefore(checkpoint), isOwner: deletes.owned.has(checkpoint) }
    const state = stateOf(facts, project, complete.length > 0)
    return { checkpoint, state, isInLog: inLog.has(checkpoint), ...(row === undefined ? {} : { row }) }
  })
  const states = checkpoints.map(({ state }) => state)
  const read = spanOf(complete)
  return {
    _tag: "Offboarded",
    project,
    endings: endingsOf(records, states),
    revoked: deletes.revoked,
    checkpoints,
    ...(read === undefined ? {} : { read }),
    ...(oldestEvent === undefined ? {} : { logSince: DateTime.unsafeMake(oldestEvent * 1000) }),
    knownOwners: [...known].filter((one) => owners.has(one) || deletes.owned.has(one)).length,
    history: historyOf(records)
  }
}
