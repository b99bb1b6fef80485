/** The locks that a command takes against other runs of the same user on this machine. */
import * as Lock from "@checkpoint-permissions/access/Lock"
import * as PrivateFolder from "@checkpoint-permissions/access/PrivateFolder"
import { oneLine, visible } from "@checkpoint-permissions/access/TerminalText"
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Path from "@effect/platform/Path"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Given } from "../help/described.ts"
import { Host } from "../host.ts"
import { variable } from "../input/environment.ts"
import { flag, optional, text } from "../input/option.ts"
import { durationOrZero } from "../input/parameters.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"

export interface Options extends Given<typeof checkpointLockOptions> {
  readonly fake: boolean
}

/** None with `--no-lock` and with `--fake`; none, which is said, where there is no folder for them. */
const make = Effect.fnUntraced(function* (command: string, options: Options, server: CheckpointPermissions.Server) {
  if (options.noLock || options.fake) return Lock.none
  const path = yield* Path.Path
  const { complain } = yield* Screen.Screen
  const onWarning = (line: string) => complain(`${command}: ${line}`)
  const folder = yield* Effect.either(openFolder(options.stateDir))
  if (folder._tag === "Right") {
    const { name: process } = yield* Host
    return yield* Lock.make({
      folder: path.join(folder.right, "locks"),
      server,
      command,
      process,
      onWarning
    })
  }
  yield* onWarning(`going on without locks, so do not start another run meanwhile: ${folder.left.message}`)
  return Lock.none
})

const holder = ({ holder }: Lock.Locked): string =>
  holder === undefined ? "another run" : `process ${holder.pid} on ${oneLine(holder.host)} (${oneLine(holder.command)})`

/** Takes a lock, saying for whom it waits. */
const wait = (
  command: string,
  take: (options: Lock.LockOptions) => Effect.Effect<Lock.Held, Lock.Locked, Scope.Scope>,
  timeout: Duration.Duration
) =>
  Effect.catchTag(take({ timeout: 0 }), "Locked", (locked) =>
    Duration.equals(timeout, Duration.zero)
      ? Effect.fail(locked)
      : Effect.zipRight(
          Screen.complain(`${command}: waits up to ${time(timeout)} for ${holder(locked)}`),
          take({ timeout })
        )
  )

/** The lock of one checkpoint, until the scope is closed. */
export const checkpointOf = Effect.fnUntraced(function* (
  command: string,
  options: Options,
  server: CheckpointPermissions.Server,
  checkpoint: CheckpointId
) {
  const locks = yield* make(command, options, server)
  const timeout = Option.getOrElse(options.lockTimeout, () => defaultCheckpointTimeout)
  return yield* wait(command, (how) => locks.checkpoint(checkpoint, how), timeout)
})

/** The locks of many checkpoints, each of which is taken when its turn has come. */
export const checkpointsOf = (command: string, options: Options, server: CheckpointPermissions.Server) =>
  Effect.map(make(command, options, server), (locks) => {
    const timeout = Option.getOrElse(options.lockTimeout, () => defaultCheckpointTimeout)
    const patient: Lock.Locks = { ...locks, checkpoint: (checkpoint) => locks.checkpoint(checkpoint, { timeout }) }
    return { locks: patient, lost: Effect.never }
  })

/** The lock of a whole run, until the scope is closed, and those of its checkpoints. */
export const runOf = Effect.fnUntraced(function* (
  command: string,
  options: Options,
  server: CheckpointPermissions.Server
) {
  const locks = yield* make(command, options, server)
  const timeout = Option.getOrElse(options.lockTimeout, () => Duration.zero)
  const { lost } = yield* wait(command, locks.run, timeout)
  return { locks, lost }
})

/** There is no state folder that can be used. The message says which and why. */
export class StateUnavailable extends Data.TaggedError("StateUnavailable")<{ readonly message: string }> {}

/** Where the folder is: `given`, else in XDG_STATE_HOME, else in HOME. A relative variable is ignored, as XDG says. */
export const folderPath = Effect.fnUntraced(function* (given: Option.Option<string>) {
  const path = yield* Path.Path
  if (Option.isSome(given)) return path.resolve(given.value)
  const state = yield* variable("XDG_STATE_HOME")
  if (state !== undefined && path.isAbsolute(state)) return path.join(state, "checkpoint-permissions")
  const home = yield* variable("HOME")
  if (home !== undefined && path.isAbsolute(home)) return path.join(home, ".local/state/checkpoint-permissions")
  return yield* new StateUnavailable({ message: "there is no state folder: set HOME, or pass --state-dir" })
})

/** The folder that is given, or the usual one, made and checked: it is ours alone and can be written. */
export const openFolder = (given: Option.Option<string>) =>
  Effect.tap(folderPath(given), (path) =>
    Effect.mapError(
      PrivateFolder.make(path),
      ({ reason }) => new StateUnavailable({ message: `state folder ${visible(JSON.stringify(path))}: ${reason}` })
    )
  )

const stateDirOption = text("state-dir", "folder").pipe(
  optional("Where this machine keeps locks. Otherwise checkpoint-permissions in XDG_STATE_HOME or ~/.local/state.")
)

const timeoutOption = (what: string, otherwise: string) =>
  durationOrZero(
    "lock-timeout",
    `How long to wait for ${what}. ${otherwise} by default. Exits with 5 if it is still locked.`
  )

const noLockOption = flag(
  "no-lock",
  "Take no lock: nothing keeps other runs on this machine from the same checkpoint meanwhile."
)

/** Of a command that changes one checkpoint. */
export const checkpointLockOptions = {
  lockTimeout: timeoutOption("another run on this machine to be done with the checkpoint", "5m"),
  noLock: noLockOption,
  stateDir: stateDirOption
}

/** How long one checkpoint takes at most at ten calls a minute, and more. */
export const defaultCheckpointTimeout = Duration.minutes(5)

/** Of an apply. */
export const runLockOptions = {
  lockTimeout: timeoutOption("another apply on this machine to end", "0"),
  noLock: noLockOption,
  stateDir: stateDirOption
}
