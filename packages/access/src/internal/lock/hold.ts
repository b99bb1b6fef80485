/** What a holder does while it holds a lock, and when it is done. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isReason } from "../unusable.ts"
import type { Lock } from "./acquire.ts"
import { follow, type Link, linkNew, remove, successorOf } from "./chain.ts"
import { decode } from "./entry.ts"
import { hasStoodStill } from "./stale.ts"

/** How often a holder renews its file. */
export const renewEvery = "10 seconds"

/** More than any lock file has, in bytes. */
const maxSize = 65_536

/**
 * Writes the same bytes again, so that the file system notes its own time. What is written goes to the file whose token
 * was read, by whatever name: a rival's file that came to this place in between is not touched. Gives whether the file
 * was ours.
 */
const touch = ({ fs, path }: Lock, token: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const file = yield* fs.open(path, { flag: "r+" })
      const bytes = Option.getOrElse(yield* file.readAlloc(maxSize), () => new Uint8Array())
      const entry = decode(new TextDecoder().decode(bytes))
      if (!Option.exists(entry, (found) => found.token === token)) return false
      // On a full disk the file only grows old: whether it is still ours is another question.
      yield* Effect.ignore(Effect.zipRight(file.seek(0, "start"), file.writeAll(bytes)))
      return true
    })
  ).pipe(Effect.catchAll((error) => (isReason(error, "NotFound") ? Effect.succeed(false) : Effect.fail(error))))

/**
 * Renews a lock that is held. Gives whether it is still held: a file that is gone or holds another token is another's,
 * and so is one with a successor. A file that cannot be read or written for the moment says nothing.
 */
export const renew = (lock: Lock, token: string): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    return (yield* touch(lock, token)) && (yield* follow(lock)).at(-1)?.token === token
  }).pipe(Effect.orElseSucceed(() => true))

/**
 * Removes the lock file if it is still ours: becomes its own successor first, renewed before, so that nobody who found
 * it stale takes it over meanwhile. If that does not work, the file stays, and goes stale like that of a killed
 * process.
 */
export const release = (lock: Lock, token: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { coordinator, fs, path } = lock
    const isOurs = (chain: ReadonlyArray<Link>) => chain.length > 0 && chain.every((link) => link.token === token)
    const began = yield* Clock.currentTimeMillis
    if (!(yield* touch(lock, token))) return
    const before = yield* follow(lock)
    if (!isOurs(before)) return
    const successor = successorOf(path, before)
    if (!(yield* linkNew(lock, path, successor, token))) return
    const after = yield* follow(lock)
    if (!isOurs(after)) return yield* remove(fs, successor)
    if (yield* hasStoodStill(coordinator !== undefined, began)) return yield* release(lock, token)
    yield* Effect.forEach(after, (link) => remove(fs, link.path), { discard: true })
  }).pipe(Effect.ignore)
