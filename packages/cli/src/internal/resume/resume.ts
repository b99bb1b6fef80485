/** `--resume`: a file of rows that a reading appends to, and that the next one goes on from. */

import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import { printable, visibleJson } from "@checkpoint-permissions/access/TerminalText"
import { type CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Failed, failed, type WrongUse, wrongUse } from "../failure.ts"
import { program } from "../help/words.ts"
import { checkKind } from "../input/document.ts"
import { CommandLine } from "../input/environment.ts"
import { complaint, durationOrZero, file } from "../input/option.ts"
import { checkAppend, failing, type Target } from "../output/file.ts"
import type { Given } from "../run.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"

/** Longer than an audit of an organization takes at ten calls a minute, and shorter than from one night to the next. */
const defaultMaxAge = Duration.hours(12)

export const resumeOptions = {
  resume: file(
    "resume",
    "Add each row to this file when it was read, and go on from what it has already. Each row keeps its time."
  ),
  maxAge: durationOrZero("max-age", "With --resume: read again what was read longer ago than this. 12h by default.")
}

export interface ResumeOptions extends Given<typeof resumeOptions> {
  readonly out: Option.Option<string>
}

/** What an earlier run had read, and what to do with each row that comes. */
export interface Resumed {
  readonly rows: ReadonlyArray<AccessMatrix.Row>
  readonly append: (row: AccessMatrix.Row) => Effect.Effect<void>
  /** Fails when a row could not be added: what is read after it would be lost like it. */
  readonly failed: Effect.Effect<never, Failed>
  /** What was not read by this run, for what is shown of it. */
  readonly notes: ReadonlyArray<string>
  /** How to go on from here if it is cut short, where that can be. */
  readonly advice?: string
}

/** Everything is read, and kept nowhere. */
export const anew: Resumed = {
  rows: [],
  append: () => Effect.void,
  failed: Effect.never,
  notes: []
}

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", `'\\''`)}'`

/** The rows of a file that is there. */
const load = Effect.fnUntraced(function* (target: Target, asked: Question) {
  const fs = yield* FileSystem.FileSystem
  const name = printable(target.path)
  const isThere = yield* failing(target)(fs.exists(target.path))
  if (!isThere) return new Map<string, AccessMatrix.Row>()
  const bytes = yield* failing(target)(fs.readFile(target.path))
  const whole = wholeLines(bytes)
  const text = new TextDecoder().decode(whole)
  yield* checkKind(name, text, ["row"])
  const rows = yield* rowsOf(name, text, asked)
  if (whole.length < bytes.length) yield* failing(target)(fs.truncate(target.path, whole.length))
  return rows
})

/** Those of the checkpoints that are young enough; what is gone on with is said. */
const usable = Effect.fnUntraced(function* (
  command: string,
  name: string,
  found: ReadonlyMap<string, AccessMatrix.Row>,
  checkpoints: ReadonlyArray<CheckpointId>,
  maxAge: Duration.Duration
) {
  const now = yield* DateTime.now
  const known = [...new Set(checkpoints)].flatMap((checkpoint) => found.get(checkpoint) ?? [])
  if (found.size > 0 && known.length === 0) {
    return yield* wrongUse(
      `${name}: its rows are of other checkpoints: pass another file, or the checkpoints that it was begun with`
    )
  }
  const rows = known.filter((row) => isUsable(row, now, maxAge))
  const oldest = rows.map(since).reduce((one, other) => DateTime.min(one, other), now)
  const some = `${rows.length} of ${counted(checkpoints.length, "checkpoint")} from ${name}`
  const sentence =
    rows.length === 0
      ? some
      : `${some}, the oldest read at ${DateTime.formatIso(oldest)}: what has changed since is not in it`
  const stale = known.length - rows.length
  const again = stale === 0 ? "" : `; ${counted(stale, "row")} older than ${time(maxAge)} (--max-age), read again`
  if (known.length > 0) yield* Screen.complain(`${command}: goes on with ${sentence}${again}`)
  return { rows, notes: rows.length === 0 ? [] : [`With ${sentence}.`] }
})

/**
 * Opens the file, before a request is sent. Each line is one write at the end of the file, and says by itself of what
 * it is: two runs at once add to the same file, and both stay correct.
 */
