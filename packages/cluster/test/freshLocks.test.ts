import { RunnerAddress, RunnerStorage, ShardId } from "@effect/cluster"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Ref, TestClock } from "effect"
import { FreshLocks, layer } from "../src/internal/worker/freshLocks.ts"

const address = RunnerAddress.make("worker", 0)
const shard = ShardId.make("group", 1)
const other = ShardId.make("group", 2)

/** A storage that gives the locks which it is told to give. */
const storage = (given: Ref.Ref<ReadonlyArray<ShardId.ShardId>>) =>
  Layer.effect(
    RunnerStorage.RunnerStorage,
    Effect.map(RunnerStorage.makeMemory, (memory) =>
      RunnerStorage.RunnerStorage.of({
        ...memory,
        acquire: () => Effect.map(Ref.get(given), (shards) => [...shards]),
        refresh: () =>
          Effect.delay(
            Effect.map(Ref.get(given), (shards) => [...shards]),
            "3 seconds"
          )
      })
    )
  )

const withLocks = <A, E, R>(program: (given: Ref.Ref<ReadonlyArray<ShardId.ShardId>>) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const given = yield* Ref.make<ReadonlyArray<ShardId.ShardId>>([shard])
    return yield* program(given).pipe(Effect.provide(Layer.provide(layer("35 seconds"), storage(given))))
  })

const isDone = (fiber: Fiber.RuntimeFiber<unknown>) => Effect.map(Fiber.poll(fiber), Option.isSome)

describe("the gate of a lock", () => {
  it.effect("is open for 20 seconds after the lock was taken or renewed, counted from when that was asked for", () =>
    withLocks(() =>
      Effect.gen(function* () {
        const { whileFresh } = yield* FreshLocks
        const runners = yield* RunnerStorage.RunnerStorage
        yield* runners.acquire(address, [shard])
        yield* TestClock.adjust("19 seconds")
        yield* whileFresh(shard)
        const renewal = yield* Effect.fork(runners.refresh(address, [shard]))
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(renewal)
        yield* TestClock.adjust("16 seconds")
        yield* whileFresh(shard)
        yield* TestClock.adjust("1 seconds")
        const waiting = yield* Effect.fork(whileFresh(shard))
        yield* Effect.yieldNow()
        assert.isFalse(yield* isDone(waiting))
        yield* Fiber.interrupt(waiting)
      })
    )
  )

  it.effect("waits for the next renewal, and goes on waiting if that does not give the lock", () =>
    withLocks((given) =>
      Effect.gen(function* () {
        const { whileFresh } = yield* FreshLocks
        const runners = yield* RunnerStorage.RunnerStorage
        const refresh = Effect.gen(function* () {
          const renewal = yield* Effect.fork(runners.refresh(address, [shard]))
          yield* TestClock.adjust("3 seconds")
          yield* Fiber.join(renewal)
        })
        yield* runners.acquire(address, [shard])
        yield* TestClock.adjust("38 seconds")
        const waiting = yield* Effect.fork(whileFresh(shard))
        yield* Ref.set(given, [other])
        yield* refresh
        assert.isFalse(yield* isDone(waiting))
        yield* Ref.set(given, [shard])
        yield* refresh
        yield* Fiber.join(waiting)
      })
    )
  )

  it.effect("is closed for a lock that was released, or that was never held", () =>
    withLocks(() =>
      Effect.gen(function* () {
        const { held, whileFresh } = yield* FreshLocks
        const runners = yield* RunnerStorage.RunnerStorage
        yield* runners.acquire(address, [shard])
        assert.strictEqual((yield* held).shards, 1)
        yield* runners.release(address, shard)
        const waiting = yield* Effect.forkAll([whileFresh(shard), whileFresh(other)])
        yield* Effect.yieldNow()
        assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
        assert.strictEqual((yield* held).shards, 0)
        yield* Fiber.interrupt(waiting)
      })
    )
  )
})
