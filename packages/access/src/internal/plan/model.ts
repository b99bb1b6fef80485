/** A plan as schemas. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"
import { Part } from "../part.ts"
import { Shape as AccessPolicy } from "../policy/schema.ts"

/**
 * A permission as it was found.
 *
 * @example
 * ```ts
 * import type { AccessPlan } from "@checkpoint-permissions/access"
 *
 * const projectsOf = (found: ReadonlyArray<AccessPlan.Found>): ReadonlySet<string> =>
 *   new Set(found.map(({ project_id }) => project_id))
 * ```
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
 * @example
 * ```ts
 * import type { AccessPlan } from "@checkpoint-permissions/access"
 *
 * const isDouble = ({ reason }: AccessPlan.Revoke): boolean => reason === "duplicate"
 * ```
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
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, type AccessPlan, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const plan = await AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects: ["proj_a"] } } }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * const [planned]: ReadonlyArray<AccessPlan.CheckpointPlan> = plan.checkpoints
 * assert.deepEqual(planned?.grants, ["proj_a"])
 * assert.deepEqual(
 *   planned?.revokes.map(({ reason }) => reason),
 *   ["unwanted"]
 * )
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const CheckpointPlan = Schema.Struct({
  checkpoint: CheckpointId,
  /** The project that owns the model, if the policy or the server says. */
  owner: Schema.optional(ProjectId),
  /** When it was read. */
  readAt: Schema.DateTimeUtc,
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
 * @example
 * ```ts
 * import type { AccessPlan } from "@checkpoint-permissions/access"
 *
 * const told = ({ checkpoint, reason }: AccessPlan.Unread): string => `? ${checkpoint}: ${reason}`
 * ```
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
 * @example
 * ```ts
 * import type { AccessPlan } from "@checkpoint-permissions/access"
 *
 * const told = ({ grants, revokes }: AccessPlan.Counts): string => `${grants} to grant, ${revokes} to revoke`
 * ```
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
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessPlan, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const plan: AccessPlan.AccessPlan = await AccessPolicy.make({
 *   version: 1,
 *   checkpoints: { [checkpoint]: { projects: ["proj_search"] } }
 * }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(plan.counts.grants, 1)
 * assert.equal(plan.counts.revokes, 1)
 * ```
 *
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
  /** The part that it is of a plan, if it is one: its policy has the checkpoints of that part only. */
  part: Schema.optional(Part),
  policy: AccessPolicy,
  /** The projects that it is about, if it revokes some projects and leaves all others as they are. */
  unwanted: Schema.optional(Schema.Array(ProjectId)),
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
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPlan } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const error = await Effect.runPromise(Effect.flip(AccessPlan.fromJson("{}")))
 * assert.equal(error._tag, "PlanRefused")
 * assert.equal(error.reason, "format")
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class PlanRefused extends Schema.TaggedError<PlanRefused>()("PlanRefused", {
  reason: Schema.Literal("format", "edited", "sha256", "server", "organization", "policy", "age", "revokes"),
  /** What does not fit, and what to do. */
  detail: Schema.String
}) {
  /** One line for people. */
  override get message(): string {
    return `the plan is refused: ${this.detail}`
  }
}
