/** The identifiers of the API as branded strings: a fine-tuned model checkpoint, a permission, and a project. */
import "./internal/installEffect3.ts"
import { refuseCheckpoint, refusePermission, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import * as Schema from "effect/Schema"
import { identifier } from "./internal/schemas.ts"

/**
 * The name of a fine-tuned model checkpoint, as `GET /models` lists it:
 * `ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd`.
 *
 * These are refused with a message that says what to do: an empty id, more than 512 characters, `.` and `..`, control
 * characters, unpaired surrogates, leading or trailing white space, and ids that obviously belong to something else:
 * `ftckpt_…` (a job checkpoint's own id), `ftjob-…`, `proj_…`, `cp_…` and `sk-…`. Anything else that a server could
 * have issued is accepted.
 *
 * @example
 * ```ts
 * import { Identifiers } from "@checkpoint-permissions/core"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * ```
 *
 * @category identifiers
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
 */
export const CheckpointId = /* @__PURE__ */ identifier(refuseCheckpoint).pipe(
  /* @__PURE__ */ Schema.brand("CheckpointId"),
  /* @__PURE__ */ Schema.annotations({ identifier: "CheckpointId", title: "CheckpointId" })
)

/** @category identifiers */
export type CheckpointId = typeof CheckpointId.Type

/**
 * The id of one permission, as a listing or a create returns it: `cp_…`.
 *
 * It is also the cursor (`after`) of a listing. The rules are those of {@link CheckpointId}; `ft:…`, `proj_…` and
 * `sk-…` are refused.
 *
 * @category identifiers
 */
export const PermissionId = /* @__PURE__ */ identifier(refusePermission).pipe(
  /* @__PURE__ */ Schema.brand("PermissionId"),
  /* @__PURE__ */ Schema.annotations({ identifier: "PermissionId", title: "PermissionId" })
)

/** @category identifiers */
export type PermissionId = typeof PermissionId.Type

/**
 * The id of a project of the organization: `proj_…`.
 *
 * The rules are those of {@link CheckpointId}; `ft:…`, `ftjob-…`, `cp_…` and `sk-…` are refused.
 *
 * @category identifiers
 */
export const ProjectId = /* @__PURE__ */ identifier(refuseProject).pipe(
  /* @__PURE__ */ Schema.brand("ProjectId"),
  /* @__PURE__ */ Schema.annotations({ identifier: "ProjectId", title: "ProjectId" })
)

/** @category identifiers */
export type ProjectId = typeof ProjectId.Type

/**
 * Returns true if a string can be the name of a model checkpoint.
 *
 * @category guards
 */
export const isCheckpointId = (id: string): id is CheckpointId => refuseCheckpoint(id) === undefined

/**
 * Returns true if a string can be the id of a permission.
 *
 * @category guards
 */
export const isPermissionId = (id: string): id is PermissionId => refusePermission(id) === undefined

/**
 * Returns true if a string can be the id of a project.
 *
 * @category guards
 */
export const isProjectId = (id: string): id is ProjectId => refuseProject(id) === undefined
