import { CheckpointPermissions } from "@checkpoint-permissions/client"
import type { PermissionsError } from "@checkpoint-permissions/core"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted, Stream, Supervisor, TestClock } from "effect"
import { pacingOf, scripted } from "./support/paces.ts"
import { checkpoint, collect, key, onFake, permission, permissions, project, seeded, server } from "./support/setup.ts"
import { settle } from "./support/time.ts"
import { pageOf, wire } from "./support/wire.ts"

const outcomes = Effect.flatMap(server, (fake) =>
  Effect.map(fake.requests, (requests) => requests.map(({ outcome }) => outcome))
)

/** Runs an effect to its end, and tells how many of the fibers that it started are left. */
const fibersLeft = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const supervisor = yield* Supervisor.track
    yield* Effect.exit(Effect.supervised(effect, supervisor))
    yield* settle
    return (yield* supervisor.value).length
  })

describe("an interruption", () => {
  type Calls = ReadonlyArray<
    readonly [
      string,
      (service: CheckpointPermissions.Service) => Effect.Effect<unknown, PermissionsError.PermissionsError>
    ]
  >
  const calls: Calls = [
    ["list", (service) => service.list(checkpoint)],
    ["create", (service) => service.create(checkpoint, [project("a")])],
    ["delete", (service) => service.delete(checkpoint, permission("cp_1"))],
    ["stream", (service) => collect(service.stream(checkpoint))]
  ]
  for (const [name, call] of calls) {
    it.effect(`aborts the request in flight: ${name}`, () =>
      Effect.gen(function* () {
        const fake = yield* server
        const fiber = yield* Effect.fork(call(yield* permissions))
        yield* fake.awaitRequests(1)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* outcomes, ["abandoned"])
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(yield* outcomes, ["abandoned"])
      }).pipe(Effect.provide(onFake({ fake: { behavior: { latency: "10 seconds" } } })))
    )

    it.effect(`while it waits to try again sends nothing more: ${name}`, () =>
      Effect.gen(function* () {
        const fake = yield* server
        const fiber = yield* Effect.fork(call(yield* permissions))
        yield* fake.awaitRequests(1)
        yield* settle
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(yield* outcomes, ["replied"])
      }).pipe(
        Effect.provide(onFake({ fake: { faults: Faults.scripted([{ fault: Faults.rateLimited(), times: 9 }]) } }))
      )
    )

    it.effect(`a timeout of the caller's is one: ${name}`, () =>
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(Effect.timeoutOption(call(yield* permissions), "2 seconds"))
        yield* (yield* server).awaitRequests(1)
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(yield* outcomes, ["abandoned"])
      }).pipe(Effect.provide(onFake({ fake: { behavior: { latency: "10 seconds" } } })))
    )

    it.effect(`leaves no fiber behind: ${name}`, () =>
      Effect.gen(function* () {
        const service = yield* permissions
        const fake = yield* server
        assert.strictEqual(
          yield* fibersLeft(
            Effect.zipRight(
              Effect.forkDaemon(fake.awaitRequests(1)),
              Effect.raceFirst(call(service), fake.awaitRequests(1))
            )
          ),
          0
        )
      }).pipe(Effect.provide(onFake({ fake: { behavior: { latency: "10 seconds" } } })))
    )
  }

  it.effect("while waiting for the pace takes no request with it", () => {
    const { layer, requests } = wire(() => ({ body: pageOf([]) }))
    const left: Array<unknown> = []
    const pace = scripted({ wait: "1 minute", onLeave: (outcome) => Effect.sync(() => left.push(outcome)) })
    const pacing = pacingOf(() => Effect.succeed(pace))
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork((yield* permissions).list(checkpoint))
      yield* settle
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(requests.length, 0)
      assert.deepStrictEqual(left, [undefined])
    }).pipe(
      Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing }).pipe(Layer.provide(layer)))
    )
  })

  it.effect("of a request gives the turn back without an outcome", () => {
    const { layer } = wire(() => Effect.never)
    const left: Array<unknown> = []
    const pace = scripted({ onLeave: (outcome) => Effect.sync(() => left.push(outcome)) })
    const pacing = pacingOf(() => Effect.succeed(pace))
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork((yield* permissions).list(checkpoint))
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(left, [undefined])
    }).pipe(
      Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing }).pipe(Layer.provide(layer)))
    )
  })
})

