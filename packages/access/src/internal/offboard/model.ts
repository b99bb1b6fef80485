/** Options, steps and the verdict of an offboarding. */
import type { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type { AccessStep } from "../../AccessStep.ts"
import type { Row } from "../audit/matrix.ts"
import type { WriteOptions } from "../checkpoint/writes.ts"
import type { History } from "../history/model.ts"
import type { Found } from "../plan/model.ts"

/** An open permission: the log shows its grant without an end, or a listing shows it. */
export interface OpenPermission extends Found {
  readonly checkpoint: CheckpointId
}

/**
 * The permissions that are known when an offboarding asks to be confirmed.
 *
 * @category models
 */
export interface KnownAccess {
  readonly permissions: number
  readonly checkpoints: number
}

/**
 * Access before a write: open grants of the log, or the read that shows the permissions.
 *
 * @category models
 */
export type AccessBefore =
  | { readonly source: "log"; readonly permissions: ReadonlyArray<OpenPermission> }
  | { readonly source: "read"; readonly row: Row }

/** Checkpoints that a caller finds, such as with project keys, and the projects that own them. */
export interface FoundCheckpoints {
  readonly checkpoints: ReadonlyArray<string>
  readonly owners?: { readonly [checkpoint: string]: string } | undefined
}

/**
 * Options of an offboarding. `E` is the error of its callbacks and its journal.
 *
 * @category models
 */
export interface OffboardOptions<E = never> extends WriteOptions<E> {
  /** Checkpoints to read beside those that the log names: from policies or lists. Default: none. */
  readonly checkpoints?: ReadonlyArray<string> | undefined
  /** The project that owns each checkpoint, where that is known. */
  readonly owners?: { readonly [checkpoint: string]: string } | undefined
  /** Finds more checkpoints while the log is read. */
  readonly find?: Effect.Effect<FoundCheckpoints, E> | undefined
  /** False if the audit log is not read. Default: true. */
  readonly log?: boolean | undefined
  /** The most permissions that are deleted. Default: 100. */
  readonly maxRevokes?: number | undefined
  /**
   * Called once, after the first page of the log and before the first write. Its failure is that of the offboarding, which
   * changes nothing then.
   */
  readonly confirm?: ((known: KnownAccess) => Effect.Effect<void, E>) | undefined
  /** Called before the writes at a checkpoint. Nothing is written there if it fails. */
  readonly onBefore?: ((before: AccessBefore) => Effect.Effect<void, E>) | undefined
  readonly concurrency?: number | undefined
  /** When this completes, no further request is sent. Requests in flight finish, and the verdict is `Interrupted`. */
  readonly stop?: Effect.Effect<unknown> | undefined
}

/**
 * An ending of an offboarding. `Removed` alone means that the project has no access at the known checkpoints.
 *
 * @category models
 */
export type OffboardEnding =
  /** `unverified` checkpoints were not read after their last delete; `left` permissions are known to be open. */
  | { readonly _tag: "Interrupted"; readonly unverified: number; readonly left: number }
  /** `left` permissions were not deleted, since `maxRevokes` deletes were sent. */
  | { readonly _tag: "LimitReached"; readonly left: number }
  /** Of `total` checkpoints some could not be read, and some list the project still. */
  | { readonly _tag: "NotRemoved"; readonly unread: number; readonly listed: number; readonly total: number }
  | { readonly _tag: "StillOwner"; readonly checkpoints: number }
  /** The log was not read to its end: checkpoints may exist that are not known. */
  | { readonly _tag: "LogIncomplete"; readonly reason: string }
  /** Open grants of the log that name no checkpoint, and that no read shows. */
  | { readonly _tag: "UnplacedGrants"; readonly grants: number }
  | { readonly _tag: "NothingKnown" }
  /** Neither the log nor a read shows the project. */
  | { readonly _tag: "NoTrace" }
  | { readonly _tag: "Removed" }

/** The state of a checkpoint at the end: by its last read, which began after the last delete there. */
export type CheckpointState = "removed" | "gone" | "owner" | "listed" | "unread"

/** A checkpoint at the end of an offboarding. */
export interface OffboardedCheckpoint {
  readonly checkpoint: CheckpointId
  readonly state: CheckpointState
  /** True if the log names it. */
  readonly isInLog: boolean
  /** Its last read. Missing if it was not read. */
  readonly row?: Row | undefined
}

/**
 * The result of an offboarding, its last step.
 *
 * @category models
 */
export interface Offboarded {
  readonly _tag: "Offboarded"
  readonly project: ProjectId
  /** All that apply, the worst first. */
  readonly endings: readonly [OffboardEnding, ...ReadonlyArray<OffboardEnding>]
  /** The permissions that are gone since a delete of this run. */
  readonly revoked: ReadonlyArray<PermissionId>
  readonly checkpoints: ReadonlyArray<OffboardedCheckpoint>
  /** The span of the reads. Missing if nothing was read. */
  readonly read?: { readonly from: DateTime.Utc; readonly to: DateTime.Utc } | undefined
  /** How many checkpoints have an owner that is known. */
  readonly owners: number
  /** The time of the oldest event that was read. Missing if there was none. */
  readonly logSince?: DateTime.Utc | undefined
  /** Changes of the project in the log, newest first, and how far the log was read. */
  readonly history: History
}

/**
 * A finished step of an offboarding.
 *
 * @category models
 */
export type OffboardStep =
  | Extract<AccessStep, { readonly _tag: "Revoked" | "AlreadyDone" | "Impossible" | "Failed" }>
  /** A page of the log was read; `events` in all so far. */
  | { readonly _tag: "LogRead"; readonly pages: number; readonly events: number; readonly open: number }
  /** A checkpoint was read, or could not be read. It is read again after a delete. */
  | { readonly _tag: "CheckpointRead"; readonly row: Row; readonly done: number; readonly total: number }
  | Offboarded
