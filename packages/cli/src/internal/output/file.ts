/**
 * Files that a command writes: completely or not at all, readable only for their owner, never through a symbolic link.
 * Another file is overwritten only with --force or if it is an earlier output of the same kind.
 */

import { printable } from "@checkpoint-permissions/protocol/text"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { CommandError, failed, wrongUse } from "../command/failure.ts"
import { fileReason, type Kind, kindOf } from "../input/document.ts"
import * as Screen from "../terminal/screen.ts"

export interface Target {
  readonly what: string
  readonly path: string
  /** Overwrites any file. */
  readonly force: boolean
  /** Returns true for the text of an earlier output of the same kind, which is overwritten too. */
  readonly isEarlier?: ((text: string) => boolean) | undefined
}

const named = ({ path, what }: Target): string => `${what} ${printable(JSON.stringify(path))}`

export const mapFileError = (target: Target) =>
  Effect.mapError((error: PlatformError) => failed(`${named(target)}: ${fileReason(error)}`))

/** Returns true if the file exists. Refuses a link, and anything else that is not a regular file. */
export const fileExists = Effect.fnUntraced(function* (target: Target) {
  const fs = yield* FileSystem.FileSystem
  if (yield* Effect.isSuccess(fs.readLink(target.path))) {
    return yield* wrongUse(`${named(target)} is a symbolic link: pass the file itself`)
  }
  const found = yield* Effect.option(fs.stat(target.path))
  if (Option.exists(found, ({ type }) => type !== "File")) {
    return yield* wrongUse(`${named(target)} is not a regular file`)
  }
  return Option.isSome(found)
})

/** Fails if a file or folder cannot be written. */
const checkWritable = (target: Target, at: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => mapFileError(target)(fs.access(at, { writable: true })))

const folderOf = ({ path: at }: Target) => Effect.map(Path.Path, (path) => path.dirname(path.resolve(at)))

/** Refuses a file that must not be overwritten, and a folder that cannot be written. */
const checkReplace = Effect.fnUntraced(function* (target: Target) {
  const fs = yield* FileSystem.FileSystem
  if ((yield* fileExists(target)) && !target.force) {
    const text = yield* Effect.option(fs.readFileString(target.path))
    if (!Option.exists(text, target.isEarlier ?? (() => false))) {
      return yield* wrongUse(`${named(target)} already exists: pass --force to overwrite it`)
    }
  }
  yield* checkWritable(target, yield* folderOf(target))
})

/** Writes a temporary file beside the target. It is removed with the scope unless it was renamed. */
const temporaryFile = Effect.fnUntraced(function* (target: Target, text: string) {
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
  }).pipe(Effect.scoped, mapFileError(target))
  return temporary
})

const probe = " ".repeat(64 * 1024)

/** Fails if the file could not be written later, for example on a full disk. Run it before hours of work. */
export const check = (target: Target): Effect.Effect<void, CommandError, FileSystem.FileSystem | Path.Path> =>
  checkReplace(target).pipe(Effect.zipRight(temporaryFile(target, probe)), Effect.scoped, Effect.uninterruptible)

/** Fails if lines could not be appended to the file later. */
export const checkAppend = (target: Target) =>
  Effect.if(fileExists(target), {
    onTrue: () => checkWritable(target, target.path),
    onFalse: () => temporaryFile(target, probe)
  }).pipe(Effect.scoped, Effect.uninterruptible)

/** Writes the text to the disk under another name, then renames the file, so that it is always complete. */
export const write = Effect.fnUntraced(
  function* (target: Target, text: string) {
    yield* checkReplace(target)
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const at = path.resolve(target.path)
    yield* mapFileError(target)(fs.rename(yield* temporaryFile(target, text), at))
    yield* Effect.ignore(
      Effect.scoped(Effect.flatMap(fs.open(path.dirname(at), { flag: "r" }), (opened) => opened.sync))
    )
  },
  Effect.scoped,
  Effect.uninterruptible
)

export const partialOf = (target: Target): Target => ({ ...target, path: `${target.path}.partial`, force: true })

/**
 * Returns the file of `--out`, which may contain an earlier document of these kinds. Fails if a trial shows that the
 * result could not be written. Run it before hours of work.
 */
export const targetOf = Effect.fnUntraced(function* (
  { force, out }: { readonly out: Option.Option<string>; readonly force: boolean },
  what: string,
  ...earlier: ReadonlyArray<Kind>
) {
  const isEarlier = (text: string) => earlier.some((kind) => kind === kindOf(text))
  const target = Option.map(out, (path): Target => ({ what, path, force, isEarlier }))
  if (Option.isSome(target)) {
    yield* check(target.value)
    yield* fileExists(partialOf(target.value))
  }
  return target
})

interface Result {
  readonly text: string
  /** The text of standard output. Default: `text` without a file, and nothing beside one. */
  readonly shown?: string | undefined
  /** The failure of the command if something was not read. The result is incomplete then. */
  readonly incomplete?: CommandError | undefined
}

const line = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`)

/**
 * Prints a result, then writes its file. An incomplete result goes to `<file>.partial`, leaves the file as it is, and fails
 * with `incomplete`. If standard output cannot be written, no file is written.
 */
export const deliverResult = Effect.fnUntraced(function* (
  target: Option.Option<Target>,
  { incomplete, shown, text }: Result
) {
  const printed = shown ?? (Option.isNone(target) ? text : undefined)
  if (printed !== undefined) yield* Screen.print(line(printed))
  if (Option.isSome(target)) {
    const at = incomplete === undefined ? target.value : partialOf(target.value)
    yield* write(at, text)
    const written = printable(at.path)
    if (incomplete !== undefined) {
      const kept = (yield* fileExists(target.value)) ? `; ${printable(target.value.path)} unchanged` : ""
      const { code, message } = incomplete
      return yield* new CommandError({ code, lines: [`${message}; partial result written to ${written}${kept}`] })
    }
    yield* Screen.note(`Written to ${written}`)
  }
  if (incomplete !== undefined) return yield* incomplete
})
