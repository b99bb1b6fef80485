import { CheckpointPermissions, type Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Journal, JournalFailed } from "../journal/model.ts"
import { type AccessPlan, type CheckpointPlan, type ListedPermission, type PlanRefused, refuse } from "../plan/model.ts"
import { organizationOf } from "../text.ts"

/** Returns a duration as text, rounded to seconds. */
const rounded = (duration: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.round(Duration.toSeconds(duration))))

/** The largest assumed difference between the clocks of two machines. */
const clockSkew = Duration.minutes(5)

/** The limits of a plan. */
export type PlanLimits = Pick<ApplyOptions, "maxAge" | "maxRevokes" | "policyDigest">

/** Fails if a plan may not be applied now, to any server. Fails as `Access.apply` does before its first request. */
export const checkLimits = Effect.fnUntraced(function* (
  { counts: { revokes }, createdAt, executed, policyDigest }: AccessPlan,
  limits: PlanLimits = {}
): Effect.fn.Return<void, PlanRefused> {
  const now = yield* DateTime.now
  const age = DateTime.distanceDuration(createdAt, now)
  const maxAge = Duration.decode(limits.maxAge ?? "1 day")
  const { maxRevokes = Number.POSITIVE_INFINITY } = limits
  if (executed !== undefined) {
    yield* refuse("executed", `it was already applied at ${DateTime.formatIso(executed.at)}: make a new plan`)
  }
  if (limits.policyDigest !== undefined && limits.policyDigest !== policyDigest) {
    yield* refuse("policy", `it was made from another policy (${policyDigest}): make a new plan`)
  }
  if (DateTime.greaterThan(createdAt, now) && Duration.greaterThan(age, clockSkew)) {
    yield* refuse("age", `it is dated ${rounded(age)} in the future: check the clock, or make a new plan`)
  }
  if (Duration.greaterThan(age, maxAge)) {
    yield* refuse("age", `it is ${rounded(age)} old, more than ${rounded(maxAge)}: make a new plan`)
  }
  if (revokes > maxRevokes) {
    const problem = `it revokes ${revokes} permissions, more than the limit of ${maxRevokes}`
    yield* refuse("revokes", `${problem}: review it, then raise the limit`)
  }
})

/** Fails if a plan may not be applied now, or was made for another server or organization. */
export const checkForServer = (server: Server, plan: AccessPlan, limits?: PlanLimits) => {
  const [planned, actual] = [organizationOf(plan), organizationOf(server)]
  if (plan.apiUrl !== server.apiUrl) {
    const problem = `it was made for ${plan.apiUrl}, not for ${server.apiUrl}`
    return refuse("server", `${problem}: apply it there, or make a new plan for this server`)
  }
  if (planned !== actual) {
    const problem = `it was made for ${planned}, not for ${actual}`
    return refuse("organization", `${problem}: set that organization, or make a new plan for this one`)
  }
  return checkLimits(plan, limits)
}

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
  Effect.flatMap(CheckpointPermissions, ({ server }) => checkForServer(server, plan, options))

/** Returns true if an apply of a plan writes at a checkpoint. */
export const hasWrites = ({ duplicates, grants, revokes }: CheckpointPlan): boolean =>
  grants.length + revokes.length + duplicates.length > 0

/** Returns true if a project has several permissions. */
export const hasDuplicates = (found: ReadonlyArray<ListedPermission>): boolean => byProject(found).size < found.length

/** The maximum age of a snapshot when its checkpoint is reached. */
export const defaultMaxSnapshotAge: Duration.DurationInput = "1 hour"

/**
 * Options of an apply.
 *
 * @category models
 */
export interface ApplyOptions {
  /** The number of checkpoints that are changed concurrently. Default: 8. */
  readonly concurrency?: number | undefined
  /** The maximum number of revocations. A plan with more is refused. Default: no limit. */
  readonly maxRevokes?: number | undefined
  /** The maximum age of a plan. An older plan is refused. Default: one day. */
  readonly maxAge?: Duration.DurationInput | undefined
  /** The maximum age of a snapshot when its checkpoint is reached. An older one is read again. Default: one hour. */
  readonly maxSnapshotAge?: Duration.DurationInput | undefined
  /** The result of `AccessPolicy.digest` for a policy. A plan made from another policy is refused. */
  readonly policyDigest?: string | undefined
  /** The journal, with a line before and after each write. Default: none. */
  readonly journal?: Journal | undefined
  /** The author of the journal's lines. Default: none. */
  readonly actor?: string | undefined
  /**
   * Called with the permissions of a checkpoint before its first write. If it fails, nothing is written. Default: not
   * called.
   */
  readonly onBefore?:
    | ((checkpoint: CheckpointId, found: ReadonlyArray<ListedPermission>) => Effect.Effect<void, JournalFailed>)
    | undefined
  /** When this completes, no further request is sent. Requests in flight finish, and the stream ends with `Stopped`. */
  readonly stop?: Effect.Effect<unknown> | undefined
}
