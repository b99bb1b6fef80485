/** A record of applied access, as a schema and a file. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeFile, optional, serverFields } from "../json.ts"
import { Difference, type PlanRefused, Review, refuse } from "../plan/model.ts"
import { Until } from "../policyText/schema.ts"

/** A step of a plan, on one server: the grant of a project, or the revoke of a permission. */
export const Step = Schema.Struct({
  checkpoint: CheckpointId,
  project: ProjectId,
  /** The permission to revoke. Missing in a grant. */
  permission: optional(PermissionId)
})

export interface Step extends Schema.Schema.Type<typeof Step> {}

/** A reviewed or approved step, by the newest plan that shows it. */
export const ReviewedStep = Schema.Struct({
  ...Step.fields,
  /** The last day of a grant in the plan, or `null` without one. Missing in a revoke. */
  until: optional(Schema.NullOr(Until)),
  /** The time before the plan's listing of the checkpoint: a grant means that none was listed since. */
  plannedAt: Schema.DateTimeUtc,
  /** The review as a text, such as `reviewed in #3`. */
  source: optional(Schema.String)
})

export interface ReviewedStep extends Schema.Schema.Type<typeof ReviewedStep> {}

/** The projects that a pipeline left with access. Every apply with the record writes it again. */
export const AppliedAccess = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/applied"),
  version: Schema.Literal(1),
  ...serverFields,
  /** The time at which the last apply began to read. */
  at: Schema.DateTimeUtc,
  /** The commit of the last applied policy, if a pipeline adds it. */
  commit: optional(Schema.String),
  /** By checkpoint and project: the last day of the access, or `null` without one. */
  access: Schema.Record({
    key: CheckpointId,
    value: Schema.Record({ key: ProjectId, value: Schema.NullOr(Until) })
  }),
  /** Reviewed or approved steps that are not finished. */
  reviewed: Schema.Array(ReviewedStep),
  /** Due steps, and ends of access, that were left out: no review showed them, or a grant was revoked since. */
  left: Schema.Array(Schema.Union(Difference, Step)),
  /** The times at which applied plans with grants were made, for 90 days. */
  used: optional(Schema.Array(Schema.DateTimeUtc)),
  /** The reviews of the last apply, also those that changed no access. Missing without one. */
  reviews: optional(Schema.Array(Review))
}).annotations({ identifier: "AppliedAccess", parseOptions: { onExcessProperty: "error" } })

export interface AppliedAccess extends Schema.Schema.Type<typeof AppliedAccess> {}

/** The part of a record that decides on steps. */
export type Known = Pick<AppliedAccess, "access" | "commit" | "left" | "reviewed" | "used">

/**
 * A record without entries, for a first or lost record: every entry is compared, and every step is due.
 *
 * @category constructors
 */
export const empty: Known = { access: {}, left: [], reviewed: [] }

const encode = Schema.encodeSync(AppliedAccess)
const decode = decodeFile(AppliedAccess, { format: "checkpoint-permissions/applied", version: 1 })

/**
 * Returns the record as a file.
 *
 * @category files
 */
export const toJson = (applied: AppliedAccess): string => `${visibleJson(JSON.stringify(encode(applied), null, 2))}\n`

/**
 * Reads the text of a record's file.
 *
 * @category files
 */
export const fromJson = (text: string): Effect.Effect<AppliedAccess, PlanRefused> =>
  Effect.mapError(decode(text, undefined), (issue) =>
    refuse("format", `it is not a record of this version (${issue}): remove it to compare every entry`)
  )
