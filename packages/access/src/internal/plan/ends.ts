/** The ends of access in the policy of a plan. */
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Order from "effect/Order"
import type { Ending } from "../policy/entry.ts"
import { dayOf, resolve } from "../policy/resolve.ts"
import type { AccessPlan } from "./steps.ts"

/** Returns the ends of access in the entries that a plan covers, earliest first. */
const endsIn = ({ checkpoints, policy }: Pick<AccessPlan, "checkpoints" | "policy">) => {
  const isCovered = new Set(checkpoints.map(({ checkpoint }) => checkpoint))
  const ends = Either.getOrElse(resolve(policy), () => []).flatMap(({ checkpoint, ends = [] }) =>
    isCovered.has(checkpoint) ? ends.map((end) => ({ ...end, checkpoint })) : []
  )
  return Arr.sortWith(ends, ({ until }) => until, Order.string)
}

/**
 * Returns the access of a plan's policy whose last day is in a range of days, earliest first. Both ends of the range
 * (`2027-01-31`) are included. Default: the plan's own day and the fourteen days after it.
 *
 * @category ends
 */
export const endings = (
  plan: Pick<AccessPlan, "checkpoints" | "day" | "policy">,
  days?: { readonly first: string; readonly last: string }
): ReadonlyArray<Ending & { readonly checkpoint: CheckpointId }> => {
  const { first, last } = days ?? {
    first: plan.day,
    last: dayOf(DateTime.add(DateTime.unsafeMake(plan.day), { days: 14 }))
  }
  return endsIn(plan).flatMap(({ ignored, ...end }) =>
    ignored === true || end.until < first || end.until > last ? [] : [end]
  )
}

/** Returns the ends of a plan's policy that do not count, since their project is also listed without an end. */
export const ignoredEnds = (
  plan: Pick<AccessPlan, "checkpoints" | "policy">
): ReadonlyArray<Ending & { readonly checkpoint: CheckpointId }> =>
  endsIn(plan).flatMap(({ ignored, ...end }) => (ignored === true ? [end] : []))
