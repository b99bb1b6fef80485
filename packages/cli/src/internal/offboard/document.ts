/** The verdict of an offboarding as a document. */
import type { Offboarded } from "@checkpoint-permissions/access/Access"
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"

const { Int, TaggedStruct } = Schema

const Ending = Schema.Union(
  TaggedStruct("Interrupted", { unverified: Int, remaining: Int }),
  TaggedStruct("LimitReached", { remaining: Int }),
  TaggedStruct("NotRemoved", { unread: Int, listed: Int, total: Int }),
  TaggedStruct("StillOwner", { checkpoints: Int }),
  TaggedStruct("LogIncomplete", { reason: Schema.String }),
  TaggedStruct("GrantsWithoutCheckpoint", { grants: Int }),
  TaggedStruct("NoKnownCheckpoint", {}),
  TaggedStruct("ProjectNotSeen", {}),
  TaggedStruct("Removed", {})
)

/** The schema of a verdict, which `offboard --json` prints last and the evidence contains. */
export const Document = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/offboarding"),
  version: Schema.Literal(2),
  apiUrl: Schema.String,
  organization: Schema.optional(Schema.String),
  /** Start of the offboarding. */
  startedAt: Schema.DateTimeUtc,
  project: ProjectId,
  endings: Schema.Array(Ending),
  revoked: Schema.Array(PermissionId),
  readFrom: Schema.optional(Schema.DateTimeUtc),
  readAt: Schema.optional(Schema.DateTimeUtc),
  /** The time of the oldest event that was read. */
  logSince: Schema.optional(Schema.DateTimeUtc),
  /** Number of checkpoints with a known owner. */
  knownOwners: Int,
  checkpoints: Schema.Array(
    Schema.Struct({
      checkpoint: CheckpointId,
      state: Schema.Literal("removed", "gone", "owner", "listed", "unread"),
      isInLog: Schema.Boolean,
      readFrom: Schema.optional(Schema.DateTimeUtc),
      readAt: Schema.optional(Schema.DateTimeUtc),
      reason: Schema.optional(Schema.String)
    })
  )
}).annotations({ identifier: "Offboarding" })

const encode = Schema.encodeSync(Document)

/** Returns the verdict as plain data. */
export const documentOf = ({
  checkpoints,
  endings,
  history,
  logSince,
  knownOwners,
  project,
  read,
  revoked
}: Offboarded) =>
  encode({
    format: "checkpoint-permissions/offboarding",
    version: 2,
    apiUrl: history.apiUrl,
    ...(history.organization === undefined ? {} : { organization: history.organization }),
    startedAt: history.requestedAt,
    project,
    endings,
    revoked,
    ...(read === undefined ? {} : { readFrom: read.from, readAt: read.to }),
    ...(logSince === undefined ? {} : { logSince }),
    knownOwners,
    checkpoints: checkpoints.map(({ checkpoint, isInLog, row, state }) => ({
      checkpoint,
      state,
      isInLog,
      ...(row?.readFrom === undefined ? {} : { readFrom: row.readFrom }),
      ...(row === undefined ? {} : { readAt: row.readAt }),
      ...(row?.complete === false ? { reason: row.reason } : {})
    }))
  })
