/** A history as schemas, and its filter. */
import { printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { optional, serverFields } from "../json.ts"

const text = optional(Schema.String)

export const Actor = Schema.Struct({
  /** The id of a key. */
  key: text,
  /** The name and the owner of the key, if the list of admin keys has them. */
  keyName: text,
  keyOwner: text,
  /** The e-mail address of a user, or else the id of a user or service account. */
  user: text,
  /** The id of the user, if `user` is an e-mail address. */
  userId: text,
  /** The user agent of a session, browser or program: one line of at most 60 characters. */
  agent: text
}).annotations({ identifier: "ChangeActor" })

export interface Actor extends Schema.Schema.Type<typeof Actor> {}

/**
 * Returns an actor on one line: `ann@example.com (Mozilla/5.0 …)` for a session, `key_1 (nightly) of ci-bot` for a key,
 * `unknown` if the log names neither.
 */
export const formatActor = ({ agent, key, keyName, keyOwner, user }: Actor): string => {
  const owner = user ?? keyOwner
  const shown = agent === undefined ? "" : ` (${printable(agent)})`
  if (key === undefined) return `${owner === undefined ? "unknown" : printable(owner)}${shown}`
  const name = keyName === undefined ? "" : ` (${printable(keyName)})`
  return `${printable(key)}${name}${owner === undefined ? "" : ` of ${printable(owner)}`}`
}

/** Unix seconds. An ISO 8601 time in JSON. */
export const Seconds = Schema.transform(Schema.DateTimeUtc, Schema.typeSchema(Schema.Int), {
  strict: true,
  decode: (time) => Math.floor(DateTime.toEpochMillis(time) / 1000),
  encode: (seconds) => DateTime.unsafeMake(seconds * 1000)
}).annotations({ identifier: "Seconds" })

/** A grant or a revoke, from an event of the audit log. */
export const Change = Schema.Struct({
  event: Schema.String,
  at: Seconds,
  action: Schema.Literal("grant", "revoke"),
  permission: text,
  project: text,
  /** Missing if no event that was read has it: a delete event has only the permission. */
  checkpoint: text,
  by: Actor
}).annotations({ identifier: "AccessChange" })

/** A grant or a revoke, from an event of the audit log. */
export interface Change extends Schema.Schema.Type<typeof Change> {}

/** The schema of a history. */
export const History = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/history"),
  version: Schema.Literal(2),
  ...serverFields,
  /** The time at which the log was read. Events that appear in it later are missing. */
  requestedAt: Schema.DateTimeUtc,
  since: optional(Schema.DateTimeUtc),
  /** The reason why changes since then may be missing: the read failed, or was stopped. */
  failure: text,
  /** The search for the grants of permissions that were deleted since then. Missing if there was nothing to search. */
  lookup: optional(
    Schema.Struct({
      pages: Schema.Int,
      end: Schema.Literal("found", "end of the log", "page limit", "stopped", "failed"),
      reason: text
    })
  ),
  /** The reason why the names of keys could not be read. */
  keyNamesFailure: text,
  /** The filter that was applied. `unknown` counts changes that were left out although they may match. */
  filter: optional(
    Schema.Struct({
      checkpoint: text,
      project: text,
      by: text,
      unknown: Schema.Int,
      /** Unknown changes by sessions of the user who owns the key of `by`. */
      sessions: optional(Schema.Struct({ of: Schema.String, changes: Schema.Int }))
    })
  ),
  /** Newest first. */
  changes: Schema.Array(Change)
}).annotations({ identifier: "History" })

/** Changes to permissions in the audit log. The log is delayed, and some changes leave no event. */
export interface History extends Schema.Schema.Type<typeof History> {}
