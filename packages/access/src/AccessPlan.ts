/**
 * The difference between a policy and what the server has: a value that prints,
 * saves and loads, and holds what it was made from.
 *
 * @since 0.1.0
 */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { AccessPolicy, digest, fromState, type InvalidPolicy, resolve } from "./AccessPolicy.ts"
import { countsOf, derive } from "./internal/derive.ts"
import { sha256 } from "./internal/sha256.ts"
import { oneLine } from "./internal/text.ts"

/**
 * A permission as it was found.
 *
 * @category models
 * @since 0.1.0
 */
export const Found = Schema.Struct({
  id: PermissionId,
  project_id: ProjectId,
  /** Unix seconds. */
  created_at: Schema.Int
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Found extends Schema.Schema.Type<typeof Found> {}

/**
 * A permission that is to go, and why: its project is not in the policy, or has
 * an older permission too.
 *
 * @category models
 * @since 0.1.0
 */
export const Revoke = Schema.Struct({
  permission: Found,
  reason: Schema.Literal("unwanted", "duplicate")
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Revoke extends Schema.Schema.Type<typeof Revoke> {}

/**
 * What the policy asks of a checkpoint, what was found there, and the steps
 * from one to the other.
 *
 * @category models
 * @since 0.1.0
 */
export const CheckpointPlan = Schema.Struct({
  checkpoint: CheckpointId,
  /** The project that owns the model, if the policy or the server says. */
  owner: Schema.optional(ProjectId),
  found: Schema.Array(Found),
  /** Projects to grant, in the order of the policy. */
  grants: Schema.Array(ProjectId),
  revokes: Schema.Array(Revoke),
  /** Projects that have the access they are to have. */
  unchanged: Schema.Array(ProjectId),
  /** Projects that the policy lists but that own the model: they have access and no permission. */
  impossible: Schema.Array(ProjectId)
})

/**
 * @category models
 * @since 0.1.0
 */
export interface CheckpointPlan extends Schema.Schema.Type<typeof CheckpointPlan> {}

/**
 * A checkpoint that could not be read, and why. The plan leaves it as it is.
 *
 * @category models
 * @since 0.1.0
 */
export const Unread = Schema.Struct({ checkpoint: CheckpointId, reason: Schema.String })

/**
 * @category models
 * @since 0.1.0
 */
export interface Unread extends Schema.Schema.Type<typeof Unread> {}

/**
 * How much a plan changes.
 *
 * @category models
 * @since 0.1.0
 */
export const Counts = Schema.Struct({
  checkpoints: Schema.Int,
  grants: Schema.Int,
  revokes: Schema.Int,
  unchanged: Schema.Int,
  impossible: Schema.Int,
  unread: Schema.Int,
  /** Requests that applying it straight away takes. */
  creates: Schema.Int,
  deletes: Schema.Int
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Counts extends Schema.Schema.Type<typeof Counts> {}

/**
 * @category models
 * @since 0.1.0
 */
export const AccessPlan = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/plan"),
  version: Schema.Literal(1),
  createdAt: Schema.DateTimeUtc,
  /** The server it was made for. */
  apiUrl: Schema.String,
  /** The organization it was made for, if one was named. */
  organization: Schema.optional(Schema.String),
  policy: AccessPolicy,
  /** Of what the policy means, as `AccessPolicy.digest` gives it. */
  policyDigest: Schema.String,
  counts: Counts,
  checkpoints: Schema.Array(CheckpointPlan),
  unread: Schema.Array(Unread)
}).annotations({ identifier: "AccessPlan", parseOptions: { onExcessProperty: "error" } })

/**
 * @category models
 * @since 0.1.0
 */
export interface AccessPlan extends Schema.Schema.Type<typeof AccessPlan> {}

/**
 * A plan that is not applied: made for another server, organization or policy,
 * too old, edited, or not a plan at all.
 *
 * @category errors
 * @since 0.1.0
 */
export class PlanRefused extends Schema.TaggedError<PlanRefused>()("PlanRefused", {
  reason: Schema.Literal(
    "format",
    "edited",
    "sha256",
    "server",
    "organization",
    "policy",
    "age",
    "revokes",
    "progress"
  ),
  /** What does not fit, and what to do. */
  detail: Schema.String
}) {
  /** One line for people. */
  override get message(): string {
    return `the plan is refused: ${this.detail}`
  }
}

const firstIssue = (error: ParseResult.ParseError): string => {
  const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
  return issue === undefined ? "unreadable" : oneLine([...issue.path.map(String), issue.message].join(": "), 200)
}

const File = Schema.parseJson(AccessPlan, { space: 2 })
const encode = Schema.encode(File)
const decode = Schema.decode(File)

/**
 * The plan as a file: JSON, to be read by people too.
 *
 * @category files
 * @since 0.1.0
 */
export const toJson = (plan: AccessPlan): Effect.Effect<string> =>
  Effect.orDie(Effect.map(encode(plan), (text) => `${text}\n`))

/**
 * The SHA-256 of the plan's file, as `sha256:<hex>`: what a review can pin.
 *
 * @category files
 * @since 0.1.0
 */
export const sha256Of = (plan: AccessPlan): Effect.Effect<string> => Effect.flatMap(toJson(plan), sha256)

/**
 * Reads a plan's file. Steps and counts are derived again from the policy and
 * the snapshot in it; a plan whose own do not follow is refused as edited. With
 * `sha256` the file must be the very one that was reviewed.
 *
 * @example
 * ```ts
 * import { Access, AccessPlan } from "@checkpoint-permissions/access"
 * import { Effect, Stream } from "effect"
 *
 * const applied = Effect.fn(function* (file: string) {
 *   const plan = yield* AccessPlan.fromJson(file, { sha256: "sha256:9f86d0…" })
 *   return yield* Stream.runCount(Access.apply(plan))
 * })
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const fromJson = (
  text: string,
  options?: { readonly sha256?: string | undefined }
): Effect.Effect<AccessPlan, PlanRefused> =>
  Effect.gen(function* () {
    const expected = options?.sha256?.replace(/^(sha256:)?/i, "sha256:").toLowerCase()
    if (expected !== undefined && (yield* sha256(text)) !== expected) {
      return yield* new PlanRefused({
        reason: "sha256",
        detail: `the file is not the one with ${expected}: apply the reviewed file, or review this one`
      })
    }
    const plan = yield* Effect.mapError(
      decode(text),
      (error) =>
        new PlanRefused({ reason: "format", detail: `it is not a plan (${firstIssue(error)}): make the plan anew` })
    )
    return yield* verified(plan)
  })

/**
 * What was found before the plan, as a policy: to go back to. Checkpoints that
 * could not be read are not in it. Fails with `InvalidPolicy` when an id of the
 * server cannot be written in a policy, such as a project id that begins with `@`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const formerState = (plan: AccessPlan): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.map(
    fromState(
      plan.checkpoints.map(({ checkpoint, found, owner }) => ({
        checkpoint,
        owner,
        projects: found.map((permission) => permission.project_id)
      }))
    ),
    (policy) => (plan.policy.names === undefined ? policy : { ...policy, names: plan.policy.names })
  )

/**
 * Whether the plan changes nothing.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isEmpty = (plan: AccessPlan): boolean => plan.counts.grants === 0 && plan.counts.revokes === 0

const sameCheckpoints = Schema.equivalence(Schema.Array(CheckpointPlan))
const sameCounts = Schema.equivalence(Counts)

/** Derives steps and counts again from policy and snapshot; fails with the name of what differs. */
const verified = Effect.fnUntraced(function* (plan: AccessPlan) {
  const edited = (what: string) =>
    new PlanRefused({
      reason: "edited",
      detail: `${what} in it do not follow from its policy and what was found: make the plan anew`
    })
  if ((yield* digest(plan.policy)) !== plan.policyDigest) return yield* edited("the digest and the policy")
  const wanted = resolve(plan.policy)
  const found = new Map(plan.checkpoints.map((planned) => [planned.checkpoint, planned]))
  const unread = new Set(plan.unread.map(({ checkpoint }) => checkpoint))
  const again = wanted
    .filter(({ checkpoint }) => !unread.has(checkpoint))
    .map((resolved) =>
      derive(resolved, found.get(resolved.checkpoint)?.found ?? [], found.get(resolved.checkpoint)?.owner)
    )
  if (!sameCheckpoints(again, plan.checkpoints)) return yield* edited("the steps")
  if (!sameCounts(countsOf(again, plan.unread), plan.counts)) return yield* edited("the counts")
  return plan
})