describe("a stream that is left", () => {
  const slowThird = Faults.scripted([{ fault: Faults.latency({ before: "10 seconds" }), nth: 3 }])

  for (const prefetch of [false, true]) {
    it.effect(`early aborts what it fetched ahead (prefetch ${prefetch})`, () =>
      Effect.gen(function* () {
        const service = yield* permissions
        const fake = yield* server
        const first = yield* Stream.runCollect(Stream.take(service.stream(checkpoint, { limit: 2 }), 1))
        assert.strictEqual(first.length, 1)
        yield* settle
        const left = yield* outcomes
        assert.isAtMost(left.length, 2)
        assert.deepStrictEqual(
          left.filter((outcome) => outcome === "pending"),
          []
        )
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* fake.requests).length, left.length)
      }).pipe(Effect.provide(onFake({ prefetch, fake: { ...seeded(20), faults: slowThird } })))
    )

    const whileSecond = prefetch ? ["replied", "replied", "pending"] : ["replied", "replied"]
    const afterSecond = prefetch ? ["replied", "replied", "abandoned"] : ["replied", "replied"]

    it.effect(`by an interruption while a page is consumed aborts the next (prefetch ${prefetch})`, () =>
      Effect.gen(function* () {
        const service = yield* permissions
        const holds = yield* Deferred.make<void>()
        const fiber = yield* service.pages(checkpoint, { limit: 2 }).pipe(
          Stream.drop(1),
          Stream.runForEach(() => Effect.zipRight(Deferred.succeed(holds, undefined), Effect.never)),
          Effect.fork
        )
        yield* Deferred.await(holds)
        yield* settle
        assert.deepStrictEqual(yield* outcomes, whileSecond)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* outcomes, afterSecond)
      }).pipe(Effect.provide(onFake({ prefetch, fake: { ...seeded(20), faults: slowThird } })))
    )

    it.effect(`by a failure of the consumer aborts the next (prefetch ${prefetch})`, () =>
      Effect.gen(function* () {
        const service = yield* permissions
        const failing = service.pages(checkpoint, { limit: 2 }).pipe(
          Stream.drop(1),
          Stream.runForEach(() => Effect.zipRight(settle, Effect.fail("enough" as const)))
        )
        assert.strictEqual(yield* Effect.flip(failing), "enough")
        assert.deepStrictEqual(yield* outcomes, afterSecond)
      }).pipe(Effect.provide(onFake({ prefetch, fake: { ...seeded(20), faults: slowThird } })))
    )

    it.effect(`leaves no fiber behind (prefetch ${prefetch})`, () =>
      Effect.gen(function* () {
        const stream = (yield* permissions).stream(checkpoint, { limit: 2 })
        const fake = yield* server
        for (const end of [
          Stream.runDrain(stream),
          Stream.runDrain(Stream.take(stream, 1)),
          Stream.runDrain(Stream.take(stream, 3)),
          Stream.runHead(stream),
          Stream.runForEach(stream, () => Effect.fail("enough")),
          Stream.runForEach(stream, () => Effect.die("enough")),
          Stream.runForEach(stream, () => Effect.interrupt),
          Effect.zipRight(fake.inject(Faults.error(400)), Stream.runDrain(stream))
        ]) {
          assert.strictEqual(yield* fibersLeft(end), 0)
        }
        assert.notInclude(yield* outcomes, "pending")
      }).pipe(Effect.provide(onFake({ prefetch, fake: seeded(9) })))
    )
  }
})
