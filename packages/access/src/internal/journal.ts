import { visibleJson } from "@checkpoint-permissions/protocol/text"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** A line of a journal. */
export const Entry = Schema.Struct({
  /** ISO 8601, UTC. */
  time: Schema.String,
  /** `found`: a listing shows a permission after an unconfirmed create. Another caller may have created it. */
  event: Schema.Literal("intent", "result", "found"),
  action: Schema.Literal("grant", "revoke"),
  actor: Schema.NullOr(Schema.String),
  server: Schema.String,
  organization: Schema.NullOr(Schema.String),
  /** SHA-256 of the plan's file. */
  plan: Schema.NullOr(Schema.String),
  checkpoint: Schema.String,
  project: Schema.String,
  permission: Schema.NullOr(Schema.String),
  request: Schema.NullOr(Schema.String),
  /**
   * Null for an intent. For a result: `done`; `gone`, another caller had revoked it; `refused` by the server; `failed`,
   * certainly not executed; `unknown`, possibly executed; `stopped` before it was sent.
   */
  outcome: Schema.NullOr(Schema.Literal("done", "gone", "refused", "failed", "unknown", "stopped")),
  error: Schema.NullOr(Schema.String)
})

export interface Entry extends Schema.Schema.Type<typeof Entry> {}

const encode = Schema.encodeSync(Schema.parseJson(Entry))

/** Returns an entry as a line of JSON. Invisible characters are escaped. */
export const toLine = (entry: Entry): string => `${visibleJson(encode(entry))}\n`

/** The error of a line that could not be written. After it, no change is made. */
export class JournalFailed extends Schema.TaggedError<JournalFailed>()("JournalFailed", {
  journal: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `the journal ${this.journal} cannot be written, so nothing more is changed: ${this.reason}`
  }
}

/** A destination for lines. When `write` succeeds, the line is stored durably. */
export interface Journal<E = JournalFailed> {
  readonly write: (entries: ReadonlyArray<Entry>) => Effect.Effect<void, E>
}
