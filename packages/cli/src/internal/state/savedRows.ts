/**
 * Rows of an audit or a plan, saved as they come, so that the same command goes
 * on from there when it was cut short.
 *
 * Each run has a file of its own, which it claims while it lasts. A run whose
 * file nobody claims was cut short: the next one with the same scope takes the
 * file over and goes on writing there. Two at once are two runs.
 *
 * A file is only ever appended to, or removed as a whole: who reads it, saves a
 * row and forgets one at the same time cannot undo what another one did.
 */
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { isMissing, makePrivate, type StateUnavailable } from "./folder.ts"
import * as runFile from "./runFile.ts"
import * as Salt from "./salt.ts"
import { ofScope, ofServer, type RowScope } from "./scope.ts"

export interface Options {
  /** The state folder. */
  readonly folder: string
  readonly scope: RowScope
  /** The checkpoints that this run is about. */
  readonly checkpoints: ReadonlyArray<CheckpointId>
  /** How old the last row of a run may be for another to go on with it. */
  readonly maxAge: Duration.Duration
  /** Takes a run until the scope closes; answers false while another process has it. */
  readonly claim: (run: string) => Effect.Effect<boolean, never, Scope.Scope>
  /** Says why rows cannot be saved; called once. */
  readonly warn: (message: string) => Effect.Effect<void>
}

export interface SavedRows {
  /** What a run that was cut short had read of the checkpoints. */
  readonly rows: ReadonlyArray<AccessMatrix.Row>
  /** Saves a row if it is complete. */
  readonly save: (row: AccessMatrix.Row) => Effect.Effect<void>
  /** Everything was read: removes the rows. */
  readonly finish: Effect.Effect<void>
}

/** Nothing was saved, and nothing is. */
export const nothing: SavedRows = { rows: [], save: () => Effect.void, finish: Effect.void }

const why = (error: PlatformError | StateUnavailable): string =>
  error._tag === "SystemError" ? (/\b(E[A-Z]{3,})\b/.exec(error.message)?.[1] ?? error.reason) : error.message

/** A file is made where it is missing. */
const append = (
  file: string,
  text: string,
  options: { readonly sync: boolean }
): Effect.Effect<void, PlatformError, FileSystem.FileSystem> =>
  FileSystem.FileSystem.pipe(
    Effect.flatMap((fs) => fs.open(file, { flag: "a", mode: 0o600 })),
    Effect.flatMap((opened) =>
      Effect.zipRight(opened.writeAll(new TextEncoder().encode(text)), options.sync ? opened.sync : Effect.void)
    ),
    Effect.scoped,
    Effect.uninterruptible
  )

const suffix = ".jsonl"

/** The files in a folder, none where the folder is missing. Links are passed by. */
const filesIn = Effect.fnUntraced(function* (place: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* Effect.catchIf(fs.readDirectory(place), isMissing, () => Effect.succeed<Array<string>>([]))
  return yield* Effect.filter(
    names.map((name) => path.join(place, name)),
    (file) => Effect.isFailure(fs.readLink(file))
  )
})

/** The files of runs among them. */
const runsIn = (place: string) => Effect.map(filesIn(place), (files) => files.filter((file) => file.endsWith(suffix)))

/** None of a file that is gone or cannot be read. */
const rowsIn = (file: string): Effect.Effect<ReadonlyArray<AccessMatrix.Row>, never, FileSystem.FileSystem> =>
  FileSystem.FileSystem.pipe(
    Effect.flatMap((fs) => fs.readFileString(file)),
    Effect.map(runFile.rowsOf),
    Effect.orElseSucceed(() => [])
  )

/**
 * Removes, of every server, what is too old for anybody to go on with, and the
 * claims of processes that were killed. One that is held is renewed all the time.
 */
const removeOld = Effect.fnUntraced(function* (folder: string, maxAge: Duration.Duration) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const now = yield* Clock.currentTimeMillis
  const kept = Duration.toMillis(Duration.max(maxAge, Duration.days(1)))
  for (const server of yield* fs.readDirectory(folder)) {
    for (const file of yield* filesIn(path.join(folder, server))) {
      const { mtime } = yield* fs.stat(file)
      if (Option.exists(mtime, (at) => now - at.getTime() > kept)) yield* fs.remove(file)
    }
  }
})

interface Run {
  readonly file: string
  /** Those of its rows that can be used. */
  readonly rows: ReadonlyArray<AccessMatrix.Row>
}

/** The most rows first, then those that were read last. */
const preferred = (now: DateTime.Utc): Order.Order<Run> =>
  Order.combine(
    Order.mapInput(Order.reverse(Order.number), ({ rows }) => rows.length),
    Order.mapInput(Duration.Order, ({ rows }) => runFile.youngest(rows, now))
  )

