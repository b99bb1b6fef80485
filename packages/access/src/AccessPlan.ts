/**
 * The difference between a policy and the server: a value that can be printed, saved and loaded, and that contains its
 * policy and snapshot.
 */
import "./internal/installEffect3.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeFile, digestMismatch, sha256 } from "./internal/json.ts"
import { AccessPlan, PlanFile, type PlanRefused, refuse } from "./internal/plan/steps.ts"
import type { Source } from "./internal/policy/entry.ts"
import { linesIn } from "./internal/policy/locations.ts"

export { leaveOut, scopeOf, withUnexplained } from "./internal/plan/derive.ts"
export { endings } from "./internal/plan/ends.ts"
export {
  AccessPlan,
  CheckpointPlan,
  grantsIn,
  isDelete,
  isGrant,
  isRevoke,
  PlanRefused,
  PlanScope,
  planned,
  Step
} from "./internal/plan/steps.ts"
export { appliedMarkdown, type PlanTextOptions, toMarkdown, toText } from "./internal/plan/text.ts"
export { checkUndo, readUndo, type UndoFile, undo, undoneCheckpoints } from "./internal/plan/undo.ts"

const encode = Schema.encodeSync(AccessPlan)
const decode = decodeFile(PlanFile, { format: "checkpoint-permissions/plan", version: 4 })

/** Returns the encoded plan with its fields in the order of the schema, and its digest. */
const encoded = (plan: AccessPlan) => {
  const rest = encode(plan)
  return { ...rest, digest: sha256(JSON.stringify(rest)) }
}

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
  Effect.sync(() => `${JSON.stringify(encoded(plan), null, 2)}\n`)

/**
 * Returns the SHA-256 of the plan's file as `sha256:<hex>`, for a review to record.
 *
 * @category files
 */
export const sha256Of = (plan: AccessPlan): Effect.Effect<string> => Effect.map(toJson(plan), sha256)

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
    const other = digestMismatch(text, options?.sha256)
    if (other !== undefined) return yield* refuse("sha256", `${other}: apply the reviewed file, or review this one`)
    const { digest, ...plan } = yield* Effect.mapError(decode(text, undefined), (issue) =>
      refuse("format", `it is not a plan of this version (${issue}): make it again with this version`)
    )
    if (encoded(plan).digest !== digest) {
      return yield* refuse("edited", "its digest does not match its content, so it was edited: make it again")
    }
    return plan
  })

/**
 * Returns a plan with file and line of its policy for each end of access, and for each checkpoint that does not exist.
 *
 * @category conversions
 */
export const withLines = (plan: AccessPlan, sources: ReadonlyArray<Source>): AccessPlan => {
  const located = linesIn(sources)
  return {
    ...plan,
    checkpoints: plan.checkpoints.map((one) => ({
      ...one,
      steps: one.steps.map(({ project, until, ...rest }) =>
        until === undefined
          ? { project, ...rest }
          : { project, until, ...rest, ...located(one.checkpoint, { project, until }) }
      )
    })),
    ...(plan.gone === undefined
      ? {}
      : { gone: plan.gone.map(({ checkpoint }) => ({ checkpoint, ...located(checkpoint) })) })
  }
}

/**
 * Returns true if the plan has no step, and its policy does not differ from the compared one.
 *
 * @category predicates
 */
export const isEmpty = ({ counts, scope }: AccessPlan): boolean =>
  counts.grants + counts.revokes + (scope?.differences?.length ?? 0) === 0
