/**
 * A lock file and those who came after its holder.
 *
 * A file can be put in place so that only one process succeeds: `link` fails where the name exists. No operation
 * removes or replaces a file only if it holds a certain token, so "read, then remove" may remove a file that a rival
 * put there in between. Therefore whoever ends a holding, its own or a stale one, first takes the *successor* of it: a
 * file whose name holds the token, put in place by `link`, of which there can be one. Only its owner changes the lock
 * file. If that owner ended half-way, it has a successor in turn. The last of the chain is the holder.
 *
 * Tokens never recur, so a successor that comes too late has a name that no chain leads to. Its owner finds that out by
 * following the chain again.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isReason, Unusable, unusable } from "../unusable.ts"
import { decode, type Entry } from "./entry.ts"

/** One file of a chain. */
export interface Link {
  readonly path: string
  /** That of the entry. A file without a readable entry is told by what the file system calls it. */
  readonly token: string
  readonly entry: Option.Option<Entry>
  /** When it was renewed, by the clock of the file system, in Unix milliseconds. */
  readonly renewedAt: Option.Option<number>
}

/** Where a lock file is, and to whom the files of this process belong. */
export interface Files {
  readonly fs: FileSystem.FileSystem
  readonly path: string
  readonly owner: Option.Option<number>
}

/** Reads one file, never through a symbolic link, nor that of another user. */
const read = ({ fs, owner }: Files, path: string): Effect.Effect<Option.Option<Link>, Unusable> =>
  Effect.gen(function* () {
    const refused = (reason: string) => new Unusable({ path, reason })
    if (yield* Effect.isSuccess(fs.readLink(path))) return yield* refused("it is a symbolic link")
    const before = yield* fs.stat(path)
    if (before.type !== "File") return yield* refused("it is not a file")
    const entry = decode(yield* fs.readFileString(path))
    // After the content: a file that was replaced in between looks too young, never too old.
    const info = yield* fs.stat(path)
    if (Option.getOrUndefined(info.uid) !== Option.getOrUndefined(owner)) {
      return yield* refused("it belongs to another user")
    }
    const renewedAt = Option.map(info.mtime, (date) => date.getTime())
    const unnamed = `unnamed-${Option.getOrElse(info.ino, () => 0)}-${Option.getOrElse(renewedAt, () => 0)}`
    const token = Option.match(entry, { onNone: () => unnamed, onSome: (named) => named.token })
    return Option.some({ path, token, entry, renewedAt })
  }).pipe(
    Effect.catchAll((error) => {
      if (error._tag === "Unusable") return Effect.fail(error)
      return isReason(error, "NotFound") ? Effect.succeedNone : Effect.fail(unusable(path)(error))
    })
  )

/**
 * Where the successor of the last of a chain is. The position keeps it unique where one process ends its own holding.
 */
export const successorOf = (lock: string, chain: ReadonlyArray<Pick<Link, "token">>): string =>
  `${lock}.${chain.at(-1)?.token}.${chain.length}`

/** The chain that begins at a lock file; empty when the lock is free. */
export const follow = (files: Files, chain: ReadonlyArray<Link> = []): Effect.Effect<ReadonlyArray<Link>, Unusable> =>
  Effect.flatMap(
    read(files, chain.length === 0 ? files.path : successorOf(files.path, chain)),
    Option.match({ onNone: () => Effect.succeed(chain), onSome: (link) => follow(files, [...chain, link]) })
  )

/**
 * Gives a file, which holds that token, a second name, if no file has that name. A network file system may lose the
 * reply, ask again and then report that the name exists: the token that is found there tells.
 */
export const linkNew = (files: Files, file: string, name: string, token: string): Effect.Effect<boolean, Unusable> => {
  const { fs } = files
  return Effect.catchAll(Effect.as(fs.link(file, name), true), (error) =>
    isReason(error, "AlreadyExists")
      ? Effect.map(
          read(files, name),
          Option.exists((found) => found.token === token)
        )
      : unusable(name)(error)
  )
}

/** Removes a file of our own. One that cannot be removed is judged by its age later. */
export const remove = (fs: FileSystem.FileSystem, path: string): Effect.Effect<void> => Effect.ignore(fs.remove(path))
