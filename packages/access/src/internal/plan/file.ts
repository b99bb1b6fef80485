/** A plan as a file, and a file as a plan. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { issueOf } from "../json.ts"
import { digest } from "../policy/digest.ts"
import { resolve } from "../policy/resolve.ts"
import { sha256 } from "../sha256.ts"
import { countsOf, derive } from "./derive.ts"
import { AccessPlan, CheckpointPlan, Counts, PlanRefused } from "./model.ts"

const File = Schema.parseJson(AccessPlan, { space: 2 })
const encode = Schema.encode(File)
const decode = Schema.decode(File)

export const toJson = (plan: AccessPlan): Effect.Effect<string> =>
  Effect.orDie(Effect.map(encode(plan), (text) => `${text}\n`))

export const sha256Of = (plan: AccessPlan): Effect.Effect<string> => Effect.flatMap(toJson(plan), sha256)

const sameCheckpoints = Schema.equivalence(Schema.Array(CheckpointPlan))
const sameCounts = Schema.equivalence(Counts)

/** What a checkpoint's steps are derived from; of one that is left out, nothing. */
const snapshotOf = (planned: CheckpointPlan | undefined, plan: AccessPlan) => ({
  permissions: planned?.found ?? [],
  readAt: planned?.readAt ?? plan.createdAt
})

/** Derives steps and counts again from policy and snapshot; fails with the name of what differs. */
const verified = Effect.fnUntraced(function* (plan: AccessPlan) {
  const edited = (what: string) =>
    new PlanRefused({
      reason: "edited",
      detail: `${what} in it do not follow from its policy and what was found: make the plan anew`
    })
  const wanted = yield* Effect.mapError(resolve(plan.policy), () => edited("the steps"))
  if ((yield* digest(plan.policy)) !== plan.policyDigest) return yield* edited("the digest and the policy")
  const found = new Map(plan.checkpoints.map((planned) => [planned.checkpoint, planned]))
  const unread = new Set(plan.unread.map(({ checkpoint }) => checkpoint))
  const again = wanted
    .filter(({ checkpoint }) => !unread.has(checkpoint))
    .map((resolved) =>
      derive(
        resolved,
        snapshotOf(found.get(resolved.checkpoint), plan),
        found.get(resolved.checkpoint)?.owner,
        plan.unwanted
      )
    )
  if (!sameCheckpoints(again, plan.checkpoints)) return yield* edited("the steps")
  if (!sameCounts(countsOf(again, plan.unread), plan.counts)) return yield* edited("the counts")
  return plan
})

export const fromJson = (text: string, sha256Given: string | undefined): Effect.Effect<AccessPlan, PlanRefused> =>
  Effect.gen(function* () {
    const expected = sha256Given?.replace(/^(sha256:)?/i, "sha256:").toLowerCase()
    if (expected !== undefined && (yield* sha256(text)) !== expected) {
      return yield* new PlanRefused({
        reason: "sha256",
        detail: `the file is not the one with ${expected}: apply the reviewed file, or review this one`
      })
    }
    const plan = yield* Effect.mapError(
      decode(text),
      (error) =>
        new PlanRefused({ reason: "format", detail: `it is not a plan (${issueOf(error)}): make the plan anew` })
    )
    return yield* verified(plan)
  })
