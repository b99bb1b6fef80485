import { CheckpointPermissions, type Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Journal, JournalFailed } from "../journal/model.ts"
import { type AccessPlan, type CheckpointPlan, type Found, PlanRefused } from "../plan/model.ts"

/** To the second: nobody needs the rest. */
const rounded = (duration: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.round(Duration.toSeconds(duration))))

/** How far the clocks of two machines may be apart. */
const clockSkew = Duration.minutes(5)

/**
 * What is allowed of a plan.
 *
 * @category models
 */
export type Terms = Pick<ApplyOptions, "maxAge" | "maxRevokes" | "policyDigest">

const refused = (reason: PlanRefused["reason"], detail: string) => new PlanRefused({ reason, detail })

/**
 * Whether a plan may be applied now with these options, by whatever service it is for: fails as `Access.apply` does
 * before its first request. For a plan that others apply.
 *
 * @category predicates
 */
export const checkTerms: (plan: AccessPlan, terms?: Terms) => Effect.Effect<void, PlanRefused> = Effect.fnUntraced(
  function* (plan, terms = {}) {
    if (plan.executed !== undefined) {
      return yield* refused("executed", `it was applied at ${DateTime.formatIso(plan.executed.at)}: make a new one`)
    }
    if (terms.policyDigest !== undefined && terms.policyDigest !== plan.policyDigest) {
      return yield* refused("policy", `it was made from another policy (${plan.policyDigest}): make it anew`)
    }
    const now = yield* DateTime.now
    const age = DateTime.distanceDuration(plan.createdAt, now)
    if (DateTime.greaterThan(plan.createdAt, now) && Duration.greaterThan(age, clockSkew)) {
      return yield* refused("age", `it is dated ${rounded(age)} in the future: check the clock, or make it anew`)
    }
    const maxAge = Duration.decode(terms.maxAge ?? "1 day")
    if (Duration.greaterThan(age, maxAge)) {
      return yield* refused("age", `it is ${rounded(age)} old, more than ${rounded(maxAge)}: make it anew`)
    }
    if (terms.maxRevokes !== undefined && plan.counts.revokes > terms.maxRevokes) {
      return yield* refused(
        "revokes",
        `it revokes ${plan.counts.revokes} permissions, more than the limit of ${terms.maxRevokes}: look at it, then raise the limit`
      )
    }
  }
)

/** Fails unless the plan was made for this server and may be applied now. */
export const refuse: (server: Server, plan: AccessPlan, terms?: Terms) => Effect.Effect<void, PlanRefused> =
  Effect.fnUntraced(function* (server, plan, terms) {
    if (plan.apiUrl !== server.apiUrl) {
      return yield* refused(
        "server",
        `it was made for ${plan.apiUrl}, not for ${server.apiUrl}: apply it there, or make it anew for this server`
      )
    }
    if (plan.organization !== server.organization) {
      return yield* refused(
        "organization",
        `it was made for ${plan.organization ?? "no named organization"}, not for ${server.organization ?? "no named one"}: name that organization, or make it anew for this one`
      )
    }
    yield* checkTerms(plan, terms)
  })

/**
 * Whether a plan may be applied now, by this service and with these options: fails as {@link apply} does before its
 * first request. For what is to be shown and confirmed first.
 *
 * @category operations
 */
export const checkPlan = (plan: AccessPlan, options?: Terms): Effect.Effect<void, PlanRefused, CheckpointPermissions> =>
  Effect.flatMap(CheckpointPermissions, ({ server }) => refuse(server, plan, options))

/** Returns true if a plan has steps at a checkpoint. */
export const changes = ({ grants, revokes }: CheckpointPlan): boolean => grants.length + revokes.length > 0

/** Returns true if a project has several permissions. */
export const hasDuplicates = (found: ReadonlyArray<Found>): boolean => byProject(found).size < found.length

/** How old a snapshot may be when its checkpoint is reached. */
export const defaultMaxSnapshotAge: Duration.DurationInput = "1 hour"

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
  /**
   * Called with the permissions of a checkpoint before its first write. Nothing is written if it fails. Default: not
   * called.
   */
  readonly onBefore?:
    | ((checkpoint: CheckpointId, found: ReadonlyArray<Found>) => Effect.Effect<void, JournalFailed>)
    | undefined
  /** When this completes no further request is made; what is in flight finishes, and the stream ends with `Stopped`. */
  readonly stop?: Effect.Effect<unknown> | undefined
}
