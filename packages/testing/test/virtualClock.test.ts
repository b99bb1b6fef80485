import { setImmediate as turn } from "node:timers/promises"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { HttpBody, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  Array as Arr,
  Clock,
  DateTime,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberRef,
  Option,
  Queue,
  Redacted,
  Ref,
  Schedule,
  type Scheduler,
  Stream
} from "effect"
import { scoped as test } from "../../core/test/effects.ts"

const url = "https://api.openai.com/v1/fine_tuning/checkpoints/ft:a/permissions"

const now = Clock.currentTimeMillis

const hour = Effect.sleep("1 hour")

const retried = Effect.suspend(() => {
  const times: Array<number> = []
  const attempt = Effect.flatMap(now, (at) => Effect.fail(times.push(at)))
  const schedule = Schedule.exponential("1 second").pipe(Schedule.upTo("20 seconds"))
  return Effect.as(Effect.ignore(Effect.retry(attempt, schedule)), times)
})

const consumed = Effect.gen(function* () {
  const queue = yield* Queue.bounded<number>(2)
  const semaphore = yield* Effect.makeSemaphore(2)
  yield* Effect.fork(Effect.forEach(Arr.range(1, 6), (n) => Queue.offer(queue, n)))
  const work = (n: number) => semaphore.withPermits(1)(Effect.as(Effect.sleep("1 second"), n))
  const all = Stream.mapEffect(Stream.fromQueue(queue), work, { concurrency: "unbounded" })
  return [...(yield* Stream.runCollect(Stream.take(all, 6)))]
})

const interrupted = Effect.gen(function* () {
  const fiber = yield* Effect.fork(Effect.ensuring(Effect.never, Effect.sleep("5 seconds")))
  yield* Effect.sleep("1 second")
  return Exit.isInterrupted(yield* Fiber.interrupt(fiber))
})

const programs: ReadonlyArray<readonly [what: string, Effect.Effect<unknown, unknown>, ends: unknown, took: number]> = [
  ["the shorter timeout, inside", hour.pipe(Effect.timeoutOption(2000), Effect.timeout(9000)), Option.none(), 2000],
  ["the shorter timeout, around", hour.pipe(Effect.timeout(9000), Effect.timeoutOption(2000)), Option.none(), 2000],
  ["a timeout that was not needed", Effect.timeout(Effect.sleep("1 second"), "1 hour"), undefined, 1000],
  ["a race", Effect.race(Effect.as(hour, "slow"), Effect.as(Effect.sleep("1 second"), "fast")), "fast", 1000],
  ["a finalizer that sleeps", interrupted, true, 6000],
  ["a total of elapsed time", retried, [0, 1000, 3000, 7000, 15_000, 31_000], 31_000],
  ["a stream, a queue and a semaphore", consumed, [1, 2, 3, 4, 5, 6], 3000],
  ["ticks", Stream.runDrain(Stream.take(Stream.tick("1 minute"), 61)), undefined, 3_600_000],
  ["no time", Effect.sleep(0), undefined, 0],
  ["time without end", Effect.timeoutOption(Effect.sleep(Duration.infinity), "1 second"), Option.none(), 1000],
  ["a failure", Effect.exit(Effect.zipRight(Effect.sleep(5), Effect.fail("no"))), Exit.fail("no"), 5],
  ["a defect", Effect.exit(Effect.zipRight(Effect.sleep(5), Effect.die("oh"))), Exit.die("oh"), 5]
]

