import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"
import { Names } from "../audit/matrix.ts"
import { Actor, Change, Seconds } from "../history/changes.ts"
import { optional, serverFields } from "../json.ts"
import { Until } from "../policy/schema.ts"

const text = optional(Schema.String)

/** The grant of a permission, if the log shows it. */
export const Grant = Schema.Union(
  Schema.TaggedStruct("InLog", { at: Seconds, by: Actor }),
  Schema.TaggedStruct("NotInLog", {}),
  /** The search did not reach that far back, or failed. */
  Schema.TaggedStruct("NotSearched", {})
).annotations({ identifier: "DriftGrant" })

/** The number of later deletes of unknown permissions. Each may have ended the access. */
const laterDeletes = Schema.Int

/** The end of a missing access, if the log shows it. An actor never has a name without an id. */
export const End = Schema.Union(
  /** The newest revoke of a permission of this project at this checkpoint. */
  Schema.TaggedStruct("Revoked", { permission: text, at: Seconds, by: Actor, laterDeletes }),
  /** The newest grant, which has no delete in the log. */
  Schema.TaggedStruct("NotRevoked", { permission: text, at: Seconds, laterDeletes }),
  /** No grant was found. `isComplete` is true if the log was read to its end. */
  Schema.TaggedStruct("NotGranted", { laterDeletes, isComplete: Schema.Boolean })
).annotations({ identifier: "DriftEnd" })

const at = { checkpoint: CheckpointId }

/**
 * A permission that the policy does not list. Its project is not in the policy, the project's last day has passed, or
 * the checkpoint is in no policy.
 */
const Unwanted = Schema.Struct({
  kind: Schema.Literal("not in the policy", "ended", "unmanaged"),
  ...at,
  project: ProjectId,
  permission: PermissionId,
  createdAt: Seconds,
  /** Missing if the log could not be read. */
  grant: optional(Grant)
})

const Missing = Schema.Struct({
  kind: Schema.Literal("in the policy, no access"),
  ...at,
  project: ProjectId,
  /** Missing if the log could not be read. */
  end: optional(End)
})

/** A difference between the policy and the server. */
export const Difference = Schema.Union(
  Unwanted,
  Missing,
  /** The project is not in the organization, and has no permission. */
  Schema.Struct({ kind: Schema.Literal("unknown project"), ...at, project: ProjectId }),
  /** The policy names this project as the owner, and the model's job another one. */
  Schema.Struct({ kind: Schema.Literal("another owner"), ...at, project: ProjectId, owner: ProjectId }),
  /** The checkpoint does not exist: the API answered 404 for it, and answered for other checkpoints. */
  Schema.Struct({ kind: Schema.Literal("gone"), ...at }),
  Schema.Struct({ kind: Schema.Literal("unread"), ...at, reason: Schema.String })
).annotations({ identifier: "DriftDifference" })

export type Difference = typeof Difference.Type

/** A remark on the policy that is not a difference. */
export const Note = Schema.Union(
  /** The server lists a permission of the project that owns the model. */
  Schema.Struct({ kind: Schema.Literal("owner listed"), ...at, project: ProjectId, permission: PermissionId }),
  /** A permission of a project that has an older one, not in the mode `at-least`. */
  Schema.Struct({ kind: Schema.Literal("duplicate"), ...at, project: ProjectId, permission: PermissionId }),
  Schema.Struct({
    kind: Schema.Literal("archived project"),
    ...at,
    project: ProjectId,
    /** The number of its other checkpoints in the policy. */
    others: Schema.Int
  }),
  /** The number of projects with access that the policy does not list, in the mode `at-least`. */
  Schema.Struct({ kind: Schema.Literal("other projects"), ...at, projects: Schema.Int })
).annotations({ identifier: "DriftNote" })

export type Note = typeof Note.Type

const Due = Schema.Struct({
  /** Missing for a policy without files. */
  file: text,
  checkpoints: Schema.Int,
  /** The number of projects with access in the policy, owners excluded, summed over the checkpoints. */
  accesses: Schema.Int,
  /** The first day on which one of them was due. Missing if each is in one of the numbers below. */
  since: optional(Until),
  /** The number of checkpoints without a last review, and of those whose last review is after the day of the read. */
  neverReviewed: optional(Schema.Int),
  futureReviews: optional(Schema.Int)
}).annotations({ identifier: "DriftDue" })

/** Differences between a policy and a read of all its checkpoints, with the actors from the audit log. */
export const Drift = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/drift"),
  version: Schema.Literal(2),
  ...serverFields,
  /** The span of the read. */
  readFrom: Schema.DateTimeUtc,
  readAt: Schema.DateTimeUtc,
  /** The number of checkpoints in the policy. */
  checkpoints: Schema.Int,
  /** 4 if something could not be read, else 3 if something differs, else 0. */
  exitCode: Schema.Literal(0, 3, 4),
  /** In the order of the policy. */
  differences: Schema.Array(Difference),
  notes: Schema.Array(Note),
  /** The reason why the projects of the policy were not compared with those of the organization. */
  projectsFailure: text,
  log: Schema.Struct({
    requestedAt: Schema.DateTimeUtc,
    /** True if the log was read to its end. */
    isComplete: Schema.Boolean,
    /** The time of the oldest event that was read. Missing if the log was read to its end. */
    oldest: optional(Seconds),
    /** The reason why the log, or a part of it, could not be read. */
    failure: text,
    keyNamesFailure: text
  }),
  /** Changes in the eight days before the read of the log that left no difference, newest first. */
  changes: Schema.Array(Change),
  /**
   * Entries of the policy that are due for a review, by file, the most overdue first. Missing if there are none.
   */
  due: optional(Schema.Array(Due)),
  /**
   * Checkpoints in no policy that have a grant in the log without a later revoke, such as those of removed entries, and
   * these grants. `isRead` is true if their permissions were read.
   */
  unmanaged: Schema.Struct({
    checkpoints: Schema.Array(Schema.String),
    grants: Schema.Array(Change),
    isRead: Schema.Boolean
  }),
  names: Names
}).annotations({ identifier: "Drift" })

export interface Drift extends Schema.Schema.Type<typeof Drift> {}
