import type * as Effect from "effect/Effect"
import type { Row } from "./matrix.ts"
import type { Read } from "./modelPermissions.ts"

/**
 * The progress of a long read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  readonly done: number
  readonly failed: number
  readonly total: number
}

/**
 * The options of an audit.
 *
 * @category models
 */
export interface AuditOptions {
  /** The number of checkpoints that are read concurrently. Default: 8. */
  readonly concurrency?: number | undefined
  /** Projects to show as columns even without any access. */
  readonly projects?: ReadonlyArray<string> | undefined
  /**
   * Lists only the permissions of this project, with one request per checkpoint. The access of other projects is
   * unknown then. Default: all projects.
   */
  readonly project?: string | undefined
  /** Display names of projects, such as the `names` of a policy. */
  readonly names?: { readonly [project: string]: string } | undefined
  /** The owner of each checkpoint, if known. No listing shows it. */
  readonly owners?: { readonly [checkpoint: string]: string } | undefined
  /**
   * `modelPermissions` of `Organization`, to mark access that the model permissions of a project may exclude. Read once
   * for each project with access, beside the listings. Default: they are not read.
   */
  readonly modelPermissions?: Read | undefined
  /** The other checkpoints of a checkpoint's job, if known. A list of model permissions may name one of them. */
  readonly siblings?: { readonly [checkpoint: string]: ReadonlyArray<string> } | undefined
  /** Called with each row that was read, one at a time. */
  readonly onRow?: ((row: Row, progress: Progress) => Effect.Effect<void>) | undefined
  /** When this completes, no further request is sent. Checkpoints that were not read by then are unknown. */
  readonly stop?: Effect.Effect<unknown> | undefined
}
