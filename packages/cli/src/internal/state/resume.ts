/** Going on with a run that was cut short, and saying so. */
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as Lock from "@checkpoint-permissions/access/Lock"
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { counted } from "@checkpoint-permissions/protocol/text"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Host } from "../host.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"
import * as Folder from "./folder.ts"
import { oldest } from "./runFile.ts"
import * as SavedRows from "./savedRows.ts"
import type { RowScope } from "./scope.ts"

export interface Options {
  readonly stateDir: Option.Option<string>
  /** How old the last row may be, 10 minutes if nobody says. With zero nothing is used and nothing saved. */
  readonly maxAge: Option.Option<Duration.Duration>
  /** The same as an age of zero. */
  readonly off?: boolean | undefined
  readonly scope: RowScope
  readonly checkpoints: ReadonlyArray<CheckpointId>
}

/** A lock for each run, which ends with its process. */
const claims = Effect.fnUntraced(function* (folder: string, { command, apiUrl }: RowScope) {
  const path = yield* Path.Path
  const locks = yield* Lock.make({
    folder: path.join(folder, "rows", "claims"),
    server: { apiUrl },
    command,
    process: (yield* Host).name,
    // Where no lock can be written no row can, and that is said.
    onWarning: () => Effect.void
  })
  return (run: string) =>
    locks.checkpoint(CheckpointId.make(run), { timeout: 0 }).pipe(
      Effect.as(true),
      Effect.catchTag("Locked", () => Effect.succeed(false))
    )
})

const said = (rows: ReadonlyArray<AccessMatrix.Row>, { checkpoints, scope }: Options, now: DateTime.Utc): string => {
  const some = `${rows.length} of ${counted(checkpoints.length, "checkpoint")}`
  const age = time(oldest(rows, now))
  return `${scope.command}: goes on with ${some} that a run which was cut short had read, the oldest ${age} ago; --max-age 0 reads all of them now`
}

/** The rows to go on with, which are said, and where to save those that come. */
export const resume = (
  options: Options
): Effect.Effect<SavedRows.SavedRows, never, FileSystem.FileSystem | Path.Path | Scope.Scope | Screen.Screen> =>
  Effect.gen(function* () {
    const { checkpoints, scope, stateDir } = options
    const screen = yield* Screen.Screen
    const maxAge = Option.getOrElse(options.maxAge, () => Duration.minutes(10))
    if (options.off === true || Duration.equals(maxAge, Duration.zero)) return SavedRows.nothing
    const warn = (message: string) => screen.complain(`${scope.command}: ${message}`)
    const folder = yield* Effect.either(Folder.open(stateDir))
    if (folder._tag === "Left") {
      return yield* Effect.as(warn(`rows are not saved, ${folder.left.message}`), SavedRows.nothing)
    }
    const claim = yield* claims(folder.right, scope)
    const saved = yield* SavedRows.open({ folder: folder.right, scope, checkpoints, maxAge, claim, warn })
    if (saved.rows.length > 0) yield* screen.complain(said(saved.rows, options, yield* DateTime.now))
    return saved
  })
