import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { isReason, Unusable } from "./unusable.ts"

const reasonOf = (error: PlatformError): string => {
  if (error._tag === "BadArgument") return "its name cannot be one"
  switch (error.reason) {
    case "PermissionDenied":
      return "it may not be written"
    case "AlreadyExists":
    case "BadResource":
      return "it is not a folder"
    default:
      return `it cannot be written (${/\b(E[A-Z]{3,})\b/.exec(error.message)?.[1] ?? error.reason})`
  }
}

/**
 * Makes a folder and those above it that are missing. One by one: Node's recursive `mkdir` tries for ever where a
 * folder is there and nothing can be made in it, such as `/proc`.
 */
const makeAll = (fs: FileSystem.FileSystem, path: Path.Path, folder: string): Effect.Effect<void, PlatformError> => {
  const makeOne = Effect.catchIf(
    fs.makeDirectory(folder, { mode: 0o700 }),
    (error) => isReason(error, "AlreadyExists"),
    () => Effect.void
  )
  const above = path.dirname(folder)
  return Effect.catchIf(
    makeOne,
    (error) => isReason(error, "NotFound") && above !== folder,
    () => Effect.zipRight(makeAll(fs, path, above), makeOne)
  )
}

/**
 * Makes the folder for its owner alone, or checks the one that is there, and gives the user to whom files belong that
 * this process makes. None where the platform knows no users.
 */
export const prepare = (
  fs: FileSystem.FileSystem,
  path: Path.Path,
  folder: string
): Effect.Effect<Option.Option<number>, Unusable> =>
  Effect.gen(function* () {
    const refused = (reason: string) => new Unusable({ path: folder, reason })
    if (yield* Effect.isSuccess(fs.readLink(folder))) return yield* refused("it is a symbolic link")
    yield* makeAll(fs, path, folder)
    const info = yield* fs.stat(folder)
    if (info.type !== "Directory") return yield* refused("it is not a folder")
    // On Windows every folder looks as if others could write there.
    if (path.sep === "/" && (info.mode & 0o022) !== 0) return yield* refused("others can write to it: chmod go-w")
    const probe = path.join(folder, `probe.${(yield* Random.nextIntBetween(0, 2 ** 48)).toString(36)}.new`)
    const { uid } = yield* Effect.ensuring(
      Effect.zipRight(fs.writeFileString(probe, "", { flag: "wx", mode: 0o600 }), fs.stat(probe)),
      Effect.ignore(fs.remove(probe))
    )
    if (Option.getOrUndefined(info.uid) !== Option.getOrUndefined(uid)) {
      return yield* refused("it belongs to another user")
    }
    return uid
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "Unusable" ? error : new Unusable({ path: folder, reason: reasonOf(error) })
    )
  )
