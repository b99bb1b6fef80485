/** The options of commands that keep something on this machine for later ones. */
import * as Duration from "effect/Duration"
import { flag, option, optional, parsed, text } from "../input/option.ts"
import { parseDurationOrZero } from "../terminal/time.ts"

export const stateDir = text("state-dir", "folder").pipe(
  optional(
    "Where this machine keeps saved rows and locks. Otherwise checkpoint-permissions in XDG_STATE_HOME or ~/.local/state."
  )
)

const duration = (name: string, description: string) =>
  option(name, "time", parsed(parseDurationOrZero, "not a time: pass one such as 90s, 15m or 2h, or 0")).pipe(
    optional(description)
  )

export const maxAge = duration(
  "max-age",
  "Go on with what the same command had read when it was cut short, if that stopped no longer ago than this. 10m by default; 0 reads everything, and saves nothing."
)

const lockTimeout = (what: string, otherwise: string) =>
  duration("lock-timeout", `How long to wait for ${what}. ${otherwise} by default. Exits with 5 if it is still locked.`)

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
