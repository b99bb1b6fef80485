/** The lock of an apply, as commands use it: `apply` takes it, `grant` waits for it, `revoke` and `offboard` warn of it. */

import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import { singleLine } from "@checkpoint-permissions/protocol/text"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { type CommandError, refused } from "../failure.ts"
import { variable } from "../input/environment.ts"
import type { lockOptions } from "../input/options.ts"
import * as Lock from "../lock.ts"
import type { OptionsOf } from "../run.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"

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
    yield* Lock.noneIf("AlreadyExists")(fs.makeDirectory(folder, { mode: 0o700 }))
  })

/** Returns the name of the lock file. It is the same for all base URLs of a server. */
const fileName = ({ apiUrl, organization }: Server): string =>
  `${[new URL(apiUrl).host, ...(organization === undefined ? [] : [organization])].map(encodeURIComponent).join(",")}.lock`

const describeHolder = ({ holder }: Lock.HeldLock): string =>
  Option.match(holder, {
    onNone: () => "an unknown process",
    onSome: ({ command, host, pid, since }) =>
      `${singleLine(command)} (pid ${pid} on ${singleLine(host)}) since ${DateTime.formatIso(since).slice(0, 19).replace("T", " ")} UTC`
  })

type Environment = FileSystem.FileSystem | Path.Path | Screen.Screen | Scope.Scope

/** Uses the lock, unless `--no-lock` or `--fake` is given. Continues without a lock if the file cannot be used. */
const withLock = Effect.fnUntraced(function* (
  command: string,
  { fake, noLock, stateDir }: LockOptions,
  server: Server,
  use: (lock: Lock.Lock, file: string) => Effect.Effect<void, PlatformError | CommandError, Environment>
) {
  if (noLock || fake) return
  const path = yield* Path.Path
  const continueUnlocked = (reason: string) =>
    Screen.warn(`${command}: continuing without a lock, do not start another apply: ${singleLine(reason)}`)
  const folder = yield* folderPath(stateDir)
  if (folder === undefined) return yield* continueUnlocked("no state folder: set HOME or pass --state-dir")
  const file = path.join(folder, fileName(server))
  yield* Effect.flatMap(Lock.make(file), (lock) => use(lock, file)).pipe(
    Effect.catchTags({
      BadArgument: ({ message }) => continueUnlocked(message),
      SystemError: ({ description, message }) => continueUnlocked(description ?? message)
    })
  )
})

/** Reads the lock each second until it is free. Fails after the timeout with the lock's holder. */
const wait = Effect.fnUntraced(function* <R>(
  command: string,
  timeout: Duration.Duration,
  file: string,
  read: Effect.Effect<Option.Option<Lock.HeldLock>, PlatformError, R>
) {
  let held = yield* read
  const seconds = Math.ceil(Duration.toSeconds(timeout))
  if (Option.isSome(held) && seconds > 0) {
    yield* Screen.warn(`${command}: waiting up to ${time(timeout)} for ${describeHolder(held.value)}`)
    held = yield* Effect.repeat(Effect.delay(read, "1 second"), { while: Option.isSome, times: seconds - 1 })
  }
  if (Option.isNone(held)) return
  return yield* refused(
    `${command}: locked by ${describeHolder(held.value)}: pass --lock-timeout to wait (lock file: ${singleLine(file)})`
  )
})

const timeoutOf = ({ lockTimeout = Option.none() }: LockOptions, byDefault: Duration.Duration) =>
  Option.getOrElse(lockTimeout, () => byDefault)

/** Holds the lock until the scope is closed. Fails if it is not free within `--lock-timeout` (default 0). */
export const acquireLock = (command: string, options: LockOptions, server: Server) =>
  withLock(command, options, server, ({ take }, file) =>
    Effect.gen(function* () {
      const { dirname } = yield* Path.Path
      yield* makeFolder(dirname(file))
      yield* wait(command, timeoutOf(options, Duration.zero), file, take)
    })
  )

/** Waits until no apply holds the lock. Fails after `--lock-timeout` (default 5 minutes). */
export const waitForApply = (command: string, options: LockOptions, server: Server) =>
  withLock(command, options, server, ({ holder }, file) =>
    wait(command, timeoutOf(options, grantTimeout), file, holder)
  )

/** Warns if an apply has the lock. Does not wait. */
export const warnIfLocked = (command: string, options: LockOptions, server: Server) =>
  withLock(command, options, server, ({ holder }) =>
    Effect.flatMap(holder, (held) =>
      Option.isNone(held)
        ? Effect.void
        : Screen.warn(`${command}: an apply is running and may grant this access again: ${describeHolder(held.value)}`)
    )
  )
