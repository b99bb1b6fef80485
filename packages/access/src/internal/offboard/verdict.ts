/** The options, steps and verdict of an offboarding, and its decisions as pure functions. */
import {
  type CheckpointId,
  isCheckpointId,
  isPermissionId,
  type PermissionId,
  type ProjectId
} from "@checkpoint-permissions/core/Identifiers"
import type { AuditEvent } from "@checkpoint-permissions/core/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type { AccessStep } from "../apply/step.ts"
import { cellOf, hasServerOwner, permissionsOf } from "../audit/cells.ts"
import type { AccessMatrix, OwnerSource, Progress, Row } from "../audit/matrix.ts"
import type { WriteOptions } from "../checkpoint/writes.ts"
import type { AccessPlan, ListedPermission } from "../plan/steps.ts"

/** Checkpoints that a caller found with project keys, and the projects whose jobs made them. */
export interface DiscoveredCheckpoints {
  readonly checkpoints: ReadonlyArray<string>
  readonly owners?: { readonly [checkpoint: string]: string } | undefined
  /** The reason why checkpoints may be missing. */
  readonly failure?: string | undefined
}

/** Options of an offboarding. `E` is the error of `confirm` and `find`. */
export interface OffboardOptions<E = never> extends WriteOptions {
  /** Checkpoints to read besides those in the log, such as from policies or lists. Default: none. */
  readonly checkpoints?: ReadonlyArray<string> | undefined
  /** Owners that a server named: of a model's job, or in a refusal of a grant. A policy is no source. Default: none. */
  readonly owners?: { readonly [checkpoint: string]: string } | undefined
  /** Checkpoints whose owner in `owners` is from a refusal of a grant, and not from a job. Default: none. */
  readonly refused?: ReadonlyArray<string> | undefined
  /** True to leave out owners: `OwnersUnknown` is no ending then. Default: false. */
  readonly permissionsOnly?: boolean | undefined
  /** Finds more checkpoints. They are read after the first deletes. */
  readonly find?: Effect.Effect<DiscoveredCheckpoints, E> | undefined
  /**
   * False to leave out the audit log. With `"required"`, fails with the error of the log and changes nothing if the
   * server refuses its first page with 401 or 403. Default: true.
   */
  readonly log?: boolean | "required" | undefined
  /** The maximum number of permissions to delete. Default: 100. */
  readonly maxRevokes?: number | undefined
  /**
   * Called once, before the first write, with the plan of the deletes that the log shows. Deletes that only a listing
   * shows follow without another call. If it fails, nothing is changed. Default: none.
   */
  readonly confirm?: ((plan: AccessPlan) => Effect.Effect<void, E>) | undefined
  /** True to send no write: the plan is made from listings alone. Default: false. */
  readonly dryRun?: boolean | undefined
  /** The number of checkpoints that are listed or changed concurrently. Default: 8. */
  readonly concurrency?: number | undefined
  /** When this completes, no further request is sent. Requests in flight finish, and the verdict is `Interrupted`. */
  readonly stop?: Effect.Effect<unknown> | undefined
}

/**
 * An ending of an offboarding. `Removed` alone means that the project has no access at the known checkpoints. With
 * `permissionsOnly` it means that it has no permission there.
 */
export type OffboardEnding =
  /** `unverified` checkpoints were not read after their last delete; `remaining` permissions are known to be open. */
  | { readonly _tag: "Interrupted"; readonly unverified: number; readonly remaining: number }
  /** `remaining` permissions were not deleted because of `maxRevokes`. */
  | { readonly _tag: "LimitReached"; readonly remaining: number }
  /** Some of `total` checkpoints could not be read, or still list the project. */
  | { readonly _tag: "NotRemoved"; readonly unread: number; readonly listed: number; readonly total: number }
  | { readonly _tag: "StillOwner"; readonly checkpoints: number }
  /** The log was not read to its end, or open grants in it name no checkpoint. Further checkpoints may exist. */
  | { readonly _tag: "LogIncomplete"; readonly reason: string }
  /** `find` did not find everything. Further checkpoints may exist. */
  | { readonly _tag: "FindIncomplete"; readonly reason: string }
  /** No checkpoint is known, or neither the log nor a read shows the project. */
  | { readonly _tag: "ProjectNotSeen" }
  /** The owners of `checkpoints` models are unknown. An owner has access without a permission. */
  | { readonly _tag: "OwnersUnknown"; readonly checkpoints: number }
  | { readonly _tag: "Removed" }

