import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type AccessPlan, PlanRefused } from "../plan/model.ts"
import type { ApplyOptions } from "./options.ts"

/** To the second: nobody needs the rest. */
const rounded = (duration: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.round(Duration.toSeconds(duration))))

/** How far the clocks of two machines may be apart. */
const clockSkew = Duration.minutes(5)

/**
 * Whether a plan may be applied now, by this service and with these options: fails as {@link apply} does before its
 * first request. For what is to be shown and confirmed first.
 *
 * @category operations
 */
export const checkPlan: (
  plan: AccessPlan,
  options?: Pick<ApplyOptions, "maxAge" | "maxRevokes" | "policyDigest">
) => Effect.Effect<void, PlanRefused, CheckpointPermissions> = Effect.fnUntraced(function* (plan, options = {}) {
  const service = yield* CheckpointPermissions
  const refuse = (reason: PlanRefused["reason"], detail: string) => new PlanRefused({ reason, detail })
  if (plan.apiUrl !== service.server.apiUrl) {
    return yield* refuse(
      "server",
      `it was made for ${plan.apiUrl}, not for ${service.server.apiUrl}: apply it there, or make it anew for this server`
    )
  }
  if (plan.organization !== service.server.organization) {
    return yield* refuse(
      "organization",
      `it was made for ${plan.organization ?? "no named organization"}, not for ${service.server.organization ?? "no named one"}: name that organization, or make it anew for this one`
    )
  }
  if (options.policyDigest !== undefined && options.policyDigest !== plan.policyDigest) {
    return yield* refuse("policy", `it was made from another policy (${plan.policyDigest}): make it anew`)
  }
  const now = yield* DateTime.now
  const age = DateTime.distanceDuration(plan.createdAt, now)
  if (DateTime.greaterThan(plan.createdAt, now) && Duration.greaterThan(age, clockSkew)) {
    return yield* refuse("age", `it is dated ${rounded(age)} in the future: check the clock, or make it anew`)
  }
  const maxAge = Duration.decode(options.maxAge ?? "1 day")
  if (Duration.greaterThan(age, maxAge)) {
    return yield* refuse("age", `it is ${rounded(age)} old, more than ${rounded(maxAge)}: make it anew`)
  }
  if (options.maxRevokes !== undefined && plan.counts.revokes > options.maxRevokes) {
    return yield* refuse(
      "revokes",
      `it revokes ${plan.counts.revokes} permissions, more than the limit of ${options.maxRevokes}: look at it, then raise the limit`
    )
  }
})
