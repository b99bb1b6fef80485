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
import type { CheckpointState, OffboardEnding, Offboarded, OffboardedCheckpoint, OpenPermission } from "./model.ts"

/** The part of the audit log that an offboarding has read. */
export interface Log {
  readonly events: ReadonlyArray<AuditEvent>
  readonly changes: ReadonlyArray<Events.Change>
  readonly pages: number
  /** The reason why a read did not reach the end of the log. */
  readonly failure: string | undefined
}

/** The access of one project in the part of the log that was read. */
export interface LoggedAccess {
  /** Grants of the project without a revoke, at checkpoints that the log names. */
  readonly open: ReadonlyArray<OpenPermission>
  /** Permissions of open grants without a checkpoint, of the project or of an unknown project. */
  readonly withoutCheckpoint: ReadonlyArray<string | undefined>
  /** True if the log has a grant or a revoke of the project. */
  readonly isSeen: boolean
  /** All checkpoints that the log names, of any project. */
  readonly checkpoints: ReadonlyArray<CheckpointId>
}

/** Returns the access of a project from changes in any order. A grant has ended if a delete has its permission. */
export const loggedAccess = (changes: ReadonlyArray<Events.Change>, project: ProjectId): LoggedAccess => {
  const openGrants = Events.openGrants(changes)
  const mayBeOf = (change: Events.Change) => change.project === undefined || change.project === project
  const checkpointOf = ({ checkpoint }: Events.Change) =>
    checkpoint !== undefined && isCheckpointId(checkpoint) ? [checkpoint] : []
  return {
    open: openGrants.flatMap((change) => {
      const { at, permission } = change
      if (change.project !== project || permission === undefined || !isPermissionId(permission)) return []
      return checkpointOf(change).map((checkpoint) => ({
        checkpoint,
        id: permission,
        project_id: project,
        created_at: at
      }))
    }),
    withoutCheckpoint: openGrants.flatMap((change) =>
      mayBeOf(change) && checkpointOf(change).length === 0 ? [change.permission] : []
    ),
    isSeen: changes.some((change) => change.project === project),
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
  const newest = events.reduce<number | undefined>(
    (last, { effective_at }) => (last === undefined ? effective_at : Math.max(last, effective_at)),
    undefined
  )
  return newest === undefined ? undefined : DateTime.unsafeMake((newest - overlap) * 1000)
}

/** A known checkpoint, with its last read and the last delete there. */
export interface KnownCheckpoint {
  readonly checkpoint: CheckpointId
  readonly row: Row | undefined
  /** The end of the last delete there, in Unix milliseconds. */
  readonly lastDelete: number | undefined
  /** True if the project owns the model. */
  readonly isOwner: boolean
}

/**
 * Returns the state of a checkpoint. `isAnswered` is true if another checkpoint was read in this run. Only then does a
 * 404 mean that the checkpoint does not exist.
 */
export const stateOf = (
  { isOwner, lastDelete, row }: Omit<KnownCheckpoint, "checkpoint">,
  project: ProjectId,
  isAnswered: boolean
): CheckpointState => {
  if (row?.complete === false && row.notFound === true && isAnswered) return "gone"
  if (row?.complete !== true || row.readFrom === undefined) return "unread"
  if (isOwner) return "owner"
  if (row.permissions.some(({ project_id }) => project_id === project)) return "listed"
  return lastDelete !== undefined && DateTime.toEpochMillis(row.readFrom) < lastDelete ? "unread" : "removed"
}

/** The facts that determine the endings. */
export interface Facts {
  readonly states: ReadonlyArray<CheckpointState>
  readonly isStopped: boolean
  /** Permissions that were not deleted because the limit of deletes was reached. */
  readonly exceeded: number
  /** Permissions that are known to be open. */
  readonly remaining: number
  /** The reason why the log was not read to its end. Missing if it was, or if it was not to be read. */
  readonly logFailure: string | undefined
  /** Open grants in the log without a checkpoint. No read can show them. */
  readonly withoutCheckpoint: number
  /** True if the log or a read shows the project, or if it is known as an owner. */
  readonly hasTrace: boolean
}

/** Returns all endings that apply, the worst first. `Removed` applies only if no other does. */
export const endingsOf = (facts: Facts): readonly [OffboardEnding, ...ReadonlyArray<OffboardEnding>] => {
  const { exceeded, hasTrace, isStopped, remaining, logFailure, states, withoutCheckpoint } = facts
  const count = (state: CheckpointState) => states.filter((one) => one === state).length
  const unread = count("unread")
  const listed = count("listed")
  const owner = count("owner")
  const endings: ReadonlyArray<OffboardEnding | false> = [
    isStopped && { _tag: "Interrupted", unverified: unread + listed, remaining },
    exceeded > 0 && { _tag: "LimitReached", remaining: exceeded },
    !isStopped && unread + listed > 0 && { _tag: "NotRemoved", unread, listed, total: states.length },
    owner > 0 && { _tag: "StillOwner", checkpoints: owner },
    !isStopped && logFailure !== undefined && { _tag: "LogIncomplete", reason: logFailure },
    withoutCheckpoint > 0 && { _tag: "GrantsWithoutCheckpoint", grants: withoutCheckpoint },
    !isStopped && states.length === 0 && { _tag: "NoKnownCheckpoint" },
    !isStopped && states.length > 0 && !hasTrace && { _tag: "ProjectNotSeen" }
  ]
  const [first, ...rest] = endings.filter((ending) => ending !== false)
  return first === undefined ? [{ _tag: "Removed" }] : [first, ...rest]
}

/** The results of an offboarding's reads and deletes. */
export interface Records {
  readonly project: ProjectId
  readonly head: Pick<History, "apiUrl" | "requestedAt" | "organization">
  readonly known: ReadonlyArray<CheckpointId>
  readonly rows: ReadonlyMap<CheckpointId, Row>
  /** Permissions of the project that reads showed. */
  readonly found: ReadonlyArray<OpenPermission>
  readonly log: Log
  readonly isLogAsked: boolean
  /** The time of the oldest event in the first read of the log, in Unix seconds. */
  readonly oldestEvent: number | undefined
  /** The owner of each checkpoint, if known. */
  readonly owners: ReadonlyMap<string, string>
  readonly deletes: {
    readonly exceeded: ReadonlySet<string>
    readonly gone: ReadonlySet<string>
    readonly lastDeletes: ReadonlyMap<string, number>
    readonly owned: ReadonlySet<string>
    readonly revoked: ReadonlyArray<OpenPermission>
  }
  readonly notBefore: ReadonlyMap<string, number>
  readonly isStopped: boolean
}

/**
 * Returns the changes of the project. Includes changes of an unknown project, if a read shows their permissions as the
 * project's.
 */
const historyOf = ({ found, head, isLogAsked, log, project }: Records): History => {
  const places = found.map(({ checkpoint, id }) => ({ permission: id, project, checkpoint }))
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
  const { deletes, found, isLogAsked, isStopped, known, log, notBefore, oldestEvent, owners, project, rows } = records
  const logged = loggedAccess(log.changes, project)
  const inLog = new Set<string>(logged.checkpoints)
  const all = [...rows.values()]
  const complete = all.filter((row) => row.complete)
  const shown = new Set<string>(all.flatMap(({ permissions }) => permissions.map(({ id }) => id)))
  const checkpoints = known.map((checkpoint): OffboardedCheckpoint => {
    const row = rows.get(checkpoint)
    const lastDelete = Math.max(deletes.lastDeletes.get(checkpoint) ?? 0, notBefore.get(checkpoint) ?? 0)
    const isOwner = deletes.owned.has(checkpoint)
    const state = stateOf({ row, lastDelete, isOwner }, project, complete.length > 0)
    return { checkpoint, state, isInLog: inLog.has(checkpoint), ...(row === undefined ? {} : { row }) }
  })
  const ofProject = all.flatMap(({ checkpoint, permissions }) =>
    deletes.owned.has(checkpoint) ? [] : permissions.filter(({ project_id }) => project_id === project)
  )
  const open = new Set<string>([...logged.open, ...ofProject].map(({ id }) => id))
  const read = spanOf(complete)
  return {
    _tag: "Offboarded",
    project,
    endings: endingsOf({
      states: checkpoints.map(({ state }) => state),
      isStopped,
      exceeded: [...deletes.exceeded].filter((id) => !deletes.gone.has(id)).length,
      remaining: [...open].filter((id) => !deletes.gone.has(id)).length,
      logFailure: isLogAsked ? log.failure : undefined,
      withoutCheckpoint: logged.withoutCheckpoint.filter(
        (id) => id === undefined || !(shown.has(id) || deletes.gone.has(id))
      ).length,
      hasTrace: logged.isSeen || found.length > 0 || known.some((one) => deletes.owned.has(one))
    }),
    revoked: deletes.revoked.map(({ id }) => id),
    checkpoints,
    ...(read === undefined ? {} : { read }),
    ...(oldestEvent === undefined ? {} : { logSince: DateTime.unsafeMake(oldestEvent * 1000) }),
    knownOwners: known.filter((one) => owners.has(one) || deletes.owned.has(one)).length,
    history: historyOf(records)
  }
}
