/**
 * What an apply has done, one finished step after the other.
 *
 * @since 0.1.0
 */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Schema from "effect/Schema"

const step = <Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.TaggedStruct(tag, { checkpoint: CheckpointId, ...fields })

/**
 * @example
 * ```ts
 * import type { AccessStep } from "@checkpoint-permissions/access"
 *
 * const told = (step: AccessStep.AccessStep): string => {
 *   switch (step._tag) {
 *     case "Granted":
 *       return `+ ${step.project_id}`
 *     case "Revoked":
 *       return `- ${step.project_id}`
 *     case "Failed":
 *       return `! ${step.error.message}`
 *     default:
 *       return step._tag
 *   }
 * }
 * ```
 *
 * @category models
 */
export const AccessStep = Schema.Union(
  /**
   * A project has access. `answered` by the reply to a create of this run. If not, the reply was lost and a reading
   * shows the permission, which may be somebody else's.
   */
  step("Granted", { project_id: ProjectId, permission: PermissionId, answered: Schema.Boolean }),
  /** A create was answered with this permission, but the server does not list it yet. */
  step("Unlisted", { project_id: ProjectId, permission: PermissionId }),
  /** A permission is gone since a delete of this run. */
  step("Revoked", { project_id: ProjectId, permission: PermissionId }),
  /** It was as wanted before this run: somebody else, or an earlier run, had done it. */
  step("AlreadyDone", { action: Schema.Literal("grant", "revoke"), project_id: ProjectId }),
  /**
   * The project owns the model: name it as `owner` in the policy. A grant is complete with that; a revoke is not, since
   * the server still lists the permission.
   */
  step("Impossible", { action: Schema.Literal("grant", "revoke"), project_id: ProjectId }),
  /** The server refused or failed. */
  step("Failed", {
    action: Schema.Literal("read", "grant", "revoke"),
    project_id: Schema.optional(ProjectId),
    error: PermissionsError
  }),
  /** Left out because a grant of the same checkpoint failed. */
  step("Skipped", { project_id: ProjectId, permission: PermissionId }),
  /** Not granted: `until`, the last day of this access, was over when its turn came. */
  step("Expired", { project_id: ProjectId, until: Schema.String }),
  /** The checkpoint is not as the plan was made from: what the plan does not show is left as it is. */
  step("Drifted", { differences: Schema.Array(Schema.String) }),
  /**
   * Nothing more is done at the checkpoint. `complete` if it was as the policy wants when it was read, from `readFrom`
   * to `readAt`, apart from permissions that were deleted after that: the last of these deletes was answered at
   * `deletedAt`. Changes by others after `readFrom` may be missing.
   */
  step("CheckpointFinished", {
    complete: Schema.Boolean,
    readFrom: Schema.optional(Schema.DateTimeUtc),
    readAt: Schema.optional(Schema.DateTimeUtc),
    deletedAt: Schema.optional(Schema.DateTimeUtc)
  }),
  /** The apply ended before its time, with so many checkpoints not finished. `error` if errors were the reason. */
  Schema.TaggedStruct("Stopped", { remaining: Schema.Int, error: Schema.optional(PermissionsError) })
)

/** @category models */
export type AccessStep = typeof AccessStep.Type
