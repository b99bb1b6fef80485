/** What a lock is for those who use it. */
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { oneLine } from "../text.ts"

/**
 * Who holds a lock.
 *
 * @category models
 */
export const Holder = Schema.Struct({
  /** The process number; 0 where the platform does not say. */
  pid: Schema.Int,
  host: Schema.String,
  /** What the process does, as it was given to `make`. */
  command: Schema.String,
  /** When it got the lock, by its own clock. */
  since: Schema.DateTimeUtc
})

/** @category models */
export interface Holder extends Schema.Schema.Type<typeof Holder> {}

const described = ({ command, host, pid, since }: Holder): string => {
  const who = pid === 0 ? "a process" : `process ${pid}`
  const at = DateTime.formatIso(since).slice(0, 19).replace("T", " ")
  return `${who} on ${oneLine(host, 80)} (${oneLine(command, 120)}), since ${at} UTC`
}

/**
 * Somebody else holds the lock, and still did when the timeout was over.
 *
 * @category errors
 */
export class Locked extends Schema.TaggedError<Locked>()("Locked", {
  lock: Schema.Literal("run", "checkpoint"),
  /** The checkpoint, if the lock is that of a checkpoint. */
  checkpoint: Schema.optional(CheckpointId),
  /** Missing where the lock file does not say, as after a full disk. */
  holder: Schema.optional(Holder),
  path: Schema.String
}) {
  /** One line for people: which lock, who holds it, what to do. */
  override get message(): string {
    const what = this.checkpoint === undefined ? "apply" : `the checkpoint ${oneLine(this.checkpoint)}`
    const by = this.holder === undefined ? "somebody whom the lock file does not name" : described(this.holder)
    return `${what} is locked by ${by}: wait until that ends, or allow a longer wait (lock file: ${oneLine(this.path)})`
  }
}

/**
 * A lock that is held. It is released with its scope.
 *
 * @category models
 */
export interface Held {
  /**
   * Completes when the lock file no longer holds this holder's token: it did not renew its lock for long, and somebody
   * else took it over. Stop before the next checkpoint.
   */
  readonly lost: Effect.Effect<void>
  /** Whether somebody else held it when it was asked for: what was read before may have changed since. */
  readonly wasHeld: boolean
}

/**
 * How long to wait for a lock.
 *
 * @category models
 */
export interface LockOptions {
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * The locks of one server.
 *
 * @category models
 */
export interface Locks {
  /**
   * For a whole apply: one for each server origin and organization header. `timeout` is 0 by default: who meets a
   * holder fails at once.
   */
  readonly run: (options?: LockOptions) => Effect.Effect<Held, Locked, Scope.Scope>
  /**
   * For the reading, the writes and the reading back of one checkpoint: one for each server origin and checkpoint.
   * `timeout` is 5 minutes by default.
   */
  readonly checkpoint: (checkpoint: CheckpointId, options?: LockOptions) => Effect.Effect<Held, Locked, Scope.Scope>
}

/**
 * Where the lock files are, and for whom.
 *
 * @category models
 */
export interface MakeOptions {
  /** The folder of the lock files. It is made, for its owner alone, if it does not exist. */
  readonly folder: string
  /** The server, as `CheckpointPermissions` has it in `server`. */
  readonly server: { readonly apiUrl: string; readonly organization?: string | undefined }
  /** What this process does, for those who meet its lock. Without secrets. */
  readonly command: string
  /**
   * Names what gives turns to several processes, such as the store that workers share. A holder with the same
   * coordinator that has not renewed its lock for 20 seconds is taken over, also where its process is still there but
   * frozen. Name one only if no process sends a request after its turn was given to another. Without secrets. Default:
   * none.
   */
  readonly coordinator?: string | undefined
  /**
   * How others are to know this process where there is no `/proc`, as on macOS and Windows: process number 0 and "an
   * unnamed host" by default.
   */
  readonly process?: { readonly pid: number; readonly host: string } | undefined
  /** Gets one line when locks cannot be used, at most once for each `Locks`. By default it is logged as a warning. */
  readonly onWarning?: ((line: string) => Effect.Effect<void>) | undefined
}
