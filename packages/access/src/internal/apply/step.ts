/** The finished steps of an apply, as schemas. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Schema from "effect/Schema"

const step = <Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.TaggedStruct(tag, { checkpoint: CheckpointId, ...fields })

/**
 * A finished step of an apply: a change, a checkpoint that needed no change, or the end.
 *
 * @example
 * ```ts
 * import type { AccessStep } from "@checkpoint-permissions/access"
 *
 * const lineOf = (step: AccessStep.AccessStep): string => {
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
 */
export const AccessStep = Schema.Union(
  /**
   * A project has access. `confirmed` is true if the reply to a create of this run shows it. If false, the reply was
   * lost and a listing shows the permission, which another caller may have created. `mayBeDuplicated` is true if the
   * create was sent twice, and the apply ended before a listing showed the result. The next apply deletes a duplicate.
   */
  step("Granted", {
    project_id: ProjectId,
    permission: PermissionId,
    confirmed: Schema.Boolean,
    mayBeDuplicated: Schema.optional(Schema.Literal(true))
  }),
  /** The reply to a create names this permission, but the server does not list it yet. */
  step("NotListedYet", { project_id: ProjectId, permission: PermissionId }),
  /** A delete of this run removed the permission. */
  step("Revoked", { project_id: ProjectId, permission: PermissionId }),
  /** Nothing was changed: another caller or an earlier run had already granted or revoked the access. */
  step("AlreadyDone", { action: Schema.Literal("grant", "revoke"), project_id: ProjectId }),
  /**
   * The project owns the model: name it as `owner` in the policy. The owner needs no grant, so a grant is complete
   * then. A revoke is not: the server refuses it, and still lists the permission.
   */
  step("OwnerProject", { action: Schema.Literal("grant", "revoke"), project_id: ProjectId }),
  /** The server refused a call, or the call failed. */
  step("Failed", {
    action: Schema.Literal("read", "grant", "revoke"),
    project_id: Schema.optional(ProjectId),
    error: PermissionsError
  }),
  /** Left out because a grant of the same checkpoint failed. */
  step("Skipped", { project_id: ProjectId, permission: PermissionId }),
  /** Not granted: `until`, the last day of this access, had passed when the step was reached. */
  step("Expired", { project_id: ProjectId, until: Schema.String }),
  /**
   * The checkpoint has changed since the plan was made. Permissions that the plan does not show stay as they are.
   * `writes` is `none` if this was found before the first write: nothing is written there. It is `planned` if the listing
   * after the grants shows it: the planned deletes follow, each of a permission that is still listed.
   */
  step("Drifted", { differences: Schema.Array(Schema.String), writes: Schema.Literal("none", "planned") }),
  /**
   * The work at the checkpoint has ended. `complete` is true if its listing, from `readFrom` to `readAt`, matched the
   * policy, except for permissions that were deleted afterwards. `deletedAt` is the time of the reply to the last of
   * these deletes. Changes by other callers after `readFrom` may be missing.
   */
  step("CheckpointFinished", {
    complete: Schema.Boolean,
    readFrom: Schema.optional(Schema.DateTimeUtc),
    readAt: Schema.optional(Schema.DateTimeUtc),
    deletedAt: Schema.optional(Schema.DateTimeUtc)
  }),
  /**
   * The apply stopped early: `remaining` checkpoints are not finished. `error` is the error that stopped it. Missing if
   * `stop` completed.
   */
  Schema.TaggedStruct("Stopped", { remaining: Schema.Int, error: Schema.optional(PermissionsError) })
)

export type AccessStep = typeof AccessStep.Type