describe("VirtualClock", () => {
  test("begins at 0, or at startAt; DateTime.now and nanoseconds follow", function* () {
    const program = Effect.gen(function* () {
      yield* Effect.sleep("1500 micros")
      return [yield* now, yield* Clock.currentTimeNanos, (yield* DateTime.now).epochMillis] as const
    })
    assert.deepStrictEqual(yield* VirtualClock.run(program), [1.5, 1_500_000n, 1.5])
    const [millis] = yield* VirtualClock.run(program, { startAt: 1_700_000_000_000 })
    assert.strictEqual(millis, 1_700_000_000_001.5)
  })

  test("time stops while fibers work, and while pause waits for real I/O", function* () {
    const work = Effect.zipRight(
      Effect.repeatN(Effect.yieldNow(), 10_000),
      Effect.promise(() => new Response("x".repeat(1_000_000)).text())
    )
    const real = Effect.promise(async () => {
      for (let i = 0; i < 20; i++) await turn()
    })
    const elapsed = (effect: Effect.Effect<unknown>) =>
      Effect.zip(Effect.zipRight(effect, now), Effect.sleep("1 second"), { concurrent: true }).pipe(
        Effect.map(([at]) => at),
        VirtualClock.run
      )
    assert.strictEqual(yield* elapsed(work), 0)
    assert.strictEqual(yield* elapsed(VirtualClock.pause(real)), 0)
    assert.strictEqual(yield* elapsed(real), 1000)
    yield* VirtualClock.pause(Effect.void)
  })

  it.effect.each(programs)("%s takes its own time", ([, program, value, millis]) =>
    Effect.map(VirtualClock.run(Effect.zip(program, now)), (ended) => assert.deepStrictEqual(ended, [value, millis]))
  )

  test("layer: the clock of what it is provided to", function* () {
    const millis = yield* Effect.zipRight(Effect.sleep("1 day"), now).pipe(
      Effect.provide(VirtualClock.layer({ startAt: 1000 }))
    )
    assert.strictEqual(millis, 86_401_000)
    assert.strictEqual(yield* now, 0)
  })

  it.effect("the fake follows the clock of the fiber that asks, whichever its layer was built on", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const asked = Effect.zipRight(client.get(url), now)
      assert.strictEqual(yield* VirtualClock.run(asked, { startAt: 1000 }), 601_000)
      const [request] = yield* (yield* FakePermissions.FakePermissions).requests
      assert.deepStrictEqual([request?.time, request?.answeredAt], [1000, 601_000])
      assert.strictEqual(yield* now, 0)
    }).pipe(Effect.provide(FakePermissions.layer({ behavior: { latency: "10 minutes" } })))
  )

  it.effect("the fake ends with its layer, though a client on a stopped scheduler never continues", () =>
    Effect.gen(function* () {
      const scheduler = yield* FiberRef.get(FiberRef.currentScheduler)
      let isStuck = false
      const stuck: Scheduler.Scheduler = {
        shouldYield: () => false,
        scheduleTask: (task, priority, fiber) =>
          scheduler.scheduleTask(() => (isStuck ? undefined : task()), priority, fiber)
      }
      const client = yield* HttpClient.HttpClient
      yield* client
        .get(url, { headers: { authorization: "Bearer any" } })
        .pipe(Effect.forkDaemon, Effect.withScheduler(stuck))
      yield* Effect.sleep("1 minute")
      isStuck = true
    }).pipe(Effect.provide(FakePermissions.layer({ behavior: { latency: "1 hour" } })), VirtualClock.run)
  )

  it.effect("work that the fake is late with is not done once its layer has ended", () =>
    Effect.gen(function* () {
      const fake = yield* Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        yield* fake.inject(Faults.lateWork("1 hour", "drop"))
        const client = yield* HttpClient.HttpClient
        const body = HttpBody.unsafeJson({ project_ids: ["proj_a"] })
        yield* Effect.flip(client.post(url, { body, headers: { authorization: "Bearer any" } }))
        return fake
      }).pipe(Effect.provide(FakePermissions.layer()))
      yield* Effect.sleep("2 hours")
      assert.deepStrictEqual(yield* fake.projects("ft:a"), [])
    }).pipe(VirtualClock.run)
  )
})

const seeds = (count: number) => Arr.makeBy(count, (seed) => seed)

/** Two fibers that look whether something is there before they put it: how often it was put. */
const checkThenAct = Effect.gen(function* () {
  const box = yield* Ref.make(0)
  let puts = 0
  const put = Effect.gen(function* () {
    yield* Effect.yieldNow()
    if ((yield* Ref.get(box)) > 0) return
    yield* Ref.set(box, 1)
    puts += 1
  })
  yield* Effect.all([put, put], { concurrency: "unbounded" })
  return puts
})

/** The order in which four clients get to the fake, which is slow and refuses some. */
const onFake = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const fake = yield* FakePermissions.FakePermissions
  const get = (key: string) =>
    client.get(url, { headers: { authorization: `Bearer ${key}` } }).pipe(
      Effect.flatMap((reply) => Effect.zipRight(reply.json, reply.status === 200 ? Effect.void : Effect.fail("429"))),
      Effect.timeout("1 minute"),
      Effect.retry(Schedule.spaced("7 seconds"))
    )
  yield* Effect.forEach(["a", "b", "c", "d"], get, { concurrency: "unbounded" })
  const shown = (key: Redacted.Redacted | undefined) => (key === undefined ? "" : Redacted.value(key))
  return (yield* fake.requests).map(({ key, status, time }) => `${time} ${shown(key)} ${status}`).join("\n")
}).pipe(
  Effect.provide(
    FakePermissions.layer({
      behavior: { latency: "2 seconds", rate: { requests: 2, per: "1 minute", countRefused: false } }
    })
  ),
  Effect.withTracerEnabled(false)
)

describe("VirtualClock with a seed", () => {
  test("the same seed makes the same run, other seeds make others", function* () {
    const traces = yield* Effect.forEach([undefined, ...seeds(8)], (seed) =>
      Effect.gen(function* () {
        const run = VirtualClock.run(onFake, seed === undefined ? {} : { seed, yieldChance: (seed % 2) * 0.02 })
        const first = yield* run
        assert.strictEqual(yield* run, first, `seed ${seed}`)
        return first
      })
    )
    assert.isAbove(new Set(traces).size, 5)
  })

  test("a check-then-act race between two operations is met with yields only, on the layer too", function* () {
    const raced = (yieldChance: number) =>
      Effect.map(
        Effect.forEach(seeds(150), (seed) => Effect.provide(checkThenAct, VirtualClock.layer({ seed, yieldChance }))),
        (puts) => puts.filter((count) => count > 1).length
      )
    assert.strictEqual(yield* raced(0), 0)
    assert.isAbove(yield* raced(0.05), 0)
  })

  it.effect("a fiber that yields as often as it may completes", () =>
    VirtualClock.run(Effect.repeatN(Effect.void, 20_000), { seed: 1, yieldChance: 0.05 })
  )
})
