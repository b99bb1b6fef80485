/** A plan as schemas. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { createdAt } from "@checkpoint-permissions/core/Permission"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { AuditOptions } from "../audit/matrix.ts"
import { Seconds } from "../history/changes.ts"
import { optional } from "../json.ts"
import { Diagnostic } from "../policy/entry.ts"
import { dayOf } from "../policy/resolve.ts"
import { AccessPolicy, Until } from "../policy/schema.ts"

/** A permission that the plan found. */
export const ListedPermission = Schema.Struct({
  id: PermissionId,
  project_id: ProjectId,
  /** Unix seconds. In JSON an ISO 8601 time. */
  created_at: Seconds
})

export interface ListedPermission extends Schema.Schema.Type<typeof ListedPermission> {}

/** The reasons why an apply leaves out a step, although policy and server differ. Each has a sentence for people. */
export const leftOutReasons = {
  "not in the change": "The change does not ask for it.",
  "not changed by these commits": "No commit of the range asks for it.",
  "changed on the server since": "The access was changed on the server since.",
  "a deletion is unexplained": "The audit log has a newer deletion, and does not name its project.",
  "the audit log was not read": "The audit log was not read, so there may be a newer deletion.",
  "the audit log does not reach back": "The audit log begins later, so there may be a newer deletion.",
  "dated in the future": "The date of the commit is in the future.",
  "no base": "There is no earlier policy to compare with.",
  "existed before": "The permission is older than the change.",
  "is gone already": "The permission is gone already.",
  "has access again": "The project has access again.",
  "owns the model": "The project owns the model, and has access without a permission."
} as const

/** Every reason to leave out a step. */
export const Left = Schema.Literal(...Struct.keys(leftOutReasons))

export type Left = typeof Left.Type

/** A commit of a policy, as its full id, committer date and subject. */
export const Commit = Schema.Struct({ id: Schema.String, at: Schema.DateTimeUtc, subject: Schema.String })

export interface Commit extends Schema.Schema.Type<typeof Commit> {}

const common = {
  project: ProjectId,
  /** The last day of the access in the policy, its reason, and its file and line. */
  until: optional(Until),
  reason: optional(Schema.String),
  at: optional(Schema.String),
  /** The last commit that changed the access of the project. */
  commit: optional(Commit),
  /** The time at which an approved plan with this step read the checkpoint. */
  approved: optional(Schema.DateTimeUtc),
  /** The reason why an apply leaves out the step. */
  left: optional(Left),
  /** The reason why the commits alone would leave out the step, in a plan of every difference. */
  although: optional(Left),
  /** The change on the server after which the step is left out. */
  newer: optional(Schema.Struct({ at: Schema.DateTimeUtc, by: optional(Schema.String) }))
}

/** A permission to create. */
export const Grant = Schema.Struct({ ...common, why: Schema.Literal("missing", "undo") })

export interface Grant extends Schema.Schema.Type<typeof Grant> {}

/** A permission to delete. The delete of a `duplicate` takes no access away. */
export const Delete = Schema.Struct({
  ...common,
  permission: ListedPermission.pick("id", "created_at"),
  why: Schema.Literal("unwanted", "ended", "duplicate", "undo")
})

export interface Delete extends Schema.Schema.Type<typeof Delete> {}

/** One difference between policy and listing, with its reason. */
export const Step = Schema.Union(Delete, Grant)

export type Step = typeof Step.Type

/** The permissions found at a checkpoint, and the steps from there to the policy. */
export const CheckpointPlan = Schema.Struct({
  checkpoint: CheckpointId,
  mode: Schema.Literal("exact", "at-least"),
  owner: Schema.optional(ProjectId),
  /** The time before the first request of the listing. Later changes may be missing from `found`. */
  readFrom: optional(Schema.DateTimeUtc),
  /** The time after the last reply of the listing. */
  readAt: Schema.DateTimeUtc,
  found: Schema.Array(ListedPermission),
  /** Projects of the policy that have a permission and keep it. */
  kept: Schema.Array(ProjectId),
  steps: Schema.Array(Step)
})

export interface CheckpointPlan extends Schema.Schema.Type<typeof CheckpointPlan> {}

/** Returns true for a permission to create. */
export const isGrant = (step: Step): step is Grant => !("permission" in step)

/** Returns true for a permission to delete, that of a duplicate included. */
export const isDelete = (step: Step): step is Delete => "permission" in step

/** Returns true for a step that takes access away. */
export const isRevoke = (step: Step): step is Delete => isDelete(step) && step.why !== "duplicate"

/** Returns true for the delete of a permission that was created on the last day of the access, or before. */
export const isOfEnd = (step: Step): boolean =>
  isDelete(step) && step.why === "ended" && dayOf(createdAt(step.permission)) <= (step.until ?? "")

/** Returns the steps that an apply makes. */
export const planned = ({ steps }: CheckpointPlan): ReadonlyArray<Step> =>
  steps.filter(({ left }) => left === undefined)

/** Returns the projects of grants. */
export const grantsIn = (steps: ReadonlyArray<Step>): ReadonlyArray<ProjectId> =>
  steps.filter(isGrant).map(({ project }) => project)

/** A checkpoint that could not be read, with the reason. The plan does not change it. */
export const UnreadCheckpoint = Schema.Struct({ checkpoint: CheckpointId, reason: Schema.String })

export interface UnreadCheckpoint extends Schema.Schema.Type<typeof UnreadCheckpoint> {}

/** A checkpoint that does not exist. `at` is its file and line in the policy. */
const MissingCheckpoint = Schema.Struct({ checkpoint: CheckpointId, at: optional(Schema.String) })

