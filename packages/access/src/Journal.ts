/** A journal of changes as JSON lines: an intent before each write, a result after it. */
import "./internal/installEffect3.ts"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Journal, JournalFailed, toLine } from "./internal/journal.ts"

export { Entry, type Journal, JournalFailed } from "./internal/journal.ts"

const lineFeed = 10

/** Returns true if two descriptions are of the same file. */
const isSame = (one: FileSystem.File.Info, other: FileSystem.File.Info): boolean =>
  one.dev === other.dev && `${one.ino}` === `${other.ino}`

/**
 * Syncs the folder, so that the name of the file survives a crash. Does nothing if the file system does not support it.
 */
const syncFolder = (fs: FileSystem.FileSystem, folder: string): Effect.Effect<void> =>
  Effect.ignore(Effect.scoped(Effect.flatMap(fs.open(folder, { flag: "r" }), (opened) => opened.sync)))

/**
 * Opens the file at a path, and creates it if it does not exist. Checks it after opening, since the path could become a
 * symbolic link after an earlier check.
 */
const openFile = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, path: string, folder: string) {
  const isLink = Effect.isSuccess(fs.readLink(path))
  const refused = (reason: string) => new JournalFailed({ journal: path, reason })
  const link = refused("it is a symbolic link: name the file itself")
  if (yield* isLink) return yield* link
  const made = yield* Effect.option(fs.open(path, { flag: "ax+", mode: 0o600 }))
  // Also for an existing file: the process that created it may have been killed before this.
  yield* syncFolder(fs, folder)
  if (made._tag === "Some") return made.value
  const opened = yield* fs.open(path, { flag: "a+" })
  const info = yield* opened.stat
  if (info.type !== "File") return yield* refused("it is not a regular file: name another file")
  if ((yield* isLink) || !isSame(info, yield* fs.stat(path))) return yield* link
  yield* fs.chmod(path, 0o600)
  return opened
})

const endsInALine = Effect.fnUntraced(function* (opened: FileSystem.File) {
  const { size } = yield* opened.stat
  if (size === 0n) return true
  yield* opened.seek(size - 1n, "start")
  const last = yield* opened.readAlloc(1)
  return last._tag === "Some" && last.value[0] === lineFeed
})

/** Opens a file for appending lines. Each text is on the disk when its effect succeeds. */
const lines = (
  path: string
): Effect.Effect<
  (text: string) => Effect.Effect<void, JournalFailed>,
  JournalFailed,
  FileSystem.FileSystem | Path.Path | Scope.Scope
> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { dirname, resolve } = yield* Path.Path
    const opened = yield* openFile(fs, path, dirname(resolve(path)))
    const semaphore = yield* Effect.makeSemaphore(1)
    let isTruncated = !(yield* endsInALine(opened))
    return (text: string) =>
      Effect.suspend(() => {
        const whole = isTruncated ? `\n${text}` : text
        isTruncated = true
        return opened.writeAll(new TextEncoder().encode(whole))
      }).pipe(
        Effect.zipRight(opened.sync),
        Effect.map(() => {
          isTruncated = false
        }),
        semaphore.withPermits(1),
        (append) => orFailed(path, append)
      )
  }).pipe((opening) => orFailed(path, opening))

/**
 * Opens a journal of JSON lines for appending, with mode 0600, even if it exists. Refuses a symbolic link. Each intent is
 * on the disk before its write is sent. If an earlier run or a full disk left an unfinished line, a line break is added.
 *
 * @example
 * ```ts
 * import { Access, type AccessPlan, Journal } from "@checkpoint-permissions/access"
 * import { Effect, Stream } from "effect"
 *
 * const applied = Effect.fn(function* (plan: AccessPlan.AccessPlan) {
 *   const journal = yield* Journal.file("access.journal")
 *   return yield* Stream.runCount(Access.apply(plan, { journal, actor: "release-bot" }))
 * }, Effect.scoped)
 * ```
 *
 * @category constructors
 */
export const file = (
  path: string
): Effect.Effect<Journal, JournalFailed, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.map(lines(path), (append) => ({ write: (entries) => append(entries.map(toLine).join("")) }))

const reasonOf = (error: PlatformError): string => {
  if (error._tag === "BadArgument") return "its path is not valid"
  const code = /\b(E[A-Z]{3,})\b/.exec(error.message)?.[1]
  switch (code) {
    case "ENOENT":
      return "its folder does not exist"
    case "EACCES":
    case "EPERM":
      return "there is no permission to write it: check the owner and mode of the file and its folder"
    case "EISDIR":
      return "it is not a regular file: name another file"
    case "ENOSPC":
      return "its disk is full (ENOSPC): free space"
    default:
      return code ?? error.reason
  }
}

const orFailed = <A, R>(
  journal: string,
  self: Effect.Effect<A, JournalFailed | PlatformError, R>
): Effect.Effect<A, JournalFailed, R> =>
  Effect.mapError(self, (error) =>
    error._tag === "JournalFailed" ? error : new JournalFailed({ journal, reason: reasonOf(error) })
  )
