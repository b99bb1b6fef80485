/** The options of commands that take locks on this machine. */
import * as Duration from "effect/Duration"
import { flag, optional, text } from "../input/option.ts"
import { durationOrZero } from "../input/parameters.ts"

const stateDir = text("state-dir", "folder").pipe(
  optional("Where this machine keeps locks. Otherwise checkpoint-permissions in XDG_STATE_HOME or ~/.local/state.")
)

const lockTimeout = (what: string, otherwise: string) =>
  durationOrZero(
    "lock-timeout",
    `How long to wait for ${what}. ${otherwise} by default. Exits with 5 if it is still locked.`
  )

const noLock = flag(
  "no-lock",
  "Take no lock: nothing keeps other runs on this machine from the same checkpoint meanwhile."
)

/** Of a command that changes one checkpoint. */
export const checkpointLockOptions = {
  lockTimeout: lockTimeout("another run on this machine to be done with the checkpoint", "5m"),
  noLock,
  stateDir
}

/** How long one checkpoint takes at most at ten calls a minute, and more. */
export const defaultCheckpointTimeout = Duration.minutes(5)

/** Of an apply. */
export const runLockOptions = {
  lockTimeout: lockTimeout("another apply on this machine to end", "0"),
  noLock,
  stateDir
}
