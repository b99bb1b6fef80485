/** Reads and writes the file of a plan. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeFile, digestMismatch, sha256 } from "../json.ts"
import { AccessPlan, PlanFile, PlanRefused } from "./model.ts"

const encode = Schema.encode(AccessPlan)
const decode = decodeFile(PlanFile, { format: "checkpoint-permissions/plan", version: 2 })

/** Returns the encoded plan with its fields in the order of the schema, and its digest. */
const encoded = Effect.fnUntraced(function* (plan: AccessPlan) {
  const rest = yield* Effect.orDie(encode(plan))
  return { ...rest, digest: yield* sha256(JSON.stringify(rest)) }
})

/**
 * Returns the plan as a file: formatted JSON with a digest.
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
  Effect.map(encoded(plan), (file) => `${JSON.stringify(file, null, 2)}\n`)

/**
 * Returns the SHA-256 of the plan's file as `sha256:<hex>`, for a review to record.
 *
 * @category files
 */
export const sha256Of = (plan: AccessPlan): Effect.Effect<string> => Effect.flatMap(toJson(plan), sha256)

/**
 * Reads the text of a plan's file. Fails if the digest does not match the content: the file was edited. The digest
 * detects edits, not forgery. With `sha256`, also fails unless the text has this SHA-256.
 *
 * @category files
 */
export const fromJson = (
  text: string,
  options?: { readonly sha256?: string | undefined }
): Effect.Effect<AccessPlan, PlanRefused> =>
  Effect.gen(function* () {
    const other = yield* digestMismatch(text, options?.sha256)
    if (other !== undefined) {
      const detail = `${other}: apply the reviewed file, or review this one`
      return yield* new PlanRefused({ reason: "sha256", detail })
    }
    const { digest, ...plan } = yield* Effect.mapError(
      decode(text, undefined),
      (issue) =>
        new PlanRefused({
          reason: "format",
          detail: `it is not a plan of this version (${issue}): make it again with this version`
        })
    )
    if ((yield* encoded(plan)).digest !== digest) {
      return yield* new PlanRefused({
        reason: "edited",
        detail: "its digest does not match its content, so it was edited: make it again"
      })
    }
    return plan
  })
