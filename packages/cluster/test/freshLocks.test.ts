import { RunnerAddress, RunnerStorage, ShardId } from "@effect/cluster"
import { assert, describe } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Option, Ref, TestClock } from "effect"
import { FreshLocks, layer } from "../src/internal/worker/freshLocks.ts"
import { scoped } from "./support/test.ts"

const address = RunnerAddress.make("worker", 0)
const shard = ShardId.make("group", 1)
const other = ShardId.make("group", 2)

/** A worker that holds a lock, over a storage that gives the locks which it is told to give. */
const worker = Effect.gen(function* () {
  const given = yield* Ref.make<ReadonlyArray<ShardId.ShardId>>([shard])
  const locks = Effect.map(Ref.get(given), (shards) => [...shards])
  const storage = Effect.map(RunnerStorage.makeMemory, (memory) =>
    RunnerStorage.RunnerStorage.of({ ...memory, acquire: () => locks, refresh: () => Effect.delay(locks, "3 seconds") })
  )
  const context = yield* Layer.build(
    Layer.provide(layer("35 seconds"), Layer.effect(RunnerStorage.RunnerStorage, storage))
  )
  const runners = Context.get(context, RunnerStorage.RunnerStorage)
  yield* runners.acquire(address, [shard])
  const refresh = Effect.gen(function* () {
    const renewal = yield* Effect.fork(runners.refresh(address, [shard]))
    yield* TestClock.adjust("3 seconds")
    yield* Fiber.join(renewal)
  })
  return { ...Context.get(context, FreshLocks), given, refresh, runners }
})

const isDone = (fiber: Fiber.Fiber<unknown>) => Effect.map(Fiber.poll(fiber), Option.isSome)

describe("the gate of a lock", () => {
  scoped(
    "is open for 20 seconds after the lock was taken or renewed, counted from when that was asked for",
    function* () {
      const { refresh, whileFresh } = yield* worker
      yield* TestClock.adjust("19 seconds")
      yield* whileFresh(shard)
      yield* refresh
      yield* TestClock.adjust("16 seconds")
      yield* whileFresh(shard)
      yield* TestClock.adjust("1 seconds")
      const waiting = yield* Effect.fork(whileFresh(shard))
      yield* Effect.yieldNow()
      assert.isFalse(yield* isDone(waiting))
    }
  )

  scoped("waits for the next renewal, and goes on waiting if that does not give the lock", function* () {
    const { given, refresh, whileFresh } = yield* worker
    yield* TestClock.adjust("38 seconds")
    const waiting = yield* Effect.fork(whileFresh(shard))
    yield* Ref.set(given, [other])
    yield* refresh
    assert.isFalse(yield* isDone(waiting))
    yield* Ref.set(given, [shard])
    yield* refresh
    yield* Fiber.join(waiting)
  })

  scoped("is closed for a lock that was released, or that was never held", function* () {
    const { runners, status, whileFresh } = yield* worker
    assert.strictEqual((yield* status).shards, 1)
    yield* runners.release(address, shard)
    const waiting = yield* Effect.forkAll([whileFresh(shard), whileFresh(other)])
    yield* Effect.yieldNow()
    assert.isFalse(yield* isDone(waiting))
    assert.strictEqual((yield* status).shards, 0)
  })
})

describe("the locks of a worker", () => {
  scoped("are released when it ends while they are being taken, whoever gives up waiting for them", function* () {
    const [asked, answered] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
    const held = yield* Ref.make<ReadonlyArray<ShardId.ShardId>>([])
    const scope = yield* Effect.scope
    const storage = Effect.map(RunnerStorage.makeMemory, (memory) =>
      RunnerStorage.RunnerStorage.of({
        ...memory,
        // A database carries out what was sent to it.
        acquire: (_, shards) =>
          Deferred.succeed(asked, undefined).pipe(
            Effect.zipRight(Deferred.await(answered)),
            Effect.zipRight(Ref.set(held, [...shards])),
            Effect.as([...shards]),
            Effect.forkIn(scope),
            Effect.flatMap(Fiber.join)
          ),
        releaseAll: () => Ref.set(held, [])
      })
    )
    const context = yield* Layer.build(
      Layer.provide(layer("35 seconds"), Layer.effect(RunnerStorage.RunnerStorage, storage))
    )
    const runners = Context.get(context, RunnerStorage.RunnerStorage)
    const acquiring = yield* Effect.fork(runners.acquire(address, [shard]))
    yield* Deferred.await(asked)
    yield* Fiber.interrupt(acquiring)
    const releasing = yield* Effect.fork(runners.releaseAll(address))
    yield* Effect.yieldNow()
    yield* Deferred.succeed(answered, undefined)
    yield* Fiber.join(releasing)
    yield* Effect.yieldNow()
    assert.deepStrictEqual(yield* Ref.get(held), [])
  })
})
