/** Workers as types. */
import type { Locks } from "@checkpoint-permissions/access/Lock"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** What the names of the tables begin with. Default: `checkpoint_permissions`. */
  readonly prefix?: string | undefined
  /** How the events of a job call this worker. Default: a name drawn at random. */
  readonly name?: string | undefined
  /** The locks of this machine, of which each checkpoint's is held while it is changed. Default: none. */
  readonly locks?: Locks | undefined
  /**
   * After how long without a sign of life another worker takes over: in whole
   * seconds, the same for all workers of a store. Default: 35 seconds.
   */
  readonly lockExpiration?: Duration.DurationInput | undefined
  /** How often a worker looks for messages and jobs. Default: 1 second. */
  readonly pollInterval?: Duration.DurationInput | undefined
}

/**
 * How a worker is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Status {
  /** Of the checkpoints of its server, in three-hundredths: how many it is the writer of. */
  readonly shards: number
  /** How long ago the store last confirmed that. */
  readonly confirmed: Duration.Duration
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** As the events of a job call it. */
  readonly name: string
  readonly status: Effect.Effect<Status>
}