/**
 * A difference between the entries of a policy and of another one for a checkpoint, or for a project there. `before` and
 * `after` are texts. A missing one is none: a new entry has no `mode` before, a removed one none after, and has no other
 * difference. For `until`, missing is a project that is not listed, and `null` is access without an end.
 */
export const Difference = Schema.Struct({
  checkpoint: CheckpointId,
  project: optional(ProjectId),
  key: Schema.Literal("until", "mode", "owner", "reason", "lastReview", "reviewEvery"),
  /** True for a project that is no longer listed in the mode `at-least`: its permission stays. */
  stays: optional(Schema.Literal(true)),
  before: optional(Schema.NullOr(Schema.String)),
  after: optional(Schema.NullOr(Schema.String))
})

export interface Difference extends Schema.Schema.Type<typeof Difference> {}

/** The part of a policy that a plan covers. An entry is the policy of one checkpoint. */
export const PlanScope = Schema.Struct({
  /** The number of entries in the policy. */
  entries: Schema.Int,
  /** The planned entries: they differ from the compared policy, or the commits ask for a change there. */
  changed: Schema.Array(CheckpointId),
  /** Entries that only the compared policy has. Nothing is planned for them, so their permissions stay. */
  removed: Schema.Array(CheckpointId),
  /** The differences from the compared policy, those that give access first. Steps may follow from them. */
  differences: optional(Schema.Array(Difference)),
  /** True if the compared policy was invalid: no step is known to be in the change. */
  invalidBase: optional(Schema.Literal(true))
})

export interface PlanScope extends Schema.Schema.Type<typeof PlanScope> {}

/** The numbers of changes in a plan. */
export const Counts = Schema.Struct({
  checkpoints: Schema.Int,
  grants: Schema.Int,
  revokes: Schema.Int,
  unchanged: Schema.Int,
  duplicates: Schema.Int,
  unread: Schema.Int,
  /** Requests that an immediate apply sends. */
  creates: Schema.Int,
  deletes: Schema.Int
})

export interface Counts extends Schema.Schema.Type<typeof Counts> {}

/** The checkpoints that one `Access` read for a plan. The permissions themselves are in the plan. */
export class Snapshots extends Data.Class<{
  /** Identifies the `Access`. */
  readonly token: object
  readonly checkpoints: ReadonlySet<string>
}> {}

/** The changes that make the server match a policy, with the reads that they are based on. */
export const AccessPlan = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/plan"),
  version: Schema.Literal(4),
  createdAt: Schema.DateTimeUtc,
  /** The day that the plan was made for, in UTC, such as `2027-01-31`. Access that had ended by then is revoked. */
  day: Until,
  apiUrl: Schema.String,
  organization: Schema.optional(Schema.String),
  policy: AccessPolicy,
  policyDigest: Schema.String,
  /** Missing if the plan covers the whole policy. */
  scope: optional(PlanScope),
  /** The commits that the plan was made for. Without `base` they cannot be compared. */
  commits: optional(Schema.Struct({ base: optional(Commit), head: Commit })),
  counts: Counts,
  checkpoints: Schema.Array(CheckpointPlan),
  unread: Schema.Array(UnreadCheckpoint),
  /** Entries with an unknown or archived project. Nothing is planned for them. Missing if there are none. */
  leftOut: optional(
    Schema.Array(Schema.Struct({ checkpoint: CheckpointId, diagnostics: Schema.NonEmptyArray(Diagnostic) }))
  ),
  /** Checkpoints that do not exist: the API answered 404 for them, and listed another checkpoint of the plan. */
  gone: optional(Schema.Array(MissingCheckpoint)),
  /** The number of changes that are not undone, since the audit log does not name their project or checkpoint. */
  unnamed: optional(Schema.Int),
  /** Present in an applied plan. `found` is the access before it. `complete` is false if a part was not applied. */
  executed: optional(
    Schema.Struct({
      at: Schema.DateTimeUtc,
      complete: Schema.Boolean
    })
  ),
  /** The checkpoints that were read for this plan. Missing in a plan from a file. */
  snapshots: Schema.optionalToOptional(Schema.Never, Schema.UndefinedOr(Schema.instanceOf(Snapshots)), {
    decode: () => Option.none(),
    encode: () => Option.none()
  }).annotations({ title: "snapshots", description: "Never in a file." })
}).annotations({ identifier: "AccessPlan", parseOptions: { onExcessProperty: "error" } })

export interface AccessPlan extends Schema.Schema.Type<typeof AccessPlan> {}

/**
 * A plan in the form of a file: with the SHA-256 of its other fields, as `sha256:<hex>`.
 *
 * @category schemas
 */
export const PlanFile = Schema.Struct({ ...AccessPlan.fields, digest: Schema.String }).annotations({
  identifier: "PlanFile",
  parseOptions: { onExcessProperty: "error" }
})

/**
 * The error of a plan that is not applied: invalid, edited, too old, already applied, or made for another server,
 * organization or policy.
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
  /** The mismatch, and the way to resolve it. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the plan is refused: ${this.detail}`
  }
}

export const refuse = (reason: PlanRefused["reason"], detail: string) => new PlanRefused({ reason, detail })

/** Options of the reads for a plan. */
export interface PlanOptions extends Pick<AuditOptions, "concurrency" | "onRow" | "stop"> {
  /**
   * The current time, which determines the access that has ended, such as the server's time. Default: the clock of this
   * machine.
   */
  readonly now?: Effect.Effect<DateTime.Utc> | undefined
  /** The part of the policy to plan, from {@link AccessPlan.scopeOf}. Default: all of it. */
  readonly scope?: PlanScope | undefined
}
