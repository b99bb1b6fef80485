/**
 * The lock file of an apply: one for each server and organization. `apply` takes it, `grant` waits for it, `revoke` and
 * `offboard` warn of it. It only avoids conflicts: correct results come from listing again after each write.
 *
 * The file is created with `wx`, so only one process succeeds. A stale file is read again and removed while a second
 * `wx` file, the guard, exists. A slower process then finds the new holder's file, which is not stale.
 */

import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import { singleLine } from "@checkpoint-permissions/protocol/text"
import type { PlatformError, SystemErrorReason } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { refused } from "../failure.ts"
import { CommandLine, Host, variable } from "../input/environment.ts"
import type { lockOptions } from "../input/options.ts"
import type { OptionsOf } from "../run.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"

const Holder = Schema.parseJson(
  Schema.Struct({ pid: Schema.Int, host: Schema.String, command: Schema.String, since: Schema.DateTimeUtc })
)

/** A lock file that was read. A damaged file has no holder. */
interface HeldLock {
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
const noneIf =
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

  /** The text of a file that this process holds from now on. The guard of a killed process is stale by it. */
  const ownText = Effect.gen(function* () {
    const command = (yield* CommandLine).join(" ")
    return yield* Effect.orDie(Schema.encode(Holder)({ pid, host, command, since: yield* DateTime.now }))
  })

  /** Removes the lock file if it is the expected one. Returns `None` if another process is removing it. */
  const removeIf = Effect.fnUntraced(function* (isExpected: (found: HeldLock) => boolean) {
    const guard = `${file}.guard`
    if (Option.exists(yield* read(guard), ({ isStale }) => isStale)) yield* fs.remove(guard)
    yield* Effect.acquireUseRelease(
      fs.writeFileString(guard, yield* ownText, { flag: "wx", mode: 0o600 }),
      () => Effect.flatMap(read(file), (found) => Effect.when(fs.remove(file), () => Option.exists(found, isExpected))),
      () => Effect.ignore(fs.remove(guard))
    )
  }, noneIf("AlreadyExists"))

  /** Writes the new file, renews it, and removes it at the end. A write cannot be interrupted, since the file may be closed after it. */
  const writeAndRenew = Effect.fnUntraced(function* (opened: FileSystem.File) {
    const text = yield* ownText
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

/** The default wait of `grant` for the lock. Enough for one checkpoint at ten calls a minute. */
const grantTimeout = Duration.minutes(5)

export interface LockOptions extends OptionsOf<typeof lockOptions> {
  readonly fake: boolean
  readonly lockTimeout?: Option.Option<Duration.Duration>
}

/** Returns the state folder: the given one, or in XDG_STATE_HOME or HOME. Relative variables are ignored. */
export const folderPath = Effect.fnUntraced(function* (given: Option.Option<string>) {
  const path = yield* Path.Path
  if (Option.isSome(given)) return path.resolve(given.value)
  const state = yield* variable("XDG_STATE_HOME")
  if (state !== undefined && path.isAbsolute(state)) return path.join(state, "checkpoint-permissions")
  const home = yield* variable("HOME")
  if (home !== undefined && path.isAbsolute(home)) return path.join(home, ".local/state/checkpoint-permissions")
  return undefined
})

/**
 * Makes a folder and its parents, one by one. Node's recursive `mkdir` never returns below `/proc`, and reports a
 * read-only disk as a missing folder.
 */
const makeFolder = (folder: string): Effect.Effect<unknown, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { dirname } = yield* Path.Path
    if (yield* fs.exists(folder)) return
    if (dirname(folder) !== folder) yield* makeFolder(dirname(folder))
    yield* noneIf("AlreadyExists")(fs.makeDirectory(folder, { mode: 0o700 }))
  })

/** Returns the name of the lock file. It is the same for all base URLs of a server. */
const fileName = ({ apiUrl, organization }: Server): string =>
  `${[new URL(apiUrl).host, ...(organization === undefined ? [] : [organization])].map(encodeURIComponent).join(",")}.lock`

const describeHolder = ({ holder }: HeldLock): string =>
  Option.match(holder, {
    onNone: () => "an unknown process",
    onSome: ({ command, host, pid, since }) =>
      `${singleLine(command)} (pid ${pid} on ${singleLine(host)}) since ${DateTime.formatIso(since).slice(0, 19).replace("T", " ")} UTC`
  })

/** Reads the lock each second until it is free. Fails after the timeout with the lock's holder. */
const wait = Effect.fnUntraced(function* <R>(
  command: string,
  timeout: Duration.Duration,
  file: string,
  read: Effect.Effect<Option.Option<HeldLock>, PlatformError, R>
) {
  let held = yield* read
  const seconds = Math.ceil(Duration.toSeconds(timeout))
  if (Option.isSome(held) && seconds > 0) {
    yield* Screen.warn(`${command}: waiting up to ${time(timeout)} for ${describeHolder(held.value)}`)
    for (let left = seconds; left > 0 && Option.isSome(held); left -= 1) held = yield* Effect.delay(read, "1 second")
  }
  if (Option.isNone(held)) return
  return yield* refused(
    `${command}: locked by ${describeHolder(held.value)}: pass --lock-timeout to wait (lock file: ${singleLine(file)})`
  )
})

/**
 * Uses the lock, unless `--no-lock` or `--fake` is given. `apply` takes it, and keeps it until the scope is closed. `grant`
 * waits until it is free. Both fail after `--lock-timeout`, by default 0 for `apply` and 5 minutes for `grant`. The other
 * commands warn if it is held. If the file cannot be used, continues without a lock.
 */
export const useLock = Effect.fnUntraced(function* (
  command: "apply" | "grant" | "revoke" | "offboard",
  { fake, lockTimeout = Option.none(), noLock, stateDir }: LockOptions,
  server: Server
) {
  if (noLock || fake) return
  const { join } = yield* Path.Path
  const continueUnlocked = (reason: string) =>
    Screen.warn(`${command}: continuing without a lock, do not start another apply: ${singleLine(reason)}`)
  const folder = yield* folderPath(stateDir)
  if (folder === undefined) return yield* continueUnlocked("no state folder: set HOME or pass --state-dir")
  const file = join(folder, fileName(server))
  yield* Effect.gen(function* () {
    const { holder, take } = yield* make(file)
    if (command === "apply" || command === "grant") {
      const isTaken = command === "apply"
      if (isTaken) yield* makeFolder(folder)
      const timeout = Option.getOrElse(lockTimeout, () => (isTaken ? Duration.zero : grantTimeout))
      return yield* wait(command, timeout, file, isTaken ? take : holder)
    }
    const held = yield* holder
    if (Option.isSome(held)) {
      yield* Screen.warn(
        `${command}: an apply is running and may grant this access again: ${describeHolder(held.value)}`
      )
    }
  }).pipe(
    Effect.catchTags({
      BadArgument: ({ message }) => continueUnlocked(message),
      SystemError: ({ description, message }) => continueUnlocked(description ?? message)
    })
  )
})
