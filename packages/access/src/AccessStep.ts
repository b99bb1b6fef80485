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
 * @category models
 * @since 0.1.0
 */
export const AccessStep = Schema.Union(
  /** A project has access now. */
  step("Granted", { project_id: ProjectId, permission: PermissionId }),
  /** A permission is gone. */
  step("Revoked", { project_id: ProjectId, permission: PermissionId }),
  /** It was as wanted already: an earlier run, or somebody else, had done it. */
  step("AlreadyDone", { action: Schema.Literal("grant", "revoke"), project_id: ProjectId }),
  /** The project owns the model: name it as `owner` in the policy. */
  step("Impossible", { action: Schema.Literal("grant", "revoke"), project_id: ProjectId }),
  /** The server refused or failed. */
  step("Failed", {
    action: Schema.Literal("read", "grant", "revoke"),
    project_id: Schema.optional(ProjectId),
    error: PermissionsError
  }),
  /** Left out because a grant of the same checkpoint failed. */
  step("Skipped", { project_id: ProjectId, permission: PermissionId }),
  /** Somebody changed the checkpoint since the plan was made: it is left as it is. */
  step("Drifted", { differences: Schema.Array(Schema.String) }),
  /** Nothing more is done at the checkpoint; `complete` when it is as the plan wants it. */
  step("CheckpointFinished", { complete: Schema.Boolean }),
  /** The apply was stopped; so many checkpoints are not finished. */
  Schema.TaggedStruct("Stopped", { remaining: Schema.Int })
)

/**
 * @category models
 * @since 0.1.0
 */
export type AccessStep = typeof AccessStep.Type
