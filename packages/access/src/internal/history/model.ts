import * as Schema from "effect/Schema"

const exact = { exact: true } as const
const text = Schema.optionalWith(Schema.String, exact)

/** What an event of the audit log says, as it is saved. */
export const Change = Schema.Struct({
  event: Schema.String,
  /** Unix seconds. */
  at: Schema.Int,
  action: Schema.Literal("grant", "revoke"),
  permission: text,
  project: text,
  /** Missing where nothing knows which permission a delete took away. */
  checkpoint: text,
  /** A user in a session, or a key, with what the list of admin keys says of it. Never an address of a session. */
  by: Schema.Struct({ key: text, user: text, keyName: text, keyOwner: text })
}).annotations({ identifier: "AuditLogChange" })

/**
 * A change to permissions, as the audit log has it.
 *
 * @category models
 */
export interface Change extends Schema.Schema.Type<typeof Change> {}

/** What the log showed when an audit asked it. */
export const AuditLog = Schema.Struct({
  askedAt: Schema.DateTimeUtc,
  /** Those since the oldest row that it went by. */
  changes: Schema.Array(Change)
}).annotations({ identifier: "AuditLogReading" })

/** As `History` says. */
export const History = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/history"),
  version: Schema.Literal(1),
  apiUrl: Schema.String,
  organization: text,
  /** When the log was asked. Events that it shows later are not in it. */
  askedAt: Schema.DateTimeUtc,
  since: Schema.optionalWith(Schema.DateTimeUtc, exact),
  /** Why the names of keys could not be read. */
  namesUnread: text,
  /** Oldest first. `ours`: made by this tool, by a journal or a key that was named. */
  changes: Schema.Array(Schema.Struct({ ...Change.fields, ours: Schema.Boolean }))
}).annotations({ identifier: "History" })

/**
 * What the audit log shows of changes to permissions: where to look, never what is so. Events come late, and some
 * changes leave none.
 *
 * @category models
 */
export interface History extends Schema.Schema.Type<typeof History> {}
