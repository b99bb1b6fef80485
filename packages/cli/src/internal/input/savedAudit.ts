/** Audits that were saved as JSON, shown or worked with again without a server. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as Options from "@effect/cli/Options"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Failure, WrongUse } from "../failure.ts"
import type { ServerOptions } from "../server/options.ts"
import type * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"
import { readDocument } from "./document.ts"
import { text } from "./option.ts"
import { join } from "./parts.ts"

export const fromJson = text("from-json", "file").pipe(
  Options.withDescription(
    "An audit that was saved as JSON (- for standard input), instead of asking a server. The parts of one audit, each with an option of its own, are one."
  ),
  Options.repeated
)

export const loadOne = (file: string): Effect.Effect<AccessMatrix.AccessMatrix, Failure, FileSystem | Screen.Screen> =>
  Effect.flatMap(readDocument("audit", file, ["audit"]), ({ name, text }) =>
    Effect.mapError(
      AccessMatrix.fromJson(text),
      ({ message }) => new WrongUse({ message: `${printable(name)}: ${message}` })
    )
  )

/** One audit, or the parts of one. None of the options that choose what to ask of whom goes with it. */
export const load = (
  files: ReadonlyArray<string>,
  server: ServerOptions,
  others: Readonly<Record<string, boolean>>
): Effect.Effect<AccessMatrix.AccessMatrix, Failure, FileSystem | Screen.Screen> =>
  Effect.gen(function* () {
    const given = {
      ...others,
      "--fake": server.fake,
      "--api-url": Option.isSome(server.apiUrl),
      "--admin-key-file": Option.isSome(server.adminKeyFile)
    }
    const clash = Object.entries(given).find(([, isGiven]) => isGiven)
    if (clash !== undefined) {
      return yield* new WrongUse({ message: `--from-json asks no server: leave out ${clash[0]}, or --from-json` })
    }
    const matrices = yield* Effect.forEach(files, loadOne)
    const [only, ...more] = matrices
    return only !== undefined && more.length === 0 ? only : yield* join(matrices)
  })

/** How old what it says is, by its oldest row. */
export const age = (matrix: AccessMatrix.AccessMatrix): Effect.Effect<string> =>
  Effect.map(DateTime.now, (now) => {
    const oldest = matrix.rows.reduce((first, { readAt }) => DateTime.min(first, readAt), matrix.createdAt)
    const distance = time(DateTime.distanceDuration(oldest, now))
    const when = DateTime.greaterThan(oldest, now)
      ? `which is ${distance} in the future by the clock of this machine`
      : `${distance} ago`
    return `From an audit of ${DateTime.formatIso(oldest)}, ${when}: what has changed since is not in it.`
  })
