/**
 * Random text of a state folder, made once: what is hashed with it differs from
 * what is hashed elsewhere. It is no secret from who may read the folder.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { isMissing } from "./folder.ts"

const isSalt = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

const randomHex = (bytes: number): Effect.Effect<string> =>
  Effect.map(Effect.replicateEffect(Random.nextIntBetween(0, 256), bytes), (all) =>
    Encoding.encodeHex(Uint8Array.from(all))
  )

/** The salt of a folder that has one. */
export const existing = (
  folder: string
): Effect.Effect<Option.Option<string>, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const text = yield* fs.readFileString(path.join(folder, "salt")).pipe(
      Effect.asSome,
      Effect.catchIf(isMissing, () => Effect.succeedNone)
    )
    return Option.filter(text, isSalt)
  })

/** The same for every process: the first to put one in place decides. A damaged one is replaced. */
export const make = (folder: string): Effect.Effect<string, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const before = yield* existing(folder)
    if (Option.isSome(before)) return before.value
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = path.join(folder, "salt")
    const temporary = path.join(folder, `.salt.${yield* randomHex(8)}.tmp`)
    const made = yield* randomHex(32)
    return yield* Effect.gen(function* () {
      yield* fs.writeFileString(temporary, made, { flag: "wx", mode: 0o600 })
      yield* Effect.ignore(fs.link(temporary, file))
      const first = yield* existing(folder)
      if (Option.isSome(first)) return first.value
      yield* fs.rename(temporary, file)
      return made
    }).pipe(Effect.ensuring(Effect.ignore(fs.remove(temporary))), Effect.uninterruptible)
  })