/**
 * The check of the server's filter by project, before the first delete, where the log shows a permission. `works`:
 * listings ask for the project only. Otherwise each listing is read whole: `wrong` if the filter hides permissions, `not
 * checked` if the log shows none, or if that listing failed.
 */
export type FilterCheck = "works" | "wrong" | "not checked"

/** The result of an offboarding, its last step. */
export interface Offboarded {
  readonly _tag: "Offboarded"
  readonly project: ProjectId
  /** All endings that apply, the worst first. */
  readonly endings: readonly [OffboardEnding, ...ReadonlyArray<OffboardEnding>]
  /** The permissions that deletes of this run removed. */
  readonly revoked: ReadonlyArray<PermissionId>
  /** The last read of each known checkpoint, which began after the last delete there, with the owners of the server. */
  readonly matrix: AccessMatrix
  readonly filter: FilterCheck
}

/** A finished step of an offboarding. */
export type OffboardStep =
  | AccessStep
  /** A page of the log was read. `events` is the total so far. */
  | { readonly _tag: "LogRead"; readonly events: number; readonly open: number }
  /** A plan was made, with at least one delete: of permissions in the log, or in listings. */
  | { readonly _tag: "Planned"; readonly plan: AccessPlan }
  /** A round of reads begins. Checkpoints with deletes are read again. */
  | { readonly _tag: "Reading"; readonly checkpoints: number }
  /** A checkpoint was read, or the read failed. It is read again after a delete. */
  | { readonly _tag: "CheckpointRead"; readonly row: Row; readonly progress: Progress }
  | Offboarded

