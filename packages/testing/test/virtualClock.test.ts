import { setImmediate as turn } from "node:timers/promises"
import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  Array as Arr,
  Clock,
  DateTime,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Option,
  Order,
  Queue,
  Ref,
  Schedule,
  Stream
} from "effect"
import * as fc from "effect/FastCheck"

const now = Clock.currentTimeMillis

/** Runs on a clock of its own, and gives the virtual time it took. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  VirtualClock.run(Effect.zip(effect, now)).pipe(Effect.map(([value, millis]) => ({ value, millis })))

describe("VirtualClock", () => {
  it.effect("sleeps for years at once, to the millisecond", () =>
    Effect.gen(function* () {
      const { millis } = yield* timed(Effect.sleep("3650 days"))
      assert.strictEqual(millis, Duration.toMillis("3650 days"))
    })
  )

  it.effect("begins at 0, or at startAt; DateTime.now and nanoseconds follow", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        yield* Effect.sleep("1500 micros")
        return [yield* now, yield* Clock.currentTimeNanos, (yield* DateTime.now).epochMillis] as const
      })
      assert.deepStrictEqual(yield* VirtualClock.run(program), [1.5, 1_500_000n, 1.5])
      const [millis] = yield* VirtualClock.run(program, { startAt: 1_700_000_000_000 })
      assert.strictEqual(millis, 1_700_000_000_001.5)
    })
  )

  it.effect("time stands still while fibers work", () =>
    Effect.gen(function* () {
      const work = Effect.gen(function* () {
        const start = yield* now
        yield* Effect.repeatN(Effect.yieldNow(), 10_000)
        yield* Effect.promise(async () => {
          for (let i = 0; i < 1000; i++) await Promise.resolve()
        })
        yield* Effect.promise(() => new Response("x".repeat(1_000_000)).text())
        return (yield* now) - start
      })
      const [elapsed] = yield* VirtualClock.run(Effect.zip(work, Effect.sleep("1 second"), { concurrent: true }))
      assert.strictEqual(elapsed, 0)
    })
  )

  it.effect("wakes in order of time, and of one instant in the order they fell asleep", () =>
    Effect.gen(function* () {
      const order = yield* VirtualClock.run(
        Effect.gen(function* () {
          const log = yield* Ref.make<ReadonlyArray<string>>([])
          const sleeper = (name: string, millis: number) =>
            Effect.zipRight(Effect.sleep(millis), Ref.update(log, Arr.append(name)))
          yield* Effect.all(
            [sleeper("c", 30), sleeper("a1", 10), sleeper("b", 20), sleeper("a2", 10), sleeper("zero", 0)],
            { concurrency: "unbounded" }
          )
          return yield* Ref.get(log)
        })
      )
      assert.deepStrictEqual(order, ["zero", "a1", "a2", "b", "c"])
    })
  )

  it.effect.prop(
    "any sleeps, some interrupted: the others wake at their times, in order",
    { sleeps: fc.array(fc.record({ millis: fc.nat(1000), cancelled: fc.boolean() }), { maxLength: 300 }) },
    ({ sleeps }) =>
      Effect.gen(function* () {
        const woken = yield* VirtualClock.run(
          Effect.gen(function* () {
            const log = yield* Ref.make<ReadonlyArray<readonly [number, number]>>([])
            const fibers = yield* Effect.forEach(sleeps, ({ cancelled, millis }, i) =>
              Effect.sleep(millis + 1).pipe(
                Effect.zipRight(Effect.flatMap(now, (at) => Ref.update(log, Arr.append([at, i] as const)))),
                Effect.fork,
                Effect.map((fiber) => ({ fiber, cancelled }))
              )
            )
            yield* Effect.yieldNow()
            yield* Fiber.interruptAll(fibers.flatMap(({ cancelled, fiber }) => (cancelled ? [fiber] : [])))
            yield* Fiber.awaitAll(fibers.map(({ fiber }) => fiber))
            return yield* Ref.get(log)
          })
        )
        const expected = sleeps.flatMap(({ cancelled, millis }, i) => (cancelled ? [] : [[millis + 1, i] as const]))
        assert.deepStrictEqual(woken, Arr.sort(expected, Order.tuple(Order.number, Order.number)))
      })
  )

  it.effect("timeouts: nested, the shorter wins whichever is inside", () =>
    Effect.gen(function* () {
      const inner = yield* timed(
        Effect.sleep("1 hour").pipe(Effect.timeoutOption("2 seconds"), Effect.timeoutOption("10 minutes"))
      )
      assert.deepStrictEqual(inner, { value: Option.some(Option.none()), millis: 2000 })
      const outer = yield* timed(
        Effect.sleep("1 hour").pipe(Effect.timeoutOption("10 minutes"), Effect.timeoutOption("2 seconds"))
      )
      assert.deepStrictEqual(outer, { value: Option.none(), millis: 2000 })
    })
  )

  it.effect("a timeout that was not needed does not hold the clock up", () =>
    Effect.gen(function* () {
      const { millis } = yield* timed(Effect.timeout(Effect.sleep("1 second"), "1 hour"))
      assert.strictEqual(millis, 1000)
    })
  )

  it.effect("races: the loser is interrupted in its sleep", () =>
    Effect.gen(function* () {
      const { millis, value } = yield* timed(
        Effect.raceAll([Effect.as(Effect.sleep("3 seconds"), "slow"), Effect.as(Effect.sleep("1 second"), "fast")])
      )
      assert.deepStrictEqual({ millis, value }, { millis: 1000, value: "fast" })
    })
  )

  it.effect("interrupts: a sleeper can be interrupted, and its finalizer can sleep", () =>
    Effect.gen(function* () {
      const { millis, value } = yield* timed(
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(Effect.ensuring(Effect.never, Effect.sleep("5 seconds")))
          yield* Effect.sleep("1 second")
          return yield* Fiber.interrupt(fiber)
        })
      )
      assert.isTrue(Exit.isInterrupted(value))
      assert.strictEqual(millis, 6000)
    })
  )

  it.effect("Schedule: spaced, exponential and a total of elapsed time", () =>
    Effect.gen(function* () {
      const attempts = (schedule: Schedule.Schedule<unknown>) =>
        timed(
          Effect.gen(function* () {
            const times = yield* Ref.make<ReadonlyArray<number>>([])
            yield* now.pipe(
              Effect.flatMap((at) => Ref.update(times, Arr.append(at))),
              Effect.zipRight(Effect.fail("no")),
              Effect.retry(schedule),
              Effect.ignore
            )
            return yield* Ref.get(times)
          })
        )
      const spaced = yield* attempts(Schedule.intersect(Schedule.spaced("10 seconds"), Schedule.recurs(3)))
      assert.deepStrictEqual(spaced.value, [0, 10_000, 20_000, 30_000])
      const exponential = yield* attempts(Schedule.exponential("1 second").pipe(Schedule.upTo("20 seconds")))
      assert.deepStrictEqual(exponential.value, [0, 1000, 3000, 7000, 15_000, 31_000])
    })
  )

  it.effect("Stream, Queue, Semaphore and Deferred", () =>
    Effect.gen(function* () {
      const { millis, value } = yield* timed(
        Effect.gen(function* () {
          const queue = yield* Queue.bounded<number>(2)
          const semaphore = yield* Effect.makeSemaphore(2)
          const done = yield* Deferred.make<void>()
          yield* Effect.fork(
            Effect.forEach(Arr.range(1, 6), (n) => Queue.offer(queue, n)).pipe(
              Effect.zipRight(Deferred.succeed(done, undefined))
            )
          )
          const results = yield* Stream.fromQueue(queue).pipe(
            Stream.take(6),
            Stream.mapEffect((n) => semaphore.withPermits(1)(Effect.as(Effect.sleep("1 second"), n)), {
              concurrency: "unbounded"
            }),
            Stream.runCollect
          )
          yield* Deferred.await(done)
          return Arr.fromIterable(results)
        })
      )
      assert.deepStrictEqual(value, [1, 2, 3, 4, 5, 6])
      assert.strictEqual(millis, 3000)
    })
  )

  it.effect("Stream: debounce, throttle and ticks", () =>
    Effect.gen(function* () {
      const { millis } = yield* timed(Stream.runDrain(Stream.take(Stream.tick("1 minute"), 61)))
      assert.strictEqual(millis, Duration.toMillis("1 hour"))
      const debounced = yield* timed(
        Stream.make(1, 2, 3).pipe(
          Stream.concat(Stream.fromEffect(Effect.as(Effect.sleep("1 minute"), 4))),
          Stream.debounce("1 second"),
          Stream.runCollect
        )
      )
      assert.deepStrictEqual(Arr.fromIterable(debounced.value), [3, 4])
    })
  )

  it.effect("sleep of 0 lets others go first; infinity is never over", () =>
    Effect.gen(function* () {
      const { millis, value } = yield* timed(
        Effect.gen(function* () {
          yield* Effect.sleep(0)
          return yield* Effect.timeoutOption(Effect.sleep(Duration.infinity), "1 second")
        })
      )
      assert.deepStrictEqual({ millis, value }, { millis: 1000, value: Option.none() })
    })
  )

  it.effect("hold: time stands still while something real is waited for", () =>
    Effect.gen(function* () {
      const real = Effect.promise(async () => {
        for (let i = 0; i < 20; i++) await turn()
      })
      const elapsed = (effect: Effect.Effect<void>) =>
        VirtualClock.run(
          Effect.map(
            Effect.zip(Effect.zipRight(effect, now), Effect.sleep("1 second"), { concurrent: true }),
            ([at]) => at
          )
        )
      assert.strictEqual(yield* elapsed(VirtualClock.hold(real)), 0)
      assert.strictEqual(yield* elapsed(real), 1000)
      yield* VirtualClock.hold(Effect.void)
    })
  )

  it.effect("layer: the clock of what it is provided to", () =>
    Effect.gen(function* () {
      const millis = yield* Effect.zipRight(Effect.sleep("1 day"), now).pipe(
        Effect.provide(VirtualClock.layer({ startAt: 1000 }))
      )
      assert.strictEqual(millis, 86_401_000)
      assert.strictEqual(yield* now, 0)
    })
  )

  it.effect("what is left behind is never woken", () =>
    Effect.gen(function* () {
      const ticks = yield* Ref.make(0)
      yield* VirtualClock.run(
        Effect.zipRight(
          Effect.forkDaemon(
            Effect.forever(
              Effect.zipRight(
                Effect.sleep(1),
                Ref.update(ticks, (n) => n + 1)
              )
            )
          ),
          Effect.sleep("9500 micros")
        )
      )
      const before = yield* Ref.get(ticks)
      yield* Effect.promise(() => turn())
      yield* Effect.promise(() => turn())
      assert.strictEqual(yield* Ref.get(ticks), before)
    })
  )

  it.effect("a failure and a defect come out as they are", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.exit(VirtualClock.run(Effect.zipRight(Effect.sleep(5), Effect.fail("no"))))
      assert.deepStrictEqual(failed, Exit.fail("no"))
      const died = yield* Effect.exit(VirtualClock.run(Effect.zipRight(Effect.sleep(5), Effect.die("oh"))))
      assert.deepStrictEqual(died, Exit.die("oh"))
    })
  )

  const url = "https://api.openai.com/v1/fine_tuning/checkpoints/ft:a/permissions"

  it.effect("a busy program on the fake comes out the same hundreds of times", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const client = yield* HttpClient.HttpClient
        const fake = yield* FakePermissions.FakePermissions
        const retried = (worker: number) =>
          client.get(url, { headers: { authorization: `Bearer ${worker}` } }).pipe(
            Effect.flatMap((response) =>
              Effect.zipRight(response.json, response.status === 200 ? Effect.void : Effect.fail("429"))
            ),
            Effect.timeout("1 minute"),
            Effect.retry(Schedule.spaced("7 seconds"))
          )
        yield* Effect.forEach(Arr.range(1, 4), retried, { concurrency: "unbounded" })
        const requests = yield* fake.requests
        return [yield* now, ...requests.map(({ status, time }) => `${time}:${status}`)]
      }).pipe(
        Effect.provide(
          FakePermissions.layer({
            behavior: { latency: "2 seconds", rate: { requests: 2, per: "1 minute", countRefused: false } }
          })
        ),
        Effect.withTracerEnabled(false),
        VirtualClock.run
      )
      const first = yield* program
      const same = yield* Effect.every(
        Arr.makeBy(250, (i) => i),
        () => Effect.map(program, (again) => JSON.stringify(again) === JSON.stringify(first))
      )
      assert.isTrue(same)
    })
  )

  it.effect("hours of a paced program with many fibers", () =>
    Effect.gen(function* () {
      const { millis } = yield* timed(
        Effect.forEach(Arr.range(1, 100), (n) => Effect.repeatN(Effect.sleep(n * 10), 499), {
          concurrency: "unbounded",
          discard: true
        })
      )
      assert.strictEqual(millis, 500 * 1000)
    })
  )
})
