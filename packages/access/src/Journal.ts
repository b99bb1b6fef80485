/**
 * What was changed, line by line: an intent before each write, a result after.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/**
 * One line of a journal.
 *
 * @category models
 * @since 0.1.0
 */
export const Entry = Schema.Struct({
  /** ISO 8601, UTC. */
  time: Schema.String,
  event: Schema.Literal("intent", "result"),
  action: Schema.Literal("grant", "revoke"),
  /** Who applies, as given. */
  actor: Schema.NullOr(Schema.String),
  server: Schema.String,
  organization: Schema.NullOr(Schema.String),
  /** SHA-256 of the plan's file. */
  plan: Schema.NullOr(Schema.String),
  checkpoint: Schema.String,
  project: Schema.String,
  /** The permission that is made or taken away, once it is known. */
  permission: Schema.NullOr(Schema.String),
  /** The `x-request-id` of the reply. */
  request: Schema.NullOr(Schema.String),
  /**
   * Of a result: `done`; `gone`, somebody else had revoked it; `refused` by the
   * server; `failed`, certainly not done; `unknown`, it may have been done;
   * `stopped` before it was sent. Of an intent: null.
   */
  outcome: Schema.NullOr(Schema.Literal("done", "gone", "refused", "failed", "unknown", "stopped")),
  /** Why it was not done, on one line. */
  error: Schema.NullOr(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Entry extends Schema.Schema.Type<typeof Entry> {}

/**
 * A line could not be written. Nothing more is changed from there on.
 *
 * @category errors
 * @since 0.1.0
 */
export class JournalFailed extends Schema.TaggedError<JournalFailed>()("JournalFailed", {
  /** Where the journal is. */
  journal: Schema.String,
  reason: Schema.String
}) {
  /** One line for people. */
  override get message(): string {
    return `the journal ${this.journal} cannot be written, so nothing more is changed: ${this.reason}`
  }
}

/**
 * Somewhere to write lines to. A line is written for good when `write` is done.
 *
 * @category models
 * @since 0.1.0
 */
export interface Journal {
  readonly write: (entries: ReadonlyArray<Entry>) => Effect.Effect<void, JournalFailed>
}

const encode = Schema.encodeSync(Schema.parseJson(Entry))

/**
 * An entry as a line of JSON, without control characters.
 *
 * @category files
 * @since 0.1.0
 */
export const toLine = (entry: Entry): string =>
  `${encode(entry).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`

/**
 * A journal of JSON lines at the end of a file, which only its owner may read.
 * Each line is on the disk before the write that it announces. A line that an
 * earlier run left unfinished is closed first.
 *
 * @example
 * ```ts
 * import { Access, type AccessPlan, Journal } from "@checkpoint-permissions/access"
 * import { Effect, Stream } from "effect"
 *
 * const applied = Effect.fn(function* (plan: AccessPlan.AccessPlan) {
 *   const journal = yield* Journal.file("access.journal")
 *   return yield* Stream.runCount(Access.apply(plan, { journal, actor: "release-bot" }))
 * }, Effect.scoped)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const file = (path: string): Effect.Effect<Journal, JournalFailed, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (yield* Effect.isSuccess(fs.readLink(path))) {
      return yield* new JournalFailed({ journal: path, reason: "it is a symbolic link" })
    }
    const existing = yield* Effect.orElseSucceed(
      Effect.map(fs.stat(path), (info) => info.size),
      () => FileSystem.Size(0)
    )
    const opened = yield* fs.open(path, { flag: "a+", mode: 0o600 })
    const turn = yield* Effect.makeSemaphore(1)
    const append = (text: string) =>
      opened.writeAll(new TextEncoder().encode(text)).pipe(Effect.zipRight(opened.sync), turn.withPermits(1))
    if (existing > 0n) {
      yield* opened.seek(existing - 1n, "start")
      const last = yield* opened.readAlloc(1)
      if (last._tag === "Some" && last.value[0] !== 10) yield* append("\n")
    }
    const journal: Journal = {
      write: (entries) => failing(path, append(entries.map(toLine).join("")))
    }
    return journal
  }).pipe((opening) => failing(path, opening))

const failing = <A, E extends { readonly message: string }, R>(
  journal: string,
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, JournalFailed, R> =>
  Effect.mapError(self, (error) =>
    error instanceof JournalFailed ? error : new JournalFailed({ journal, reason: error.message })
  )
