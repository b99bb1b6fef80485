/** When the locks of this worker were last renewed, and a gate that is open while they can be relied on. */
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type { ShardId } from "@effect/cluster/ShardId"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Instant, isFresh } from "../rules/freshness.ts"
import { toItsEnd } from "./again.ts"

export interface Service {
  /**
   * Ends at once while the lock of a shard is fresh. Otherwise it waits until the lock is renewed; if that finds the
   * lock lost, the cluster interrupts whoever waits here.
   */
  readonly whileFresh: (shard: ShardId) => Effect.Effect<void>
  readonly isShardFresh: (shard: ShardId) => Effect.Effect<boolean>
  /** How many locks are held, and how old the oldest renewal among them is. */
  readonly status: Effect.Effect<{ readonly shards: number; readonly confirmed: Duration.Duration }>
}

export class FreshLocks extends Context.Tag("@checkpoint-permissions/cluster/FreshLocks")<FreshLocks, Service>() {}

const instant: Effect.Effect<Instant> = Effect.zipWith(
  Clock.currentTimeMillis,
  Clock.currentTimeNanos,
  (wall, nanos) => ({ wall, monotonic: Number(nanos / 1_000_000n) })
)

/** Notes each renewal on its way to the storage, as of when it was asked for. */
export const layer = (
  expiration: Duration.DurationInput
): Layer.Layer<FreshLocks | RunnerStorage.RunnerStorage, never, RunnerStorage.RunnerStorage> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const storage = yield* RunnerStorage.RunnerStorage
      const finish = yield* toItsEnd
      const inOrder = yield* Effect.makeSemaphore(1)
      const millis = Duration.toMillis(expiration)
      const renewedAt = new Map<string, Instant>()
      const renewed = yield* Effect.makeLatch(false)

      /**
       * What has begun comes to its end before the locks are released, also when the worker ends meanwhile: a database may
       * carry out what was given up, and the order to give it up may meet the release.
       */
      const noting = <E>(renewal: Effect.Effect<Array<ShardId>, E>) =>
        Effect.gen(function* () {
          const asked = yield* instant
          const shards = yield* renewal
          for (const shard of shards) renewedAt.set(shard.toString(), asked)
          yield* renewed.release
          return shards
        }).pipe(inOrder.withPermits(1), finish)

      const isShardFresh = (shard: ShardId) =>
        Effect.map(instant, (now) => isFresh(renewedAt.get(shard.toString()), now, millis))

      const whileFresh = (shard: ShardId): Effect.Effect<void> =>
        Effect.flatMap(isShardFresh(shard), (fresh) =>
          fresh ? Effect.void : Effect.zipRight(renewed.await, whileFresh(shard))
        )

      return Context.make(FreshLocks, {
        isShardFresh,
        whileFresh,
        status: Effect.map(instant, (now) => {
          const ages = [...renewedAt.values()].map((then) => Math.max(0, now.wall - then.wall))
          return { shards: ages.length, confirmed: Duration.millis(Math.max(0, ...ages)) }
        })
      }).pipe(
        Context.add(RunnerStorage.RunnerStorage, {
          ...storage,
          acquire: (address, shards) => noting(storage.acquire(address, shards)),
          refresh: (address, shards) => noting(storage.refresh(address, shards)),
          release: (address, shard) =>
            Effect.suspend(() => {
              renewedAt.delete(shard.toString())
              return storage.release(address, shard)
            }),
          releaseAll: (address) =>
            Effect.suspend(() => {
              renewedAt.clear()
              return storage.releaseAll(address)
            }).pipe(inOrder.withPermits(1))
        })
      )
    })
  )
