/** The differences between two audits, as schemas. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"
import { Names } from "../audit/matrix.ts"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/**
 * Access that is known on one side and known not to be there on the other.
 *
 * @category models
 */
export const Change = Schema.Struct({
  project: ProjectId,
  since: Schema.DateTimeUtc,
  permissions: Schema.Array(PermissionId)
})

/** @category models */
export interface Change extends Schema.Schema.Type<typeof Change> {}

/**
 * A project with access on both sides, by other permissions: one was made anew, doubled, or its double is gone. Between
 * the two audits it may have had none.
 *
 * @category models
 */
export const Replaced = Schema.Struct({
  project: ProjectId,
  older: Schema.Array(PermissionId),
  newer: Schema.Array(PermissionId)
})

/** @category models */
export interface Replaced extends Schema.Schema.Type<typeof Replaced> {}

/**
 * Access that is known on one side, while nobody knows it of the other.
 *
 * @category models
 */
export const Uncertain = Schema.Struct({
  project: ProjectId,
  access: Schema.Literal("older", "newer")
})

/** @category models */
export interface Uncertain extends Schema.Schema.Type<typeof Uncertain> {}

/**
 * The differences at one checkpoint, and what is not known to be the same.
 *
 * @category models
 */
export const CheckpointDiff = Schema.Struct({
  checkpoint: CheckpointId,
  /** When it was read for each audit it is in. */
  readAt: Schema.Struct({ older: optional(Schema.DateTimeUtc), newer: optional(Schema.DateTimeUtc) }),
  granted: Schema.Array(Change),
  revoked: Schema.Array(Change),
  replaced: Schema.Array(Replaced),
  /** Where both sides name an owner, and not the same one. */
  owner: optional(Schema.Struct({ older: ProjectId, newer: ProjectId })),
  unknown: Schema.Struct({ older: optional(Schema.String), newer: optional(Schema.String) }),
  uncertain: Schema.Array(Uncertain)
})

/** @category models */
export interface CheckpointDiff extends Schema.Schema.Type<typeof CheckpointDiff> {}

const Side = Schema.Struct({
  createdAt: Schema.DateTimeUtc,
  project: optional(ProjectId)
})

/**
 * Two audits compared.
 *
 * @category models
 */
export const AccessDiff = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/diff"),
  version: Schema.Literal(1),
  apiUrl: Schema.String,
  organization: optional(Schema.String),
  older: Side,
  newer: Side,
  names: Names,
  /** How many checkpoints are in one of the audits or in both. */
  compared: Schema.Int,
  /** The checkpoints at which something differs or is unknown, in the order of the newer audit. */
  checkpoints: Schema.Array(CheckpointDiff)
}).annotations({ identifier: "AccessDiff" })

/** @category models */
export interface AccessDiff extends Schema.Schema.Type<typeof AccessDiff> {}

/**
 * Two audits of which each is of another server or organization.
 *
 * @category errors
 */
export class IncomparableAudits extends Schema.TaggedError<IncomparableAudits>()("IncomparableAudits", {
  reason: Schema.Literal("server", "organization"),
  /** Of what each is. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the audits cannot be compared: ${this.detail}`
  }
}
