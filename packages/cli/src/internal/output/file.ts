/**
 * Files that a command writes: whole or not at all, for their owner only, never
 * through a symbolic link, and over an old one only if that is asked for.
 */

import { printable } from "@checkpoint-permissions/access/TerminalText"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { Failed, WrongUse } from "../failure.ts"

const why = (error: PlatformError): string => {
  if (error._tag === "BadArgument") return "its name cannot be one"
  switch (error.reason) {
    case "NotFound":
      return "its folder does not exist"
    case "PermissionDenied":
      return "it may not be written: check the owner and mode of its folder"
    default:
      return `it cannot be written (${/\b(E[A-Z]{3,})\b/.exec(error.message)?.[1] ?? error.reason})`
  }
}

export interface Target {
  /** What the file is, for messages. */
  readonly what: string
  readonly path: string
  readonly force: boolean
}

const named = ({ path, what }: Target): string => `${what} ${printable(JSON.stringify(path))}`

const exists = (target: Target) =>
  new WrongUse({ message: `${named(target)} is there already: pass --force to write over it, or another name` })

const refuse = (target: Target): Effect.Effect<void, WrongUse | Failed, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (yield* Effect.isSuccess(fs.readLink(target.path))) {
      return yield* new WrongUse({ message: `${named(target)} is a symbolic link: name the file itself` })
    }
    const failed = (error: PlatformError) => new Failed({ message: `${named(target)}: ${why(error)}` })
    const there = yield* fs.stat(target.path).pipe(Effect.option)
    if (there._tag === "Some" && there.value.type !== "File") {
      return yield* new WrongUse({ message: `${named(target)} is no file: name another` })
    }
    if (there._tag === "Some" && !target.force) return yield* exists(target)
    yield* Effect.mapError(fs.access(path.dirname(path.resolve(target.path)), { writable: true }), failed)
  })

/** Writes a file beside the target, which is removed at the end of the scope unless it has got another name. */
const temporaryFile = (target: Target, text: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const at = path.resolve(target.path)
    const suffix = (yield* Random.nextIntBetween(0, 2 ** 48)).toString(36)
    const temporary = path.join(path.dirname(at), `.${path.basename(at)}.${suffix}.tmp`)
    yield* Effect.addFinalizer(() => Effect.ignore(fs.remove(temporary)))
    yield* Effect.gen(function* () {
      const file = yield* fs.open(temporary, { flag: "wx", mode: 0o600 })
      yield* file.writeAll(new TextEncoder().encode(text))
      yield* file.sync
    }).pipe(
      Effect.scoped,
      Effect.mapError((error) => new Failed({ message: `${named(target)}: ${why(error)}` }))
    )
    return temporary
  })

/** As much as is tried whether it can be written. */
const probe = " ".repeat(64 * 1024)

/** Refuses a file that could not be written later on, as on a full disk: to be asked before hours of work. */
export const check = (target: Target): Effect.Effect<void, WrongUse | Failed, FileSystem.FileSystem | Path.Path> =>
  refuse(target).pipe(Effect.zipRight(temporaryFile(target, probe)), Effect.scoped, Effect.uninterruptible)

/** Puts the text on the disk under another name first, so that the file is whole whenever it is there. */
export const write = (
  target: Target,
  text: string
): Effect.Effect<void, WrongUse | Failed, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    yield* refuse(target)
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const at = path.resolve(target.path)
    const failed = (error: PlatformError) => new Failed({ message: `${named(target)}: ${why(error)}` })
    const temporary = yield* temporaryFile(target, text)
    /** A link is refused where there is a file by now; a file system without links has to do without that. */
    const linked = fs.link(temporary, at).pipe(
      Effect.matchEffect({
        onSuccess: () => Effect.succeed(true),
        onFailure: (error) =>
          error._tag === "SystemError" && error.reason === "AlreadyExists" ? exists(target) : Effect.succeed(false)
      })
    )
    if (target.force || !(yield* linked)) yield* Effect.mapError(fs.rename(temporary, at), failed)
    yield* Effect.ignore(
      Effect.scoped(Effect.flatMap(fs.open(path.dirname(at), { flag: "r" }), (opened) => opened.sync))
    )
  }).pipe(Effect.scoped, Effect.uninterruptible)
