/** A worker, put together. */
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type { Kind } from "../../Job.ts"
import type { StoreUnavailable } from "../../StoreError.ts"
import { scopeOf, targetOf } from "../rules/target.ts"
import { Store } from "../store/store.ts"
import * as checkpoint from "./checkpoint.ts"
import * as dispatcher from "./dispatcher.ts"
import { FreshLocks } from "./freshLocks.ts"
import * as job from "./job.ts"
import type { Options, Service } from "./model.ts"
import * as nightly from "./nightly.ts"
import * as storage from "./storage.ts"

const newAddress: Effect.Effect<string> = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 2 ** 32), 3),
  (numbers) => numbers.map((number) => number.toString(16).padStart(8, "0")).join("")
)

/** Works on the jobs of the store that are for the server and organization of the service. */
export const layer = <Id>(
  tag: Context.Tag<Id, Service>,
  options: Options & { readonly only?: ReadonlyArray<Kind> | undefined }
): Layer.Layer<Id, StoreUnavailable, Store | CheckpointPermissions> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const store = yield* Store
      const { server } = yield* CheckpointPermissions
      const address = yield* newAddress
      const { lockExpiration = "35 seconds", locks, name = address, pollInterval = "1 second" } = options
      const target = targetOf(server)
      const scope = scopeOf(target)
      const service = Effect.map(
        FreshLocks,
        ({ held }): Service => ({
          name,
          status: Effect.map(held, ({ age, shards }) => ({ shards, confirmed: age }))
        })
      )
      return Layer.mergeAll(
        Layer.effect(tag, service),
        checkpoint.layer({ store, locks }, name),
        job.layer(store, name),
        dispatcher.layer(store, scope, pollInterval, options.only),
        options.nightly === undefined ? Layer.empty : nightly.layer(store, scope, target, options.nightly)
      ).pipe(Layer.provide(storage.layer(store, { address, scope, lockExpiration, pollInterval })))
    })
  )
