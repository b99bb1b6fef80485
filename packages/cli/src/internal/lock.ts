/**
 * The lock file of an apply: one for each server and organization. It only avoids conflicts: correct results come from
 * listing again after each write.
 *
 * The file is created with `wx`, so only one process succeeds. A stale file is read again and removed while a second
 * `wx` file, the guard, exists. A slower process then finds the new holder's file, which is not stale.
 */

import type { PlatformError, SystemErrorReason } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { CommandLine, Host } from "./input/environment.ts"

const Holder = Schema.parseJson(
  Schema.Struct({ pid: Schema.Int, host: Schema.String, command: Schema.String, since: Schema.DateTimeUtc })
)

/** A lock file that was read. A damaged file has no holder. */
export interface HeldLock {
  readonly text: string
  readonly holder: Option.Option<typeof Holder.Type>
  /** True if its holder no longer runs. */
  readonly isStale: boolean
}

/** The interval at which the holder renews its file. */
const renewEvery = "10 seconds"

/** The age from which a file that was not renewed is stale, in milliseconds. */
const staleAfter = 60_000

const isHeld = ({ isStale }: HeldLock): boolean => !isStale

/** Recovers from a `SystemError` with this reason, with `None`. */
export const noneIf =
  (reason: SystemErrorReason) =>
  <A, R>(self: Effect.Effect<A, PlatformError, R>): Effect.Effect<Option.Option<A>, PlatformError, R> =>
    Effect.catchTag(Effect.asSome(self), "SystemError", (error) =>
      error.reason === reason ? Effect.succeedNone : Effect.fail(error)
    )

/**
 * Returns two uses of a lock file: `holder` reads it, and `take` creates it and keeps it until the scope is closed.
 * Both succeed with `None` if no other process has the lock.
 */
export const make = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const { host, isRunning, pid } = yield* Host

  const read = Effect.fnUntraced(function* (path: string): Effect.fn.Return<HeldLock, PlatformError> {
    const { mtime } = yield* fs.stat(path)
    const text = yield* Effect.orElseSucceed(fs.readFileString(path), () => "")
    const now = yield* Clock.currentTimeMillis
    const age = Option.match(mtime, { onNone: () => 0, onSome: (renewed) => now - renewed.getTime() })
    const holder = Schema.decodeOption(Holder)(text)
    const local = Option.filter(holder, (one) => one.host === host)
    // After the clock was set back, a file from the future is stale too, unless its process runs on this machine.
    const isOld = (Option.isSome(local) ? age : Math.abs(age)) >= staleAfter
    return { text, holder, isStale: isOld || Option.exists(local, (one) => !isRunning(one.pid)) }
  }, noneIf("NotFound"))

  /** Removes the lock file if it is the expected one. Returns `None` if another process is removing it. */
  const removeIf = Effect.fnUntraced(function* (isExpected: (found: HeldLock) => boolean) {
    const guard = `${file}.guard`
    if (Option.exists(yield* read(guard), ({ isStale }) => isStale)) yield* fs.remove(guard)
    yield* Effect.acquireUseRelease(
      fs.writeFileString(guard, "", { flag: "wx", mode: 0o600 }),
      () => Effect.flatMap(read(file), (found) => Effect.when(fs.remove(file), () => Option.exists(found, isExpected))),
      () => Effect.ignore(fs.remove(guard))
    )
  }, noneIf("AlreadyExists"))

  /** Writes the new file, renews it, and removes it at the end. A write cannot be interrupted, since the file may be closed after it. */
  const writeAndRenew = Effect.fnUntraced(function* (opened: FileSystem.File) {
    const command = (yield* CommandLine).join(" ")
    const text = yield* Effect.orDie(Schema.encode(Holder)({ pid, host, command, since: yield* DateTime.now }))
    const write = Effect.zipRight(opened.seek(0, "start"), opened.writeAll(new TextEncoder().encode(text)))
    yield* Effect.onError(write, () => Effect.ignore(fs.remove(file)))
    yield* Effect.addFinalizer(() => Effect.ignore(removeIf((found) => found.text === text)))
    const renew = Effect.delay(Effect.uninterruptible(Effect.ignore(write)), renewEvery)
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(renew)))
  })

  const take: Effect.Effect<Option.Option<HeldLock>, PlatformError, Scope.Scope> = Effect.gen(function* () {
    const created = yield* noneIf("AlreadyExists")(fs.open(file, { flag: "wx", mode: 0o600 }))
    if (Option.isSome(created)) {
      yield* writeAndRenew(created.value)
      return Option.none()
    }
    const found = yield* read(file)
    if (Option.exists(found, isHeld)) return found
    return Option.isSome(yield* removeIf(({ isStale }) => isStale)) ? yield* take : found
  }).pipe(Effect.uninterruptible)

  return { take, holder: Effect.map(read(file), Option.filter(isHeld)) }
})

export type Lock = Effect.Effect.Success<ReturnType<typeof make>>
