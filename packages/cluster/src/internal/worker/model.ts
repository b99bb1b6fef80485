/** Workers as types. */
import type { AccessPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import type { Locks } from "@checkpoint-permissions/access/Lock"
import type { Cron } from "effect/Cron"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Report } from "../audits/report.ts"

/**
 * An audit at set times, of the checkpoints that a policy names.
 *
 * @category models
 */
export interface Nightly {
  /** When. Such as `Cron.unsafeParse("0 3 * * *", "UTC")`. */
  readonly cron: Cron
  /** The policy, read anew each time. If it fails, the night is left out, with a warning. */
  readonly policy: Effect.Effect<AccessPolicy, { readonly message: string }>
  /** Receives what was found. It runs on the one worker that made the audit. */
  readonly onReport: (report: Report) => Effect.Effect<void>
  /** Who submits it, for the journal. Default: `nightly audit`. */
  readonly actor?: string | undefined
}

/**
 * How a worker works.
 *
 * @category models
 */
export interface Options {
  /** What the names of the tables begin with. Default: `checkpoint_permissions`. */
  readonly prefix?: string | undefined
  /** How the events of a job call this worker. Default: a name drawn at random. */
  readonly name?: string | undefined
  /**
   * The locks of this machine, of which each checkpoint's is held while it is changed. Give the store as their
   * `coordinator`: the lock of a worker that is frozen stays otherwise. Default: none.
   */
  readonly locks?: Locks | undefined
  /**
   * After how long without a sign of life another worker takes over: in whole seconds, the same for all workers of a
   * store. Default: 35 seconds.
   */
  readonly lockExpiration?: Duration.DurationInput | undefined
  readonly pollInterval?: Duration.DurationInput | undefined
  /** An audit at set times, with a report of what has drifted. The same for all workers of a server. Default: none. */
  readonly nightly?: Nightly | undefined
}

/**
 * How a worker is.
 *
 * @category models
 */
export interface Status {
  /** Of the checkpoints of its server, in sixtieths: how many it is the writer of. */
  readonly shards: number
  readonly confirmed: Duration.Duration
}

/**
 * A worker that runs.
 *
 * @category models
 */
export interface Service {
  readonly name: string
  readonly status: Effect.Effect<Status>
}
