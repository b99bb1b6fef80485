/** A plan as schemas. */

import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Shape as AccessPolicy, Ending, Until } from "../policyText/schema.ts"

/**
 * A permission as it was found.
 *
 * @category models
 */
export const Found = Schema.Struct({
  id: PermissionId,
  project_id: ProjectId,
  /** Unix seconds. */
  created_at: Schema.Int
})

/** @category models */
export interface Found extends Schema.Schema.Type<typeof Found> {}

/**
 * A permission that is to go, and why: its project is not in the policy, its access has ended, or it has an older
 * permission too.
 *
 * @category models
 */
export const Revoke = Schema.Struct({
  permission: Found,
  reason: Schema.Literal("unwanted", "ended", "duplicate")
})

/** @category models */
export interface Revoke extends Schema.Schema.Type<typeof Revoke> {}

/**
 * What the policy asks of a checkpoint, what was found there, and the steps from one to the other.
 *
 * @category models
 */
export const CheckpointPlan = Schema.Struct({
  checkpoint: CheckpointId,
  owner: Schema.optional(ProjectId),
  /** Before the first request of the listing: changes from then on may be missing from `found`. */
  readFrom: Schema.optionalWith(Schema.DateTimeUtc, { exact: true }),
  /** After the last reply of the listing. */
  readAt: Schema.DateTimeUtc,
  found: Schema.Array(Found),
  grants: Schema.Array(ProjectId),
  revokes: Schema.Array(Revoke),
  unchanged: Schema.Array(ProjectId),
  /** Projects that the policy lists but that own the model: they have access and no permission. */
  impossible: Schema.Array(ProjectId),
  /**
   * The ends of access that the policy sets here, if there are any. `kept`: the project is listed without one too. `at`:
   * the file and line of the policy.
   */
  ends: Schema.optional(
    Schema.Array(
      Schema.Struct({
        ...Ending.fields,
        kept: Schema.optionalWith(Schema.Literal(true), { exact: true }),
        at: Schema.optionalWith(Schema.String, { exact: true })
      })
    )
  )
})

/** @category models */
export interface CheckpointPlan extends Schema.Schema.Type<typeof CheckpointPlan> {}

/**
 * A checkpoint that could not be read, and why. The plan leaves it as it is.
 *
 * @category models
 */
export const Unread = Schema.Struct({ checkpoint: CheckpointId, reason: Schema.String })

/** @category models */
export interface Unread extends Schema.Schema.Type<typeof Unread> {}

/** `at` is the file and line of the policy that name it. */
const Gone = Schema.Struct({ checkpoint: CheckpointId, at: Schema.optionalWith(Schema.String, { exact: true }) })

/**
 * The part of a policy that a plan covers. An entry is what the policy says of one checkpoint.
 *
 * @category models
 */
export const PlanScope = Schema.Struct({
  /** How many entries the policy has. */
  entries: Schema.Int,
  /** Entries that are not as in the policy that it is compared with. */
  changed: Schema.Array(CheckpointId),
  /** Other entries with access that has ended. */
  ended: Schema.Array(CheckpointId),
  /** Entries that only the other policy has: nothing is planned there, so their permissions stay. */
  removed: Schema.Array(CheckpointId),
  /** True if only access that has ended is to be revoked. */
  onlyEnded: Schema.optionalWith(Schema.Literal(true), { exact: true })
})

/** @category models */
export interface PlanScope extends Schema.Schema.Type<typeof PlanScope> {}

/**
 * How much a plan changes.
 *
 * @category models
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

/** @category models */
export interface Counts extends Schema.Schema.Type<typeof Counts> {}

/**
 * Checkpoints of a plan that one `Access` read for it. What it read there is in the plan itself.
 *
 * @category models
 */
export class Snapshots {
  /** Identifies the `Access`. */
  readonly token: object
  readonly checkpoints: ReadonlySet<string>

  constructor(token: object, checkpoints: ReadonlySet<string>) {
    this.token = token
    this.checkpoints = checkpoints
  }
}

/** @category models */
export const AccessPlan = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/plan"),
  version: Schema.Literal(2),
  createdAt: Schema.DateTimeUtc,
  /** The day in UTC that it was made for, such as `2027-01-31`: what had ended by then is revoked. */
  day: Until,
  apiUrl: Schema.String,
  organization: Schema.optional(Schema.String),
  policy: AccessPolicy,
  policyDigest: Schema.String,
  /** Missing if it covers the whole policy. */
  scope: Schema.optionalWith(PlanScope, { exact: true }),
  counts: Counts,
  checkpoints: Schema.Array(CheckpointPlan),
  unread: Schema.Array(Unread),
  /** Checkpoints that do not exist: the API answered 404, and listed another checkpoint of the plan. */
  gone: Schema.optionalWith(Schema.Array(Gone), { exact: true }),
  /** Present in a plan that was applied. `found` has the access before. `complete` is false if a part was not applied. */
  executed: Schema.optionalWith(Schema.Struct({ at: Schema.DateTimeUtc, complete: Schema.Boolean }), { exact: true }),
  /** The checkpoints that were read for this plan. A file has none. */
  snapshots: Schema.optionalToOptional(Schema.Never, Schema.UndefinedOr(Schema.instanceOf(Snapshots)), {
    decode: () => Option.none(),
    encode: () => Option.none()
  }).annotations({ title: "snapshots", description: "Never in a file." })
}).annotations({ identifier: "AccessPlan", parseOptions: { onExcessProperty: "error" } })

/** @category models */
export interface AccessPlan extends Schema.Schema.Type<typeof AccessPlan> {}

/**
 * A plan as a file has it: with the SHA-256 of the rest, as `sha256:<hex>`.
 *
 * @category schemas
 */
export const PlanFile = Schema.Struct({ ...AccessPlan.fields, digest: Schema.String }).annotations({
  identifier: "PlanFile",
  parseOptions: { onExcessProperty: "error" }
})

/**
 * A plan that is not applied: made for another server, organization or policy, too old, edited, applied already, or not a
 * plan at all.
 *
 * @category errors
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
    "executed"
  ),
  /** What does not fit, and what to do. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the plan is refused: ${this.detail}`
  }
}
