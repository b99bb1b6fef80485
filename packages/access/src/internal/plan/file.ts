/** A plan as a file, and a file as a plan. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decoded } from "../json.ts"
import { digest } from "../policy/digest.ts"
import { resolve } from "../policy/resolve.ts"
import { mismatch, sha256 } from "../sha256.ts"
import { countsOf, derive, todayOf } from "./derive.ts"
import { AccessPlan, CheckpointPlan, Counts, PlanRefused } from "./model.ts"

const encode = Schema.encode(Schema.parseJson(AccessPlan, { space: 2 }))
const decode = decoded(AccessPlan)

/**
 * The plan as a file: JSON, to be read by people too.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessPlan, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const file = await AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects: ["proj_a"] } } }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.flatMap(AccessPlan.toJson),
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(JSON.parse(file).counts.grants, 1)
 * ```
 *
 * @category files
 */
export const toJson = (plan: AccessPlan): Effect.Effect<string> =>
  Effect.orDie(Effect.map(encode(plan), (text) => `${text}\n`))

/**
 * The SHA-256 of the plan's file, as `sha256:<hex>`: what a review can pin.
 *
 * @category files
 */
export const sha256Of = (plan: AccessPlan): Effect.Effect<string> => Effect.flatMap(toJson(plan), sha256)

const sameCheckpoints = Schema.equivalence(Schema.Array(CheckpointPlan))
const sameCounts = Schema.equivalence(Counts)

/** Derives steps and counts again from policy and snapshot; fails with the name of what differs. */
const verified = Effect.fnUntraced(function* (plan: AccessPlan) {
  const edited = (what: string) =>
    new PlanRefused({
      reason: "edited",
      detail: `${what} in it do not follow from its policy and what was found: make the plan anew`
    })
  const wanted = yield* Effect.mapError(resolve(plan.policy), () => edited("the steps"))
  // An older plan has no day, and its policy no end.
  if ((yield* digest(plan.policy, { day: plan.day ?? "0000-01-01" })) !== plan.policyDigest)
    return yield* edited("the digest and the policy")
  const planned = new Map(plan.checkpoints.map((one) => [one.checkpoint, one]))
  const unread = new Set(plan.unread.map(({ checkpoint }) => checkpoint))
  const today = todayOf(
    plan.day,
    plan.checkpoints.map(({ found, readAt }) => ({ permissions: found, readAt }))
  )
  const again = wanted
    .filter(({ checkpoint }) => !unread.has(checkpoint))
    .map((resolved) => {
      // Of one that was left out, nothing was found.
      const {
        found: permissions = [],
        owner,
        readAt = plan.createdAt,
        readFrom
      } = planned.get(resolved.checkpoint) ?? {}
      const row = { permissions, readAt, ...(readFrom === undefined ? {} : { readFrom }) }
      return derive(resolved, row, owner, plan.unwanted, today)
    })
  if (!sameCheckpoints(again, plan.checkpoints)) return yield* edited("the steps")
  if (!sameCounts(countsOf(again, plan.unread), plan.counts)) return yield* edited("the counts")
  return plan
})

/**
 * Reads a plan's file. Steps and counts are derived again from the policy and the snapshot in it; a plan whose own do
 * not follow is refused as edited. With `sha256` the file must be the very one that was reviewed.
 *
 * @category files
 */
export const fromJson = (
  text: string,
  options?: { readonly sha256?: string | undefined }
): Effect.Effect<AccessPlan, PlanRefused> =>
  Effect.gen(function* () {
    const other = yield* mismatch(text, options?.sha256)
    if (other !== undefined) {
      const detail = `${other}: apply the reviewed file, or review this one`
      return yield* new PlanRefused({ reason: "sha256", detail })
    }
    const plan = yield* Effect.mapError(
      decode(text, undefined),
      (issue) => new PlanRefused({ reason: "format", detail: `it is not a plan (${issue}): make the plan anew` })
    )
    return yield* verified(plan)
  })
