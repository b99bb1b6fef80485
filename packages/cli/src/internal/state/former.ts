/** Files of a version that believed how far an apply had come. */
import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Screen from "../terminal/screen.ts"

const folder = ".checkpoint-permissions"

/** Names those in the working folder, which are neither read nor written any more. */
export const nameFormerFiles: Effect.Effect<void, never, FileSystem.FileSystem | Path.Path | Screen.Screen> =
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const screen = yield* Screen.Screen
    const names = yield* Effect.orElseSucceed(fs.readDirectory(folder), () => [])
    const files = names.filter((name) => name.endsWith(".progress.json")).map((name) => path.join(folder, name))
    if (files.length === 0) return
    yield* screen.complain(
      `apply: ${printable(files.sort().join(", "))}: of an earlier version, and ignored, since every checkpoint is read; ${folder} can be removed`
    )
  })
