import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  Array as Arr,
  Clock,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Option,
  Queue,
  Redacted,
  Ref,
  Schedule,
  Stream
} from "effect"
import * as fc from "effect/FastCheck"

const url = "https://api.openai.com/v1/fine_tuning/checkpoints/ft:a/permissions"

const seeds = (count: number) => Arr.makeBy(count, (seed) => seed)

/** The order in which fibers that are ready at once come to their turn. */
const orderOf = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const order = yield* Ref.make("")
    yield* Effect.forEach(
      names,
      (name) =>
        Effect.zipRight(
          Effect.yieldNow(),
          Ref.update(order, (so) => so + name)
        ),
      {
        concurrency: "unbounded"
      }
    )
    return yield* Ref.get(order)
  })

/** Two fibers that look whether something is there before they put it: how much is there at the end. */
const checkThenAct = Effect.gen(function* () {
  const box = yield* Ref.make(0)
  const putUnlessThere = Effect.flatMap(Ref.get(box), (count) => (count === 0 ? Ref.set(box, 1) : Effect.void))
  const puts = yield* Ref.make(0)
  const put = Effect.gen(function* () {
    yield* Effect.yieldNow()
    if ((yield* Ref.get(box)) > 0) return
    yield* putUnlessThere
    yield* Ref.update(puts, (count) => count + 1)
  })
  yield* Effect.all([put, put], { concurrency: "unbounded" })
  return yield* Ref.get(puts)
})

/** Whatever fibers do to one another, written down. */
const busy = Effect.gen(function* () {
  const trace: Array<string> = []
  const note = (text: string) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      trace.push(`${now} ${text}`)
    })
  const queue = yield* Queue.bounded<number>(2)
  const semaphore = yield* Effect.makeSemaphore(2)
  const done = yield* Deferred.make<void>()
  const producer = (name: string) =>
    Effect.forEach(
      Arr.range(1, 5),
      (n) => Effect.zipRight(Queue.offer(queue, n), Effect.zipRight(note(`${name} offered ${n}`), Effect.sleep(n))),
      { discard: true }
    )
  const consumer = (name: string) =>
    Stream.fromQueue(queue).pipe(
      Stream.mapEffect((n) => semaphore.withPermits(1)(Effect.zipLeft(note(`${name} has ${n}`), Effect.sleep(3)))),
      Stream.runDrain,
      Effect.onInterrupt(() => note(`${name} was interrupted`))
    )
  const consumers = yield* Effect.forEach(["x", "y", "z"], (name) => Effect.fork(consumer(name)))
  yield* Effect.fork(
    Effect.zipRight(Effect.retry(Effect.zipRight(note("tried"), Effect.fail("no")), Schedule.recurs(3)), Effect.void)
  )
  yield* Effect.forEach(["a", "b", "c"], producer, { concurrency: "unbounded" })
  yield* Effect.forkDaemon(Effect.zipRight(Effect.sleep(20), Deferred.succeed(done, undefined)))
  yield* Effect.timeoutOption(Deferred.await(done), 20)
  yield* Fiber.interruptAll(consumers)
  return trace.join("\n")
})

