/**
 * Schemas of the API: a permission, a page of permissions, the reply to a delete, and the parameters of a listing and
 * of a create. Field names are those of the API (`project_id`, `created_at`).
 *
 * The results of the service keep unknown fields, which the API may add. To keep them in a schema too, add a rest to
 * it: `Schema.StructWithRest(Permission, [Schema.Record(Schema.String, Schema.Unknown)])`.
 */
import { refusePermission, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import { refuseLimit } from "@checkpoint-permissions/protocol/parameters"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Identifiers from "./Identifiers.ts"

/** Unix seconds in the range of `DateTime`: 100,000,000 days around the epoch. */
const lastSecond = 8_640_000_000_000

/**
 * A permission: the access of one project to one checkpoint. It does not contain the id of its checkpoint.
 *
 * @example
 * ```ts effect4
 * import { Permission } from "@checkpoint-permissions/effect4"
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
  created_at: Schema.Int.check(Schema.isBetween({ minimum: -lastSecond, maximum: lastSecond })),
  object: Schema.Literal("checkpoint.permission"),
  /** The project that may use the checkpoint. */
  project_id: Identifiers.ProjectId
}).annotate({ identifier: "Permission" })

/** @category replies */
export interface Permission extends Schema.Schema.Type<typeof Permission> {}

/**
 * Returns the time of the grant, `created_at`, as a `DateTime.Utc`.
 *
 * @category replies
 */
export const createdAt = (permission: Pick<Permission, "created_at">): DateTime.Utc =>
  DateTime.makeUnsafe(permission.created_at * 1000)

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
}).annotate({ identifier: "PermissionPage" })

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
}).annotate({ identifier: "PermissionDeleted" })

/** @category replies */
export interface PermissionDeleted extends Schema.Schema.Type<typeof PermissionDeleted> {}

/**
 * The order of a listing: newest first (`descending`, the server's default) or oldest first.
 *
 * @category parameters
 */
export const Order = Schema.Literals(["ascending", "descending"])

/** @category parameters */
export type Order = typeof Order.Type

/**
 * The page size: a positive integer. The server's default is 10. Its maximum is not documented.
 *
 * @category parameters
 */
export const Limit = Schema.Int.check(Schema.makeFilter((limit: number) => refuseLimit(limit)))

/**
 * The query of a listing. Every field is optional. Ids are plain strings. A misspelt filter is ignored, so the listing
 * would contain more than intended. Decode with `{ onExcessProperty: "error" }` to refuse it.
 *
 * @category parameters
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
 */
export const ListParams = Schema.Struct({
  project_id: Schema.optional(Schema.String.check(Schema.makeFilter((id: string) => refuseProject(id)))),
  /** The id of the last permission that was received. The listing continues after it. */
  after: Schema.optional(Schema.String.check(Schema.makeFilter((id: string) => refusePermission(id)))),
  limit: Schema.optional(Limit),
  order: Schema.optional(Order)
}).annotate({ identifier: "ListParams" })

/** @category parameters */
export interface ListParams extends Schema.Schema.Type<typeof ListParams> {}

/**
 * The body of a create: the projects to grant access to, at least one.
 *
 * @category parameters
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/create-permission
 */
export const CreatePayload = Schema.Struct({
  project_ids: Schema.NonEmptyArray(Identifiers.ProjectId)
}).annotate({ identifier: "CreatePayload" })

/** @category parameters */
export interface CreatePayload extends Schema.Schema.Type<typeof CreatePayload> {}
