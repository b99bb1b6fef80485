/** The folder of the lock files. */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { remove } from "./chain.ts"
import { newToken } from "./entry.ts"
import { Unusable, unusable } from "./unusable.ts"

/**
 * Makes the folder for its owner alone, or checks the one that is there, and
 * gives the user to whom files belong that this process makes. None where the
 * platform knows no users.
 */
export const prepare = (
  fs: FileSystem.FileSystem,
  path: Path.Path,
  folder: string
): Effect.Effect<Option.Option<number>, Unusable> =>
  Effect.gen(function* () {
    const refused = (reason: string) => Effect.fail(new Unusable({ path: folder, reason }))
    if (yield* Effect.isSuccess(fs.readLink(folder))) return yield* refused("it is a symbolic link")
    yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
    const info = yield* fs.stat(folder)
    // On Windows every folder looks as if others could write there.
    if (path.sep === "/" && (info.mode & 0o022) !== 0) return yield* refused("other users can write there")
    const probe = path.join(folder, `probe.${yield* newToken}.new`)
    const { uid } = yield* Effect.ensuring(
      Effect.zipRight(fs.writeFileString(probe, "", { flag: "wx", mode: 0o600 }), fs.stat(probe)),
      remove(fs, probe)
    )
    if (Option.getOrUndefined(info.uid) !== Option.getOrUndefined(uid)) {
      return yield* refused("it belongs to another user")
    }
    return uid
  }).pipe(Effect.mapError((error) => (error._tag === "Unusable" ? error : unusable(folder)(error))))
