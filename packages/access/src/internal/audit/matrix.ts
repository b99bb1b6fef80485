/** The result of an audit, as schemas. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { Actor } from "../history/actor.ts"
import { Seconds } from "../history/model.ts"
import { record } from "../policyText/record.ts"

const strict = { parseOptions: { onExcessProperty: "error" } } as const

/**
 * A permission as an audit keeps it: a part of the API's own.
 *
 * @category models
 */
export const Held = Schema.Struct({
  id: PermissionId,
  project_id: ProjectId,
  /** Unix seconds; in JSON an ISO 8601 time. */
  created_at: Seconds,
  /** The actor that granted it, where the audit log has it. */
  by: Schema.optionalWith(Actor, { exact: true })
}).annotations({ identifier: "HeldPermission", ...strict })

/** @category models */
export interface Held extends Schema.Schema.Type<typeof Held> {}

export const Names = record(Schema.String, Schema.String, {
  title: "Names",
  description: "Names of projects, for people: shown beside the ids.",
  message: () => "names is not a mapping from project ids to names"
})

const read = {
  checkpoint: CheckpointId,
  /** The day on which the model retires, as `YYYY-MM-DD`, where it is known. */
  retires: Schema.optionalWith(Schema.String, { exact: true }),
  /** The time before the first request. What happened after it may be missing. Older audits do not have it. */
  readFrom: Schema.optionalWith(Schema.DateTimeUtc, { exact: true }),
  readAt: Schema.DateTimeUtc,
  /** The project that owns the model, if somebody said so: it always has access. As JSON `null` where nobody did. */
  owner: Schema.optionalToOptional(Schema.NullOr(ProjectId), Schema.typeSchema(ProjectId), {
    decode: Option.filter(Predicate.isNotNull),
    encode: Option.orElseSome(() => null)
  })
}

/** In the order of the listing, oldest first. A project may have several. */
const permissions = Schema.Array(Held)

const CompleteRow = Schema.Struct({ ...read, complete: Schema.Literal(true), permissions }).annotations(strict)

const IncompleteRow = Schema.Struct({
  ...read,
  complete: Schema.Literal(false),
  reason: Schema.String,
  /** True if the API itself answered that there is no such checkpoint. */
  notFound: Schema.optionalWith(Schema.Literal(true), { exact: true }),
  permissions
}).annotations(strict)

/**
 * One checkpoint. A row that is not `complete` has a `reason`, and what it does not hold is unknown.
 *
 * @category models
 */
export const Row = Schema.Union(CompleteRow, IncompleteRow).annotations({ identifier: "AccessMatrixRow" })

/** @category models */
export type Row = typeof Row.Type

/**
 * Checkpoints × projects, as an audit found them. To ask it something, use `cell`, `projects` and `counts`.
 *
 * @category models
 */
export const AccessMatrix = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/matrix"),
  version: Schema.Literal(1),
  createdAt: Schema.DateTimeUtc,
  apiUrl: Schema.String,
  organization: Schema.optionalWith(Schema.String, { exact: true }),
  /** The one project that was asked about: of others nothing is known. */
  project: Schema.optionalWith(ProjectId, { exact: true }),
  names: Names,
  /** The reason why the audit log, or a part of it, could not be read: actors of grants may be missing. */
  logUnread: Schema.optionalWith(Schema.String, { exact: true }),
  /** Projects that were asked for, and are columns even if nobody gave them access. */
  projects: Schema.Array(ProjectId),
  rows: Schema.Array(Row).pipe(
    Schema.filter((rows) =>
      new Set(rows.map(({ checkpoint }) => checkpoint)).size === rows.length ? undefined : "a checkpoint is in it twice"
    )
  )
}).annotations({ identifier: "AccessMatrix", ...strict })

/** @category models */
export interface AccessMatrix extends Schema.Schema.Type<typeof AccessMatrix> {}

/**
 * A project's access to a checkpoint, as far as it is known: it has access since some time, by so many permissions; it owns
 * the model and always has access; it has no access, since another project is known to own the model; it has no
 * permission, and has access all the same if it owns the model, which nobody said; or nobody knows, and why.
 *
 * @category models
 */
export type Cell =
  | { readonly _tag: "Access"; readonly since: DateTime.Utc; readonly permissions: number }
  | { readonly _tag: "Owner" }
  | { readonly _tag: "None" }
  | { readonly _tag: "NoPermission" }
  | { readonly _tag: "Unknown"; readonly reason: string }

/**
 * How much of each there is.
 *
 * @category models
 */
export interface Counts {
  readonly checkpoints: number
  readonly complete: number
  readonly incomplete: number
  /** Checkpoints whose owner nobody named: it has access without a permission. */
  readonly ownerUnknown: number
  readonly projects: number
  readonly permissions: number
  /** Permissions of projects that have an older one for the same checkpoint. */
  readonly duplicates: number
  readonly cells: {
    readonly access: number
    readonly owner: number
    readonly none: number
    /** No permission, and nobody said who owns the model. */
    readonly noPermission: number
    readonly unknown: number
  }
}
