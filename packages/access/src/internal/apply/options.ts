import { CheckpointPermissions, type Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Journal, JournalFailed } from "../journal/model.ts"
import { type AccessPlan, type CheckpointPlan, type ListedPermission, PlanRefused } from "../plan/model.ts"

/** Returns a duration as text, rounded to seconds. */
const rounded = (duration: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.round(Duration.toSeconds(duration))))

/** The largest difference between the clocks of two machines. */
const clockSkew = Duration.minutes(5)

/**
 * The limits of a plan.
 *
 * @category models
 */
export type PlanLimits = Pick<ApplyOptions, "maxAge" | "maxRevokes" | "policyDigest">

const planRefused = (reason: PlanRefused["reason"], detail: string) => new PlanRefused({ reason, detail })

/**
 * Fails if a plan may not be applied now with these options. Any service may apply it later. Fails as `Access.apply`
 * does before its first request. For a plan that another process applies.
 *
 * @category predicates
 */
export const checkLimits: (plan: AccessPlan, terms?: PlanLimits) => Effect.Effect<void, PlanRefused> =
  Effect.fnUntraced(function* (plan, terms = {}) {
    if (plan.executed !== undefined) {
      return yield* planRefused("executed", `it was applied at ${DateTime.formatIso(plan.executed.at)}: make a new one`)
    }
    if (terms.policyDigest !== undefined && terms.policyDigest !== plan.policyDigest) {
      return yield* planRefused("policy", `it was made from another policy (${plan.policyDigest}): make it anew`)
    }
    const now = yield* DateTime.now
    const age = DateTime.distanceDuration(plan.createdAt, now)
    if (DateTime.greaterThan(plan.createdAt, now) && Duration.greaterThan(age, clockSkew)) {
      return yield* planRefused("age", `it is dated ${rounded(age)} in the future: check the clock, or make it anew`)
    }
    const maxAge = Duration.decode(terms.maxAge ?? "1 day")
    if (Duration.greaterThan(age, maxAge)) {
      return yield* planRefused("age", `it is ${rounded(age)} old, more than ${rounded(maxAge)}: make it anew`)
    }
    if (terms.maxRevokes !== undefined && plan.counts.revokes > terms.maxRevokes) {
      return yield* planRefused(
        "revokes",
        `it revokes ${plan.counts.revokes} permissions, more than the limit of ${terms.maxRevokes}: look at it, then raise the limit`
      )
    }
  })

/** Fails unless the plan was made for this server and may be applied now. */
export const checkForServer: (
  server: Server,
  plan: AccessPlan,
  terms?: PlanLimits
) => Effect.Effect<void, PlanRefused> = Effect.fnUntraced(function* (server, plan, terms) {
  if (plan.apiUrl !== server.apiUrl) {
    return yield* planRefused(
      "server",
      `it was made for ${plan.apiUrl}, not for ${server.apiUrl}: apply it there, or make it anew for this server`
    )
  }
  if (plan.organization !== server.organization) {
    return yield* planRefused(
      "organization",
      `it was made for ${plan.organization ?? "no named organization"}, not for ${server.organization ?? "no named one"}: name that organization, or make it anew for this one`
    )
  }
  yield* checkLimits(plan, terms)
})

/**
 * Fails if a plan may not be applied now, by this service and with these options. Fails as {@link apply} does before
 * its first request. For a plan that is shown and confirmed first.
 *
 * @category operations
 */
export const checkPlan = (
  plan: AccessPlan,
  options?: PlanLimits
): Effect.Effect<void, PlanRefused, CheckpointPermissions> =>
  Effect.flatMap(CheckpointPermissions, ({ server }) => checkForServer(server, plan, options))

/** Returns true if a plan has steps at a checkpoint. */
export const hasSteps = ({ grants, revokes }: CheckpointPlan): boolean => grants.length + revokes.length > 0

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
