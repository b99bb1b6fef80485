/** Options, steps and the verdict of an offboarding. */
import type { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type { AccessStep } from "../../AccessStep.ts"
import type { Row } from "../audit/matrix.ts"
import type { WriteOptions } from "../checkpoint/writes.ts"
import type { History } from "../history/model.ts"
import type { ListedPermission } from "../plan/model.ts"

/** An open permission: the log has its grant and no revoke, or a listing shows it. */
export interface OpenPermission extends ListedPermission {
  readonly checkpoint: CheckpointId
}

/** The permissions that are known when an offboarding requests confirmation. */
export interface KnownAccess {
  readonly permissions: number
  readonly checkpoints: number
}

/** Checkpoints that a caller found with project keys, and the projects whose jobs made them. */
export interface DiscoveredCheckpoints {
  readonly checkpoints: ReadonlyArray<string>
  readonly owners?: { readonly [checkpoint: string]: string } | undefined
  /** The reason why checkpoints may be missing. */
  readonly failure?: string | undefined
}

/** Options of an offboarding. `E` is the error of its callbacks and its journal. */
export interface OffboardOptions<E = never> extends WriteOptions<E> {
  /** Checkpoints to read besides those in the log, such as from policies or lists. Default: none. */
  readonly checkpoints?: ReadonlyArray<string> | undefined
  /** Owners that a server named: of a model's job, or in a refusal of a grant. A policy is no source. Default: none. */
  readonly owners?: { readonly [checkpoint: string]: string } | undefined
  /** Checkpoints whose owner in `owners` is from a refusal of a grant, and not from a job. Default: none. */
  readonly refused?: ReadonlyArray<string> | undefined
  /** True to leave out owners: `OwnersUnknown` is no ending then. Default: false. */
  readonly permissionsOnly?: boolean | undefined
  /** Finds more checkpoints while the log is read. */
  readonly find?: Effect.Effect<DiscoveredCheckpoints, E> | undefined
  /**
   * False to leave out the audit log. With `"required"`, fails with the error of the log and changes nothing if the
   * server refuses its first page with 401 or 403. Default: true.
   */
  readonly log?: boolean | "required" | undefined
  /** The maximum number of permissions to delete. Default: 100. */
  readonly maxRevokes?: number | undefined
  /**
   * Called once, after the log was read and before the first write. If it fails, the offboarding fails with its error
   * and changes nothing. Default: none, so deletes begin while the log is read.
   */
  readonly confirm?: ((known: KnownAccess) => Effect.Effect<void, E>) | undefined
  /** The number of concurrent deletes, and of concurrent listings. Default: 8. */
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
  /** `remaining` permissions were not deleted because `maxRevokes` deletes were sent. */
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

/** The final state of a checkpoint, from its last read. That read began after the last delete there. */
export type CheckpointState = "removed" | "gone" | "owner" | "listed" | "unread"

/** A checkpoint at the end of an offboarding. */
export interface OffboardedCheckpoint {
  readonly checkpoint: CheckpointId
  readonly state: CheckpointState
  /** True if the log names it. */
  readonly isInLog: boolean
  /** The owner that the server named, by a job or by a refusal. Missing if unknown. */
  readonly owner?: ProjectId
  readonly ownerSource?: "job" | "refusal"
  /** Its last read. Missing if it was not read. */
  readonly row?: Row | undefined
}

/** The result of an offboarding, its last step. */
export interface Offboarded {
  readonly _tag: "Offboarded"
  readonly project: ProjectId
  /** All endings that apply, the worst first. */
  readonly endings: readonly [OffboardEnding, ...ReadonlyArray<OffboardEnding>]
  /** The permissions that deletes of this run removed. */
  readonly revoked: ReadonlyArray<PermissionId>
  readonly checkpoints: ReadonlyArray<OffboardedCheckpoint>
  /** The span of the reads. Missing if nothing was read. */
  readonly read?: { readonly from: DateTime.Utc; readonly to: DateTime.Utc } | undefined
  /** The check of the server's filter by project. */
  readonly filter: FilterCheck
  /** The time of the oldest event that was read. Missing if there was none. */
  readonly logSince?: DateTime.Utc | undefined
  /** Changes of the project in the log, newest first, with the end of the read part. */
  readonly history: History
}

/** A finished step of an offboarding. */
export type OffboardStep =
  | Extract<AccessStep, { readonly _tag: "Revoked" | "AlreadyDone" | "OwnerProject" | "Failed" }>
  /** A page of the log was read. `events` is the total so far. */
  | { readonly _tag: "LogRead"; readonly events: number; readonly open: number }
  /** A round of reads begins. Checkpoints with deletes are read again. */
  | { readonly _tag: "Reading"; readonly checkpoints: number }
  /** A checkpoint was read, or the read failed. It is read again after a delete. */
  | { readonly _tag: "CheckpointRead"; readonly row: Row; readonly done: number; readonly total: number }
  | Offboarded
