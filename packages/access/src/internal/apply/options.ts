import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Journal } from "../journal/model.ts"

/**
 * How a plan is applied.
 *
 * @category models
 */
export interface ApplyOptions {
  /** Checkpoints that are worked on at the same time. Default: 8. */
  readonly concurrency?: number | undefined
  /** Refuse a plan that revokes more permissions than this. Default: no limit. */
  readonly maxRevokes?: number | undefined
  /** Refuse a plan that is older than this. Default: one day. */
  readonly maxAge?: Duration.DurationInput | undefined
  /**
   * Read a checkpoint again if its snapshot in the plan is as old as this when the checkpoint is reached. Default: one
   * hour.
   */
  readonly maxSnapshotAge?: Duration.DurationInput | undefined
  /** Refuse a plan that was made from another policy: what `AccessPolicy.digest` gives for it. */
  readonly policyDigest?: string | undefined
  /** Where each write is written down, before and after. Default: nowhere. */
  readonly journal?: Journal | undefined
  readonly actor?: string | undefined
  /** When this completes no further request is made; what is in flight finishes, and the stream ends with `Stopped`. */
  readonly stop?: Effect.Effect<unknown> | undefined
}
