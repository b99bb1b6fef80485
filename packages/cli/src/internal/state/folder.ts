/**
 * The state folder: where runs on this machine leave what later ones need, such
 * as locks and saved rows. It is its owner's alone.
 */

import { visible } from "@checkpoint-permissions/access/TerminalText"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"

/** There is no state folder that can be used. The message says which and why. */
export class StateUnavailable extends Data.TaggedError("StateUnavailable")<{ readonly message: string }> {}

const named = (path: string): string => `state folder ${visible(JSON.stringify(path))}`

const refused = (path: string, why: string) => new StateUnavailable({ message: `${named(path)}: ${why}` })

const why = (error: PlatformError): string => {
  if (error._tag === "BadArgument") return "its name cannot be one"
  switch (error.reason) {
    case "PermissionDenied":
      return "it may not be written"
    case "AlreadyExists":
    case "BadResource":
      return "it is no folder"
    default:
      return `it cannot be written (${/\b(E[A-Z]{3,})\b/.exec(error.message)?.[1] ?? error.reason})`
  }
}

const failing = (path: string) => Effect.mapError((error: PlatformError) => refused(path, why(error)))

/** An empty variable counts as unset. */
const variable = (name: string): Effect.Effect<string | undefined> =>
  Config.string(name).pipe(
    Effect.map((value) => (value === "" ? undefined : value)),
    Effect.orElseSucceed(() => undefined)
  )

/** Where the folder is: `given`, else in XDG_STATE_HOME, else in HOME. A relative variable is ignored, as XDG says. */
export const pathOf = (given: Option.Option<string>): Effect.Effect<string, StateUnavailable, Path.Path> =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    if (Option.isSome(given)) return path.resolve(given.value)
    const state = yield* variable("XDG_STATE_HOME")
    if (state !== undefined && path.isAbsolute(state)) return path.join(state, "checkpoint-permissions")
    const home = yield* variable("HOME")
    if (home !== undefined && path.isAbsolute(home)) return path.join(home, ".local/state/checkpoint-permissions")
    return yield* new StateUnavailable({ message: "there is no state folder: set HOME, or pass --state-dir" })
  })

/** Makes a folder that only its owner may enter. A link in its place is refused, also one to a folder. */
export const makePrivate = (path: string): Effect.Effect<void, StateUnavailable, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { sep: separator } = yield* Path.Path
    if (yield* Effect.isSuccess(fs.readLink(path))) return yield* refused(path, "it is a symbolic link")
    yield* failing(path)(fs.makeDirectory(path, { recursive: true, mode: 0o700 }))
    const { mode, type } = yield* failing(path)(fs.stat(path))
    if (type !== "Directory") return yield* refused(path, "it is no folder")
    // On Windows every folder looks as if others could write it.
    if (separator === "/" && (mode & 0o022) !== 0) return yield* refused(path, "others may write it: chmod go-w")
  })

/** The user that files made here belong to. Finds that the folder cannot be written, too. */
const ownUser = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const probe = path.join(folder, `.${(yield* Random.nextIntBetween(0, 2 ** 48)).toString(36)}.probe`)
  return yield* Effect.acquireUseRelease(
    fs.open(probe, { flag: "wx", mode: 0o600 }),
    (file) => Effect.map(file.stat, ({ uid }) => uid),
    () => Effect.ignore(fs.remove(probe))
  )
}, Effect.scoped)

/** Makes the folder where it is missing, and checks that it is ours alone and can be written. */
export const open = (
  given: Option.Option<string>
): Effect.Effect<string, StateUnavailable, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* pathOf(given)
    yield* makePrivate(folder)
    const own = yield* failing(folder)(ownUser(folder))
    const { uid } = yield* failing(folder)(fs.stat(folder))
    if (Option.getOrUndefined(uid) !== Option.getOrUndefined(own)) {
      return yield* refused(folder, "it belongs to somebody else")
    }
    return folder
  })
