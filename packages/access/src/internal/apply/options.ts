import { CheckpointPermissions, type Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Journal } from "../journal.ts"
import { type AccessPlan, type CheckpointPlan, type PlanRefused, planned } from "../plan/steps.ts"
import { type PlanLimits, refusalOf } from "../plan/validity.ts"

/** Fails if a plan may not be applied now. `server` is missing if it is not known yet. */
export const checkLimits = (plan: AccessPlan, limits?: PlanLimits, server?: Server): Effect.Effect<void, PlanRefused> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => refusalOf(plan, { ...limits, server }, now) ?? Effect.void)

/**
 * Fails if a plan may not be applied now, by this service and with these options. Fails as {@link apply} does before
 * its first request. Use it for a plan that is shown and confirmed before the apply.
 *
 * @category operations
 */
export const checkPlan = (
  plan: AccessPlan,
  options?: PlanLimits
): Effect.Effect<void, PlanRefused, CheckpointPermissions> =>
  Effect.flatMap(CheckpointPermissions, ({ server }) => checkLimits(plan, options, server))

/** Returns true if an apply of a plan writes at a checkpoint. */
export const hasWrites = (plan: CheckpointPlan): boolean => planned(plan).length > 0

/** The maximum age of a snapshot when its checkpoint is reached. */
export const defaultMaxSnapshotAge: Duration.DurationInput = "1 hour"

/** Options of an apply. */
export interface ApplyOptions extends PlanLimits {
  /** The number of checkpoints that are changed concurrently. Default: 8. */
  readonly concurrency?: number | undefined
  /** The maximum age of a snapshot when its checkpoint is reached. An older one is read again. Default: one hour. */
  readonly maxSnapshotAge?: Duration.DurationInput | undefined
  /** The journal, with a line before and after each write. Default: none. */
  readonly journal?: Journal | undefined
  /** The author of the journal's lines. Default: none. */
  readonly actor?: string | undefined
  /** When this completes, no further request is sent. Requests in flight finish, and the stream ends with `Stopped`. */
  readonly stop?: Effect.Effect<unknown> | undefined
}