/** The run to go on with, which is this process' from here on. */
const takeOver = Effect.fnUntraced(function* (place: string, prefix: string, options: Options) {
  const path = yield* Path.Path
  const now = yield* DateTime.now
  const wanted = new Set(options.checkpoints)
  const look = Effect.fnUntraced(function* (file: string) {
    const rows = yield* rowsIn(file)
    const undated = rows.filter(runFile.isOfFuture(now)).map(({ checkpoint }) => checkpoint)
    // Once the time has come that they bear they would pass for young.
    if (undated.length > 0) yield* append(file, undated.map(runFile.forgetLine).join(""), { sync: false })
    const usable = runFile.usableRows(rows, now, options.maxAge)
    const run: Run = { file, rows: usable.filter(({ checkpoint }) => wanted.has(checkpoint)) }
    return run
  })
  const files = (yield* runsIn(place)).filter((file) => path.basename(file).startsWith(prefix))
  const runs = (yield* Effect.forEach(files, look)).filter(({ rows }) => rows.length > 0)
  for (const { file } of runs.sort(preferred(now))) {
    if (!(yield* options.claim(path.basename(file, suffix)))) continue
    // Who had it until now may have forgotten or removed some since.
    const run = yield* look(file)
    if (run.rows.length > 0) return Option.some(run)
  }
  return Option.none<Run>()
})

const begin = Effect.fnUntraced(function* (options: Options) {
  const path = yield* Path.Path
  const salt = yield* Salt.make(options.folder)
  const folder = path.join(options.folder, "rows")
  const place = path.join(folder, ofServer(salt, options.scope.apiUrl))
  yield* makePrivate(folder)
  yield* makePrivate(place)
  yield* Effect.ignore(removeOld(folder, options.maxAge))
  const prefix = `${ofScope(salt, options.scope)}.`
  const earlier = yield* takeOver(place, prefix, options)
  if (Option.isSome(earlier)) return earlier.value
  const name = `${prefix}${(yield* Random.nextIntBetween(0, 2 ** 48)).toString(36)}`
  yield* options.claim(name)
  const run: Run = { file: path.join(place, `${name}${suffix}`), rows: [] }
  return run
})

/** Looks for a run that was cut short, and begins to save. Does not fail: where rows cannot be saved there are none. */
export const open = (
  options: Options
): Effect.Effect<SavedRows, never, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<FileSystem.FileSystem>()
    const fs = yield* FileSystem.FileSystem
    let warned = false
    const warn = (error: PlatformError | StateUnavailable): Effect.Effect<void> => {
      if (warned) return Effect.void
      warned = true
      return options.warn(`rows cannot be saved (${why(error)}): if this is cut short, what is not saved is read again`)
    }
    const begun = yield* Effect.either(begin(options))
    if (begun._tag === "Left") return yield* Effect.as(warn(begun.left), nothing)
    const { file, rows } = begun.right

    const wanted = new Set(options.checkpoints)
    const finish = Effect.gen(function* () {
      const others = (yield* rowsIn(file)).filter(({ checkpoint }) => !wanted.has(checkpoint))
      if (others.length === 0) return yield* fs.remove(file, { force: true })
      // They are of a run about more checkpoints than this one.
      yield* append(file, options.checkpoints.map(runFile.forgetLine).join(""), { sync: false })
    })
    return {
      rows,
      save: (row) =>
        row.complete
          ? append(file, runFile.rowLine(row), { sync: false }).pipe(Effect.catchAll(warn), Effect.provide(context))
          : Effect.void,
      finish: finish.pipe(Effect.catchAll(warn), Effect.provide(context))
    }
  })

export interface ForgetOptions {
  /** The state folder. */
  readonly folder: string
  readonly apiUrl: string
  readonly checkpoint: string
  readonly warn: (message: string) => Effect.Effect<void>
}

/**
 * Before a checkpoint is changed: removes its row from every saved run of the
 * server, whatever its key, its headers and its command.
 */
export const forget = (options: ForgetOptions): Effect.Effect<void, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const salt = yield* Salt.existing(options.folder)
    if (Option.isNone(salt)) return
    const files = yield* runsIn(path.join(options.folder, "rows", ofServer(salt.value, options.apiUrl)))
    const [errors] = yield* Effect.partition(files, (file) =>
      // On a full disk nothing can be appended, but removed.
      Effect.catchAll(append(file, runFile.forgetLine(options.checkpoint), { sync: true }), () =>
        fs.remove(file, { force: true })
      )
    )
    if (errors[0] !== undefined) return yield* Effect.fail(errors[0])
  }).pipe(
    Effect.uninterruptible,
    Effect.catchAll((error) =>
      options.warn(
        `saved rows cannot be removed (${why(error)}): an audit that goes on with them shows what was before`
      )
    )
  )

/**
 * Removes the rows of a run that asked for everything once what it read is
 * delivered, also if not every checkpoint could be read.
 */
export const removeAfter = <A, E extends { readonly _tag: string }, R>(
  deliver: Effect.Effect<A, E, R>,
  saved: SavedRows,
  isWhole: boolean
): Effect.Effect<A, E, R> =>
  isWhole
    ? deliver.pipe(
        Effect.tapError((error) => (error._tag === "Incomplete" ? saved.finish : Effect.void)),
        Effect.zipLeft(saved.finish)
      )
    : deliver
