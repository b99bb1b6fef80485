/**
 * Projects, admin keys and events of the audit log, as listed with an admin key. Field names are those of the API.
 *
 * Decoding and encoding keep unknown fields of replies.
 */
import "./internal/installEffect3.ts"
import * as Schema from "effect/Schema"
import * as Identifiers from "./Identifiers.ts"
import { keepUnknown, nullable, UnixSeconds } from "./internal/schemas.ts"

/**
 * A project of the organization.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Organization } from "@checkpoint-permissions/core"
 * import { Schema } from "effect"
 *
 * const project = Schema.decodeUnknownSync(Organization.Project)({
 *   id: "proj_search",
 *   object: "organization.project",
 *   created_at: 1710028800,
 *   name: "Search",
 *   archived_at: null,
 *   status: "active"
 * })
 * assert.equal(project.name, "Search")
 * ```
 *
 * @category replies
 * @see https://platform.openai.com/docs/api-reference/projects/object
 */
export const Project = Schema.Struct({
  id: Identifiers.ProjectId,
  object: Schema.Literal("organization.project"),
  /** Unix seconds. */
  created_at: UnixSeconds,
  name: nullable(Schema.String),
  /** Unix seconds. */
  archived_at: nullable(UnixSeconds),
  /** `"active"` or `"archived"`. */
  status: nullable(Schema.String)
}).annotations({ identifier: "Project", ...keepUnknown })

/** @category replies */
export interface Project extends Schema.Schema.Type<typeof Project> {}

/**
 * An admin key: its name and owner, not the secret itself.
 *
 * @category replies
 * @see https://platform.openai.com/docs/api-reference/admin-api-keys/object
 */
export const AdminKey = Schema.Struct({
  id: Schema.String,
  name: nullable(Schema.String),
  /** Unix seconds. */
  created_at: nullable(UnixSeconds),
  /** Unix seconds. Without it the key does not expire. */
  expires_at: nullable(UnixSeconds),
  owner: nullable(
    Schema.Struct({
      type: nullable(Schema.String),
      id: nullable(Schema.String),
      name: nullable(Schema.String)
    }).annotations(keepUnknown)
  )
}).annotations({ identifier: "AdminKey", ...keepUnknown })

/** @category replies */
export interface AdminKey extends Schema.Schema.Type<typeof AdminKey> {}

const User = Schema.Struct({ id: nullable(Schema.String), email: nullable(Schema.String) }).annotations(keepUnknown)

/**
 * The actor of an event: a user in a session of a browser or program, or the key of a user or a service account. Every
 * field is optional in the API.
 *
 * @category replies
 */
export const Actor = Schema.Struct({
  type: nullable(Schema.String),
  session: nullable(
    Schema.Struct({ user: nullable(User), user_agent: nullable(Schema.String) }).annotations(keepUnknown)
  ),
  api_key: nullable(
    Schema.Struct({
      id: nullable(Schema.String),
      type: nullable(Schema.String),
      user: nullable(User),
      service_account: nullable(Schema.Struct({ id: nullable(Schema.String) }).annotations(keepUnknown))
    }).annotations(keepUnknown)
  )
}).annotations({ identifier: "Actor", ...keepUnknown })

/** @category replies */
export interface Actor extends Schema.Schema.Type<typeof Actor> {}

/**
 * An event of the audit log. Only the two types of permissions have fields here. A grant has permission, project and
 * checkpoint, a revoke only the permission. Any of them may be missing.
 *
 * @category replies
 * @see https://platform.openai.com/docs/api-reference/audit-logs/object
 */
export const AuditEvent = Schema.Struct({
  id: Schema.String,
  type: Schema.String,
  /** Unix seconds. Several events can have the same time. */
  effective_at: UnixSeconds,
  actor: nullable(Actor),
  "checkpoint.permission.created": nullable(
    Schema.Struct({
      id: nullable(Schema.String),
      data: nullable(
        Schema.Struct({
          project_id: nullable(Schema.String),
          fine_tuned_model_checkpoint: nullable(Schema.String)
        }).annotations(keepUnknown)
      )
    }).annotations(keepUnknown)
  ),
  "checkpoint.permission.deleted": nullable(Schema.Struct({ id: nullable(Schema.String) }).annotations(keepUnknown))
}).annotations({ identifier: "AuditEvent", ...keepUnknown })

/** @category replies */
export interface AuditEvent extends Schema.Schema.Type<typeof AuditEvent> {}
