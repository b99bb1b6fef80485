/**
 * The lock file of an apply: one for each server and organization. `apply` takes it, `grant` waits for it, `revoke` and
 * `offboard` warn of it. A courtesy: of two processes that find a stale file at the same moment, both may continue.
 * Correct results come from listing again after each write.
 */

import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import { singleLine } from "@checkpoint-permissions/protocol/text"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { refused } from "../command/failure.ts"
import type { OptionsOf } from "../command/run.ts"
import { CommandLine, Host, variable } from "../input/environment.ts"
import type { lockOptions } from "../input/options.ts"
import * as Screen from "../terminal/screen.ts"

const Holder = Schema.parseJson(
  Schema.Struct({ pid: Schema.Int, host: Schema.String, command: Schema.String, since: Schema.DateTimeUtc })
)

const renewEvery = "10 seconds"

/** The age from which a file that was not renewed is stale, in milliseconds. */
const staleAfter = 60_000

const describe = ({ command, host, pid, since }: typeof Holder.Type): string =>
  `${singleLine(command)} (pid ${pid} on ${singleLine(host)}) since ${DateTime.formatIso(since).slice(0, 19).replace("T", " ")} UTC`

const isAlreadyExists = (error: PlatformError): boolean =>
  error._tag === "SystemError" && error.reason === "AlreadyExists"

/** A file that is damaged, or not written yet. */
const unknownHolder = "an unknown process"

/**
 * Returns two uses of a lock file: `holder` reads it, and `take` creates it and keeps it until the scope is closed.
 * Both succeed with `None` if no other process has the lock, otherwise with its description.
 */
export const make = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const { host, isRunning, pid } = yield* Host

  const holder = Effect.gen(function* () {
    const { mtime } = yield* fs.stat(file)
    const found = Schema.decodeOption(Holder)(yield* fs.readFileString(file))
    const now = yield* Clock.currentTimeMillis
    const isOld = Option.exists(mtime, (renewed) => now - renewed.getTime() >= staleAfter)
    const isGone = Option.exists(found, (one) => one.host === host && !isRunning(one.pid))
    return isOld || isGone
      ? Option.none()
      : Option.some(Option.match(found, { onNone: () => unknownHolder, onSome: describe }))
  }).pipe(
    Effect.catchIf(
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => Effect.succeedNone
    )
  )

  const take: Effect.Effect<Option.Option<string>, PlatformError, Scope.Scope> = Effect.gen(function* () {
    const command = (yield* CommandLine).join(" ")
    const text = yield* Effect.orDie(Schema.encode(Holder)({ pid, host, command, since: yield* DateTime.now }))
    const create = fs.writeFileString(file, text, { flag: "wx", mode: 0o600 })
    const held = yield* Effect.catchIf(Effect.as(create, Option.none()), isAlreadyExists, () =>
      Effect.tap(holder, (other) =>
        Option.isSome(other) ? Effect.void : Effect.zipRight(fs.remove(file, { force: true }), create)
      )
    )
    if (Option.isSome(held)) return held
    const isOwn = Effect.map(fs.readFileString(file), (found) => found === text)
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.whenEffect(fs.remove(file), isOwn)))
    const now = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)
    const renew = Effect.ignore(Effect.flatMap(now, (seconds) => fs.utimes(file, seconds, seconds)))
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.delay(renew, renewEvery))))
    return Option.none()
  }).pipe(
    Effect.catchIf(isAlreadyExists, () => Effect.succeedSome(unknownHolder)),
    Effect.uninterruptible
  )

  return { take, holder }
})

export interface LockOptions extends OptionsOf<typeof lockOptions> {
  readonly fake: boolean
}

/** Returns the state folder in XDG_STATE_HOME or HOME. Relative variables are ignored. */
const folderPath = Effect.gen(function* () {
  const path = yield* Path.Path
  const state = yield* variable("XDG_STATE_HOME")
  if (state !== undefined && path.isAbsolute(state)) return path.join(state, "checkpoint-permissions")
  const home = yield* variable("HOME")
  if (home !== undefined && path.isAbsolute(home)) return path.join(home, ".local/state/checkpoint-permissions")
  return undefined
})

/** Returns the name of the lock file. It is the same for all base URLs of a server. */
const fileName = ({ apiUrl, organization }: Server): string =>
  `${[new URL(apiUrl).host, ...(organization === undefined ? [] : [organization])].map(encodeURIComponent).join(",")}.lock`

/** The wait of `grant` for the lock, in seconds. Enough for one checkpoint at ten calls a minute. */
const grantWait = 300

/**
 * Uses the lock, unless `--no-lock` or `--fake` is given. `apply` takes it, and keeps it until the scope is closed, or
 * fails. `grant` waits until it is free. The other commands warn if it is held. If the file cannot be used, continues
 * without a lock.
 */
export const useLock = Effect.fnUntraced(function* (
  command: "apply" | "grant" | "revoke" | "offboard",
  { fake, noLock }: LockOptions,
  server: Server
) {
  if (noLock || fake) return
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const continueUnlocked = (reason: string) =>
    Screen.warn(`${command}: continuing without a lock, do not start another apply: ${singleLine(reason)}`)
  const folder = yield* folderPath
  if (folder === undefined) return yield* continueUnlocked("no state folder: set HOME or XDG_STATE_HOME")
  const file = join(folder, fileName(server))
  yield* Effect.gen(function* () {
    const { holder, take } = yield* make(file)
    if (command === "apply") yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
    let held = yield* command === "apply" ? take : holder
    if (Option.isNone(held)) return
    if (command === "revoke" || command === "offboard") {
      return yield* Screen.warn(`${command}: an apply is running and may grant this access again: ${held.value}`)
    }
    if (command === "grant") {
      yield* Screen.warn(`grant: waiting up to 5m for ${held.value}`)
      held = yield* Effect.repeat(Effect.delay(holder, "1 second"), { until: Option.isNone, times: grantWait - 1 })
      if (Option.isNone(held)) return
    }
    return yield* refused(
      `${command}: locked by ${held.value}: run it again afterwards, or pass --no-lock (lock file: ${singleLine(file)})`
    )
  }).pipe(
    Effect.catchTags({
      BadArgument: ({ message }) => continueUnlocked(message),
      SystemError: ({ description, message }) => continueUnlocked(description ?? message)
    })
  )
})
