/**
 * A folder that only its owner can change: where locks and other state are kept.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { prepare } from "./internal/folder.ts"
import type { Unusable } from "./internal/unusable.ts"

export { Unusable } from "./internal/unusable.ts"

/**
 * Makes the folder, and those above it, for its owner alone (mode 0700), or checks the one that is there. Succeeds with
 * the user to whom files belong that this process makes there; none where the platform knows no users.
 *
 * Fails for a symbolic link, also one to a folder, for a folder that others may write, that belongs to another user, or
 * in which nothing can be written.
 *
 * @example
 * ```ts
 * import { PrivateFolder } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const folder = "/var/lib/access-bot"
 * const prepared = Effect.as(PrivateFolder.make(folder), folder)
 * ```
 *
 * @category constructors
 */
export const make = (
  folder: string
): Effect.Effect<Option.Option<number>, Unusable, FileSystem.FileSystem | Path.Path> =>
  Effect.flatMap(Effect.all([FileSystem.FileSystem, Path.Path]), ([fs, path]) =>
    prepare(fs, path, path.resolve(folder))
  )
