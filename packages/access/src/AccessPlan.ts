/**
 * The difference between a policy and the server: a value that can be printed, saved and loaded, and that contains its
 * policy and snapshot.
 */
import "./internal/installEffect3.ts"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import { decodeFile, digestMismatch, sha256 } from "./internal/json.ts"
import { countsOf } from "./internal/plan/derive.ts"
import { AccessPlan, type CheckpointPlan, PlanFile, type PlanRefused, refuse } from "./internal/plan/steps.ts"
import { fromState } from "./internal/policy/check.ts"
import type { AccessPolicy, Ending, InvalidPolicy, Source } from "./internal/policy/entry.ts"
import { linesIn } from "./internal/policy/locations.ts"
import { dayOf, resolve } from "./internal/policy/resolve.ts"

export { givesAccess } from "./internal/plan/changes.ts"
export { leaveOut, scopeOf, withUnexplained } from "./internal/plan/derive.ts"
export {
  AccessPlan,
  CheckpointPlan,
  Delete,
  Difference,
  Grant,
  grantsIn,
  isDelete,
  isGrant,
  isRevoke,
  Left,
  leftOutReasons,
  PlanRefused,
  PlanScope,
  planned,
  Step
} from "./internal/plan/steps.ts"

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
 * Returns the access that a plan found, as a policy that restores it. Leaves out checkpoints that could not be read.
 * Fails with `InvalidPolicy` if a policy cannot contain an id of the server, such as a project id that begins with `@`.
 *
 * @category conversions
 */
export const formerState = (plan: {
  readonly checkpoints: ReadonlyArray<Pick<CheckpointPlan, "checkpoint" | "found" | "owner">>
}): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  fromState(
    plan.checkpoints.map(({ checkpoint, found, owner }) => ({
      checkpoint,
      owner,
      projects: found.map((permission) => permission.project_id)
    }))
  )

/**
 * Splits a plan into plans of one checkpoint each, in the same order, to be applied separately. They keep the digest of
 * the whole policy. Checkpoints that could not be read are in none of them.
 *
 * @category conversions
 */
export const parts = (plan: AccessPlan): ReadonlyArray<AccessPlan> =>
  plan.checkpoints.map((part) => ({
    ...plan,
    policy: { version: 1, checkpoints: {} },
    counts: countsOf([part], []),
    checkpoints: [part],
    unread: []
  }))

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

/**
 * Returns the ends of a plan's policy that do not count, since their project is also listed without an end.
 *
 * @category ends
 */
export const ignoredEnds = (
  plan: Pick<AccessPlan, "checkpoints" | "policy">
): ReadonlyArray<Ending & { readonly checkpoint: CheckpointId }> =>
  endsIn(plan).flatMap(({ ignored, ...end }) => (ignored === true ? [end] : []))

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
