/** A worker, put together. */
import type { Locks } from "@checkpoint-permissions/access/Lock"
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { type Kind, targetOf } from "../../Job.ts"
import type { OpenError } from "../../StoreError.ts"
import { scopeOf } from "../rules/target.ts"
import { Store } from "../store/store.ts"
import * as checkpoint from "./checkpoint.ts"
import { FreshLocks } from "./freshLocks.ts"
import * as job from "./job.ts"
import * as nightly from "./nightly.ts"
import * as storage from "./storage.ts"

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
  readonly nightly?: nightly.Nightly | undefined
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

/** @category tags */
export class Worker extends Context.Tag("@checkpoint-permissions/cluster/Worker")<Worker, Service>() {}

const newAddress: Effect.Effect<string> = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 2 ** 32), 3),
  (numbers) => numbers.map((number) => number.toString(16).padStart(8, "0")).join("")
)

/** Works on the jobs of the store that are for the server and organization of the service. */
export const layer = (
  options: Options & { readonly only?: ReadonlyArray<Kind> | undefined }
): Layer.Layer<Worker, OpenError, Store | CheckpointPermissions> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const store = yield* Store
      const { server } = yield* CheckpointPermissions
      const address = yield* newAddress
      const { lockExpiration = "35 seconds", locks, name = address, only, pollInterval = "1 second" } = options
      const target = targetOf(server)
      const scope = scopeOf(target)
      return Layer.mergeAll(
        Layer.effect(
          Worker,
          Effect.map(FreshLocks, ({ status }) => ({ name, status }))
        ),
        checkpoint.layer({ store, locks }, name),
        job.layer(store, name),
        job.dispatcher(store, scope, pollInterval, only),
        options.nightly === undefined ? Layer.empty : nightly.layer(store, scope, target, options.nightly)
      ).pipe(Layer.provide(storage.layer(store, { address, scope, lockExpiration, pollInterval })))
    })
  )