/** Returns the access of a project from changes in any order. A grant has ended if a delete has its permission. */
export const loggedAccess = (changes: ReadonlyArray<Events.Change>, project: ProjectId) => {
  const openGrants = Events.openGrants(changes)
  const checkpointOf = ({ checkpoint }: Events.Change) =>
    checkpoint !== undefined && isCheckpointId(checkpoint) ? [checkpoint] : []
  return {
    /** Grants of the project without a revoke, at checkpoints that the log names. */
    open: openGrants.flatMap((change): ReadonlyArray<ListedPermission & { readonly checkpoint: CheckpointId }> => {
      const { at, permission: id } = change
      if (change.project !== project || id === undefined || !isPermissionId(id)) return []
      return checkpointOf(change).map((checkpoint) => ({ checkpoint, id, project_id: project, created_at: at }))
    }),
    /** Permissions of open grants without a checkpoint, of the project or of an unknown project. */
    withoutCheckpoint: openGrants.flatMap((change) =>
      (change.project ?? project) === project && checkpointOf(change).length === 0 ? [change.permission] : []
    ),
    /** True if the log has a grant or a revoke of the project. */
    isSeen: changes.some((change) => change.project === project),
    /** All checkpoints that the log names, of any project. */
    checkpoints: changes.flatMap(checkpointOf)
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

/** The facts of a run so far. */
export interface Facts {
  readonly project: ProjectId
  /** The last read of each known checkpoint. Missing if it was not read. */
  readonly rows: ReadonlyMap<CheckpointId, Row | undefined>
  /** Owners that the server named. */
  readonly owners: ReadonlyMap<string, { readonly owner: ProjectId; readonly ownerSource: OwnerSource }>
  /** The deleted permissions, by this run or by another caller. */
  readonly deleted: ReadonlySet<string>
  /** The earliest valid start of a read: the last delete, or the time when a grant was found. Unix milliseconds. */
  readonly notBefore: ReadonlyMap<string, number>
}

/** Returns true if the project owns the model. The server refuses to delete its permission. */
export const isOwned = ({ owners, project }: Facts, checkpoint: string): boolean =>
  owners.get(checkpoint)?.owner === project

const isEarly = ({ notBefore }: Pick<Facts, "notBefore">, { checkpoint, readFrom }: Row): boolean =>
  readFrom === undefined || DateTime.toEpochMillis(readFrom) < (notBefore.get(checkpoint) ?? 0)

/** Returns the checkpoints without a read, or whose read is too early or shows a deleted permission. */
export const toBeRead = (facts: Facts): ReadonlyArray<CheckpointId> =>
  Array.from(facts.rows, ([checkpoint, row]) => {
    if (row === undefined) return [checkpoint]
    if (!row.complete) return []
    return isEarly(facts, row) || row.permissions.some(({ id }) => facts.deleted.has(id)) ? [checkpoint] : []
  }).flat()

/** The state of a checkpoint by its last read. */
export type CheckpointState = "removed" | "owner unknown" | "gone" | "owner" | "listed" | "unread"

/**
 * Returns the state of a checkpoint of an audit. A 404 means that the checkpoint does not exist only if another one was
 * read. A read that began before the last delete there shows nothing.
 */
export const stateOf = (
  matrix: AccessMatrix,
  row: Row,
  { notBefore, project }: Pick<Facts, "notBefore" | "project">
): CheckpointState => {
  if (!row.complete) return row.notFound === true && matrix.rows.some((one) => one.complete) ? "gone" : "unread"
  if (hasServerOwner(row) && row.owner === project) return "owner"
  if (permissionsOf(row, project).length > 0) return "listed"
  if (isEarly({ notBefore }, row)) return "unread"
  return cellOf(matrix, row, project)._tag === "None" ? "removed" : "owner unknown"
}

/** The facts at the end of a run. */
export interface Ended extends Facts {
  readonly changes: ReadonlyArray<Events.Change>
  /** The reason why a read of the log did not reach its end. */
  readonly logFailure: string | undefined
  /** The reason why `find` may have missed checkpoints. */
  readonly findFailure: string | undefined
  readonly permissionsOnly: boolean
  readonly isStopped: boolean
  /** Permissions that were not deleted because of `maxRevokes`. */
  readonly overLimit: ReadonlySet<string>
}

/** Returns all endings that apply, the worst first. `Removed` applies only if no other does. */
export const endingsOf = (matrix: AccessMatrix, ended: Ended): Offboarded["endings"] => {
  const { deleted, findFailure, isStopped, logFailure, overLimit, permissionsOnly, project } = ended
  const states = matrix.rows.map((row) => stateOf(matrix, row, ended))
  const count = (state: CheckpointState) => states.filter((one) => one === state).length
  const [unread, listed, owner] = [count("unread"), count("listed"), count("owner")]
  const logged = loggedAccess(ended.changes, project)
  const shown = new Set<string | undefined>(
    matrix.rows.flatMap((row) => permissionsOf(row, project).map(({ id }) => id))
  )
  const open = new Set([...logged.open.map(({ id }) => id), ...shown])
  const remaining = [...open].filter((id) => id !== undefined && !deleted.has(id)).length
  const exceeded = [...overLimit].filter((id) => !deleted.has(id)).length
  // open grants in the log that no read can show
  const isUnread = (id: string | undefined) => id === undefined || (!shown.has(id) && !deleted.has(id))
  const grants = logged.withoutCheckpoint.filter(isUnread).length
  const reasons = [
    ...(isStopped || logFailure === undefined ? [] : [logFailure]),
    ...(grants === 0 ? [] : [`${pluralize(grants, "grant")} without a checkpoint`])
  ]
  const ownersUnknown = states.filter((state, at) => {
    const row = matrix.rows[at]
    return state !== "gone" && row !== undefined && !hasServerOwner(row)
  }).length
  const hasTrace = logged.isSeen || shown.size + deleted.size > 0 || owner > 0
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
