/**
 * Schemas of the API: a permission, a page of permissions, the reply to a delete, and the parameters of a listing and
 * of a create. Field names are those of the API (`project_id`, `created_at`).
 *
 * Decoding and encoding keep unknown fields of replies, so that new fields of the API are not lost. Derived schemas,
 * such as `Permission.pick("id")`, drop them.
 */
import "./internal/installEffect3.ts"
import { refusePermission, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import { refuseLimit, refuseOrder } from "@checkpoint-permissions/protocol/parameters"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Identifiers from "./Identifiers.ts"
import { identifier, keepUnknown, UnixSeconds } from "./internal/schemas.ts"

/**
 * A permission: the access of one project to one checkpoint. It does not contain the id of its checkpoint.
 *
 * @example
 * ```ts
 * import { Permission } from "@checkpoint-permissions/core"
 * import { Schema } from "effect"
 *
 * const permission = Schema.decodeUnknownSync(Permission.Permission)({
 *   id: "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
 *   object: "checkpoint.permission",
 *   created_at: 1721764867,
 *   project_id: "proj_iqGMw1llN8IrBb6SvvY5A1oF"
 * })
 * ```
 *
 * @category replies
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/permission-object
 */
export const Permission = Schema.Struct({
  /** The id for `delete`, and the cursor to continue a listing after it. */
  id: Identifiers.PermissionId,
  /** The time of the grant, in Unix seconds. */
  created_at: UnixSeconds,
  object: Schema.Literal("checkpoint.permission"),
  /** The project that may use the checkpoint. */
  project_id: Identifiers.ProjectId
}).annotations({ identifier: "Permission", ...keepUnknown })

/** @category replies */
export interface Permission extends Schema.Schema.Type<typeof Permission> {}

/**
 * Returns the time of the grant, `created_at`, as a `DateTime.Utc`.
 *
 * @category replies
 */
export const createdAt = (permission: Pick<Permission, "created_at">): DateTime.Utc =>
  DateTime.unsafeMake(permission.created_at * 1000)

/**
 * One page of a listing, and the reply to a create.
 *
 * Only `has_more: false` ends a listing. `last_id` is the cursor of the next page. The API declares it optional and
 * nullable.
 *
 * @category replies
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
 */
export const PermissionPage = Schema.Struct({
  object: Schema.Literal("list"),
  data: Schema.Array(Permission),
  has_more: Schema.Boolean,
  first_id: Schema.optional(Schema.NullOr(Schema.String)),
  last_id: Schema.optional(Schema.NullOr(Schema.String))
}).annotations({ identifier: "PermissionPage", ...keepUnknown })

/** @category replies */
export interface PermissionPage extends Schema.Schema.Type<typeof PermissionPage> {}

/**
 * The reply to a delete. With `deleted: false` the server did not delete the permission, which may still exist.
 *
 * @category replies
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/delete-permission
 */
export const PermissionDeleted = Schema.Struct({
  id: Identifiers.PermissionId,
  object: Schema.Literal("checkpoint.permission"),
  deleted: Schema.Boolean
}).annotations({ identifier: "PermissionDeleted", ...keepUnknown })

/** @category replies */
export interface PermissionDeleted extends Schema.Schema.Type<typeof PermissionDeleted> {}

/**
 * The order of a listing: newest first (`descending`, the server's default) or oldest first.
 *
 * @category parameters
 */
export const Order = Schema.Literal("ascending", "descending").annotations({
  message: ({ actual }) => ({ message: refuseOrder(actual) ?? "not an order", override: true })
})

/** @category parameters */
export type Order = typeof Order.Type

/**
 * The page size: a positive integer. The server's default is 10. Its maximum is not documented.
 *
 * @category parameters
 */
export const Limit = Schema.Int.pipe(Schema.positive()).annotations({
  message: ({ actual }) => ({ message: refuseLimit(actual) ?? "not a limit", override: true })
})

/**
 * The query of a listing. Every field is optional. Ids are plain strings. A misspelt filter is ignored, so the listing
 * would contain more than intended. Decode with `{ onExcessProperty: "error" }` to refuse it.
 *
 * @category parameters
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
 */
export const ListParams = Schema.Struct({
  /** Only permissions of this project. */
  project_id: Schema.optional(identifier(refuseProject)),
  /** The id of the last permission that was received. The listing continues after it. */
  after: Schema.optional(identifier(refusePermission)),
  /** The page size. */
  limit: Schema.optional(Limit),
  order: Schema.optional(Order)
}).annotations({ identifier: "ListParams" })

/** @category parameters */
export interface ListParams extends Schema.Schema.Type<typeof ListParams> {}

/** The first project. The message for an empty list says what to do, which that of `Schema.NonEmptyArray` does not. */
const firstProject = Schema.element(Identifiers.ProjectId).annotations({
  missingMessage: () => "the list is empty: pass at least one project id, such as proj_iqGMw1llN8IrBb6SvvY5A1oF"
})

/**
 * The body of a create.
 *
 * @category parameters
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/create-permission
 */
export const CreatePayload = Schema.Struct({
  /** The projects to grant access to, at least one. */
  project_ids: Schema.Tuple([firstProject], Identifiers.ProjectId)
}).annotations({ identifier: "CreatePayload" })

/** @category parameters */
export interface CreatePayload extends Schema.Schema.Type<typeof CreatePayload> {}