export const resume = Effect.fnUntraced(function* (
  command: string,
  options: ResumeOptions,
  asked: Question,
  checkpoints: ReadonlyArray<CheckpointId>
) {
  if (Option.isNone(options.resume)) {
    if (Option.isNone(options.maxAge)) {
      return { ...anew, advice: "nothing is kept: with --resume <file> the next run can be gone on with" }
    }
    return yield* wrongUse("--max-age is of the rows of --resume: pass --resume too, or leave it out")
  }
  const target: Target = { what: "file of rows", path: options.resume.value, force: true }
  const name = printable(target.path)
  const { resolve } = yield* Path.Path
  if (Option.exists(options.out, (out) => resolve(out) === resolve(target.path))) {
    return yield* wrongUse("--out and --resume are one file: name another for one of them")
  }
  yield* checkAppend(target)
  const found = yield* load(target, asked)
  const maxAge = Option.getOrElse(options.maxAge, () => defaultMaxAge)
  const known = yield* usable(command, name, found, checkpoints, maxAge)
  const fs = yield* FileSystem.FileSystem
  const opened = yield* failing(target)(fs.open(target.path, { flag: "a", mode: 0o600 }))
  const advice = `go on from there with: ${program} ${(yield* CommandLine).map(quoted).join(" ")}`
  const broken = yield* Deferred.make<never, Failed>()
  const turn = yield* Effect.makeSemaphore(1)
  // What follows a line that was cut short would be one with it.
  const add = (row: AccessMatrix.Row) =>
    failing(target)(opened.writeAll(new TextEncoder().encode(toLine(asked, row)))).pipe(
      Effect.catchAll(({ message }) =>
        Deferred.fail(broken, failed(`${command}: ${message}; once it can be written, ${advice}`))
      ),
      Effect.unlessEffect(Deferred.isDone(broken)),
      Effect.uninterruptible,
      turn.withPermits(1),
      // Whoever asks for the next checkpoint is to be interrupted first.
      Effect.zipRight(Effect.whenEffect(Effect.never, Deferred.isDone(broken))),
      Effect.asVoid
    )
  return {
    ...known,
    append: (row: AccessMatrix.Row) => (row.complete ? add(row) : Effect.void),
    failed: Deferred.await(broken),
    advice
  }
})

/** What was asked of whom. */
export interface Question {
  readonly apiUrl: string
  readonly organization?: string | undefined
  /** The one project that was asked about: of others nothing is known. */
  readonly project?: ProjectId | undefined
}

export const Line = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/row"),
  version: Schema.Literal(1),
  apiUrl: Schema.String,
  organization: Schema.optionalWith(Schema.String, { exact: true }),
  project: Schema.optionalWith(ProjectId, { exact: true }),
  row: AccessMatrix.Row
}).annotations({ identifier: "SavedRow", parseOptions: { onExcessProperty: "error" } })
export interface Line extends Schema.Schema.Type<typeof Line> {}

const encode = Schema.encodeSync(Schema.parseJson(Line))
const decode = Schema.decodeUnknownEither(Schema.parseJson(Line))

/** How each of them begins. */
const start = '{"format":"checkpoint-permissions/row",'

export const toLine = ({ apiUrl, organization, project }: Question, row: AccessMatrix.Row): string => {
  const line: Line = {
    format: "checkpoint-permissions/row",
    version: 1,
    apiUrl,
    ...(organization === undefined ? {} : { organization }),
    ...(project === undefined ? {} : { project }),
    row
  }
  return `${visibleJson(encode(line))}\n`
}

/** The whole lines of a file. What a killed process or a full disk left of the last one is no line. */
export const wholeLines = (bytes: Uint8Array): Uint8Array => {
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
  const rest = new TextDecoder().decode(bytes.subarray(whole.length))
  return start.startsWith(rest) || rest.startsWith(start) ? whole : bytes
}

const questionName = ({ apiUrl, organization, project }: Question): string =>
  [
    printable(apiUrl),
    organization === undefined ? "no named organization" : `organization ${printable(organization)}`,
    project === undefined ? "all projects" : `project ${printable(project)} alone`
  ].join(", ")

const isSame = (one: Question, other: Question): boolean =>
  one.apiUrl === other.apiUrl && one.organization === other.organization && one.project === other.project

/** The last row of each checkpoint. Refuses the first line that is none of this question. */
export const rowsOf = (
  file: string,
  text: string,
  asked: Question
): Either.Either<ReadonlyMap<string, AccessMatrix.Row>, WrongUse> =>
  Either.gen(function* () {
    const rows = new Map<string, AccessMatrix.Row>()
    for (const [index, one] of text.split("\n").entries()) {
      if (one.trim() === "") continue
      const line = yield* Either.mapLeft(decode(one), (error) =>
        wrongUse(
          `${file}, line ${index + 1} is no row (${printable(complaint(error))}): take it out, or pass another file`
        )
      )
      if (!isSame(line, asked)) {
        const message = `${file}, line ${index + 1} is of ${questionName(line)}, and this run is of ${questionName(asked)}: pass another file`
        return yield* Either.left(wrongUse(message))
      }
      rows.set(line.row.checkpoint, line.row)
    }
    return rows
  })

/** When a row was begun to be read: what happened later may be missing. */
export const since = ({ readAt, readFrom }: AccessMatrix.Row): DateTime.Utc => readFrom ?? readAt

/** Whether it says enough, and is young enough. How old a row of the future is nobody knows: a clock was set back. */
export const isUsable = (row: AccessMatrix.Row, now: DateTime.Utc, maxAge: Duration.Duration): boolean =>
  row.complete &&
  DateTime.lessThanOrEqualTo(since(row), now) &&
  Duration.lessThan(DateTime.distanceDuration(since(row), now), maxAge)
