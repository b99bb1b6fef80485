/** The differences between two audits, as schemas. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"
import { Names } from "../audit/matrix.ts"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/**
 * A difference in the access of a project, or access that is known in only one audit (`unknown`). `replaced`: access in
 * both audits, by different permissions. Between the audits the project may have had no access.
 *
 * @category models
 */
export const Change = Schema.Struct({
  kind: Schema.Literal("granted", "revoked", "replaced", "duplicate added", "duplicate removed", "unknown"),
  project: ProjectId,
  /** The beginning of the access, from the newer audit if it shows the access, else from the older one. */
  since: Schema.DateTimeUtc,
  /** The permissions in each audit. */
  older: Schema.Array(PermissionId),
  newer: Schema.Array(PermissionId)
})

/** @category models */
export interface Change extends Schema.Schema.Type<typeof Change> {}

/**
 * The differences and the unknown access at one checkpoint.
 *
 * @category models
 */
export const CheckpointDiff = Schema.Struct({
  checkpoint: CheckpointId,
  /** The time of the checkpoint's read in each audit that has it. */
  readAt: Schema.Struct({ older: optional(Schema.DateTimeUtc), newer: optional(Schema.DateTimeUtc) }),
  changes: Schema.Array(Change),
  /** Present if both audits have an owner, and the owners differ. */
  owner: optional(Schema.Struct({ older: ProjectId, newer: ProjectId })),
  /** The reason why access is unknown in each audit. */
  unknown: Schema.Struct({ older: optional(Schema.String), newer: optional(Schema.String) })
})

/** @category models */
export interface CheckpointDiff extends Schema.Schema.Type<typeof CheckpointDiff> {}

const Side = Schema.Struct({
  createdAt: Schema.DateTimeUtc,
  project: optional(ProjectId)
})

/**
 * The comparison of two audits.
 *
 * @category models
 */
export const AccessDiff = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/diff"),
  version: Schema.Literal(2),
  apiUrl: Schema.String,
  organization: optional(Schema.String),
  older: Side,
  newer: Side,
  names: Names,
  /** The number of checkpoints in at least one of the audits. */
  compared: Schema.Int,
  /** The checkpoints at which something differs or is unknown, in the order of the newer audit. */
  checkpoints: Schema.Array(CheckpointDiff)
}).annotations({ identifier: "AccessDiff" })

/** @category models */
export interface AccessDiff extends Schema.Schema.Type<typeof AccessDiff> {}

/**
 * The error of two audits of different servers or organizations.
 *
 * @category errors
 */
export class IncomparableAudits extends Schema.TaggedError<IncomparableAudits>()("IncomparableAudits", {
  reason: Schema.Literal("server", "organization"),
  /** The server and organization of each. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the audits cannot be compared: ${this.detail}`
  }
}
