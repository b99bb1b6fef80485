/** The locks that a command takes against other runs of the same user on this machine. */
import * as Lock from "@checkpoint-permissions/access/Lock"
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Path from "@effect/platform/Path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Given } from "../help/described.ts"
import { Host } from "../host.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"
import * as Folder from "./folder.ts"
import { type checkpointLockOptions, defaultCheckpointTimeout } from "./options.ts"

export interface Options extends Given<typeof checkpointLockOptions> {
  readonly fake: boolean
}

/** None with `--no-lock` and with `--fake`; none, which is said, where there is no folder for them. */
const make = Effect.fnUntraced(function* (
  command: string,
  options: Options,
  server: CheckpointPermissions.Server,
  coordinator?: string
) {
  if (options.noLock || options.fake) return Lock.none
  const screen = yield* Screen.Screen
  const path = yield* Path.Path
  const onWarning = (line: string) => screen.complain(`${command}: ${line}`)
  const folder = yield* Effect.either(Folder.open(options.stateDir))
  if (folder._tag === "Right") {
    const { name: process } = yield* Host
    return yield* Lock.make({
      folder: path.join(folder.right, "locks"),
      server,
      command,
      coordinator,
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
): Effect.Effect<Lock.Held, Lock.Locked, Scope.Scope | Screen.Screen> =>
  Effect.catchTag(take({ timeout: 0 }), "Locked", (locked) =>
    Duration.equals(timeout, Duration.zero)
      ? Effect.fail(locked)
      : Effect.flatMap(Screen.Screen, (screen) =>
          Effect.zipRight(
            screen.complain(`${command}: waits up to ${time(timeout)} for ${holder(locked)}`),
            take({ timeout })
          )
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
export const checkpointsOf = (
  command: string,
  options: Options,
  server: CheckpointPermissions.Server,
  coordinator?: string
) =>
  Effect.map(make(command, options, server, coordinator), (locks) => {
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