describe("VirtualClock with a seed", () => {
  it.effect("the same seed makes the same run, other seeds make others", () =>
    Effect.gen(function* () {
      const traces = yield* Effect.forEach(seeds(150), (seed) =>
        Effect.gen(function* () {
          const yieldChance = seed % 2 === 0 ? 0.02 : 0
          const first = yield* VirtualClock.run(busy, { seed, yieldChance })
          assert.strictEqual(yield* VirtualClock.run(busy, { seed, yieldChance }), first, `seed ${seed}`)
          return first
        })
      )
      assert.isAbove(new Set(traces).size, 140)
    })
  )

  it.effect("so it is with a client on the fake", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const client = yield* HttpClient.HttpClient
        const fake = yield* FakePermissions.FakePermissions
        const get = (key: string) =>
          Effect.flatMap(client.get(url, { headers: { authorization: `Bearer ${key}` } }), ({ json }) => json)
        yield* Effect.forEach(["a", "b", "c", "d"], (key) => Effect.repeatN(get(key), 2), { concurrency: "unbounded" })
        return (yield* fake.requests).map(({ key }) => (key === undefined ? "" : Redacted.value(key))).join("")
      }).pipe(Effect.provide(FakePermissions.layer()), Effect.withTracerEnabled(false))
      const orders = yield* Effect.forEach(seeds(100), (seed) =>
        Effect.gen(function* () {
          const first = yield* VirtualClock.run(program, { seed, yieldChance: 0.01 })
          assert.strictEqual(yield* VirtualClock.run(program, { seed, yieldChance: 0.01 }), first, `seed ${seed}`)
          return first
        })
      )
      assert.isAbove(new Set(orders).size, 50)
    })
  )

  it.effect("any of the fibers that are ready may be next", () =>
    Effect.gen(function* () {
      const orders = yield* Effect.forEach(seeds(400), (seed) => VirtualClock.run(orderOf(["a", "b", "c"]), { seed }))
      assert.deepStrictEqual([...new Set(orders)].sort(), ["abc", "acb", "bac", "bca", "cab", "cba"])
      assert.strictEqual(yield* VirtualClock.run(orderOf(["a", "b", "c"])), "abc")
    })
  )

  it.effect("those who wake at the same instant too, those of another instant never", () =>
    Effect.gen(function* () {
      const woken = Effect.gen(function* () {
        const order = yield* Ref.make("")
        const sleeper = ([name, millis]: readonly [string, number]) =>
          Effect.zipRight(
            Effect.sleep(millis),
            Ref.update(order, (so) => so + name)
          )
        yield* Effect.forEach(
          [
            ["c", 3],
            ["a", 2],
            ["A", 2],
            ["z", 1]
          ] as const,
          sleeper,
          { concurrency: "unbounded" }
        )
        return yield* Ref.get(order)
      })
      const orders = yield* Effect.forEach(seeds(50), (seed) => VirtualClock.run(woken, { seed, yieldChance: 0.02 }))
      assert.deepStrictEqual([...new Set(orders)].sort(), ["zAac", "zaAc"])
    })
  )

  it.effect("a more urgent fiber goes first", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const order = yield* Ref.make("")
        const turn = (name: string, priority: number) =>
          Effect.yieldNow({ priority }).pipe(
            Effect.zipRight(Ref.update(order, (so) => so + name)),
            Effect.withSchedulingPriority(priority)
          )
        yield* Effect.all([turn("b", 1), turn("c", 2), turn("a", 0)], { concurrency: "unbounded" })
        return yield* Ref.get(order)
      })
      const orders = yield* Effect.forEach(seeds(50), (seed) => VirtualClock.run(program, { seed }))
      assert.deepStrictEqual([...new Set(orders)], ["abc"])
    })
  )

  it.effect("a check-then-act race between two operations is met with yields only", () =>
    Effect.gen(function* () {
      const raced = (yieldChance: number) =>
        Effect.map(
          Effect.forEach(seeds(1000), (seed) => VirtualClock.run(checkThenAct, { seed, yieldChance })),
          (puts) => puts.filter((count) => count > 1).length
        )
      assert.strictEqual(yield* raced(0), 0)
      assert.isAbove(yield* raced(0.02), 5)
    })
  )

  it.effect("a fiber that yields as often as it may gets on", () =>
    VirtualClock.run(
      Effect.repeatN(
        Effect.sync(() => 1),
        20_000
      ),
      { seed: 1, yieldChance: 0.05 }
    )
  )

  it.effect("a race that is interrupted at any operation ends", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const race = Effect.raceFirst(Effect.never, Effect.never)
        const fiber = yield* Effect.forkDaemon(Effect.raceFirst(race, Effect.raceFirst(Effect.never, race)))
        yield* Effect.repeatN(Effect.yieldNow(), 5)
        return yield* Effect.timeoutOption(Effect.disconnect(Fiber.interrupt(fiber)), "1 hour")
      })
      const ended = yield* Effect.forEach(seeds(1000), (seed) => VirtualClock.run(program, { seed, yieldChance: 0.05 }))
      assert.isTrue(ended.every(Option.isSome))
    })
  )

  it.effect("whatever runs concurrently and is interrupted, at whatever time, ends", () =>
    Effect.gen(function* () {
      const forms: ReadonlyArray<Effect.Effect<unknown>> = [
        Effect.forEach([1, 2, 3], () => Effect.never, { concurrency: 2, discard: true }),
        Effect.forEach([1, 2, 3], () => Effect.sleep(1), { concurrency: "unbounded" }),
        Effect.all([Effect.never, Effect.race(Effect.never, Effect.sleep(5))], { concurrency: "unbounded" }),
        Effect.scoped(Effect.zipRight(Effect.forkScoped(Effect.never), Effect.timeoutOption(Effect.never, 3))),
        Stream.runDrain(Stream.mapEffect(Stream.make(1, 2, 3), () => Effect.never, { concurrency: 2 }))
      ]
      const program = (seed: number) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkDaemon(forms[seed % forms.length] ?? Effect.void)
          yield* Effect.repeatN(Effect.yieldNow(), seed % 7)
          return yield* Effect.timeoutOption(Effect.disconnect(Fiber.interrupt(fiber)), "1 hour")
        })
      const ended = yield* Effect.forEach(seeds(700), (seed) =>
        VirtualClock.run(program(seed), { seed, yieldChance: seed % 2 === 0 ? 0 : 0.05 })
      )
      assert.deepStrictEqual(
        ended.flatMap((one, seed) => (Option.isNone(one) ? [seed] : [])),
        []
      )
    })
  )

  it.effect("the layer takes them too", () =>
    Effect.gen(function* () {
      const orders = yield* Effect.forEach(seeds(30), (seed) =>
        Effect.provide(orderOf(["a", "b"]), VirtualClock.layer({ seed }))
      )
      assert.deepStrictEqual([...new Set(orders)].sort(), ["ab", "ba"])
    })
  )

  it.effect.prop(
    "options that make no sense are a defect that names them",
    {
      options: fc.oneof(
        fc.record({ seed: fc.constantFrom(0.5, Number.NaN, Number.POSITIVE_INFINITY) }),
        fc.record({ seed: fc.constant(1), yieldChance: fc.constantFrom(-0.01, 0.051, 1, Number.NaN) }),
        fc.record({ yieldChance: fc.constantFrom(0, 0.01) })
      )
    },
    ({ options }) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(VirtualClock.run(Effect.void, options))
        assert.isTrue(Exit.isFailure(exit))
        assert.match(String(exit), /InvalidSetting|seed|yieldChance/)
      })
  )
})
