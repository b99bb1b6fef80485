import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Clock,
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Redacted,
  Ref,
  Schedule,
  Scheduler,
  Stream,
  TestClock
} from "effect"
import { checkpoint, key, onFake, permission, permissions, seeded, server } from "./support/setup.ts"
import { drive, settle } from "./support/time.ts"
import { type Answer, coded, pageOf, wire } from "./support/wire.ts"

const first = permission("cp_000000000000000000000001")
const outcomes = Effect.flatMap(server, (fake) =>
  Effect.map(fake.requests, (requests) => requests.map(({ outcome }) => outcome))
)

/** Runs an effect in a finalizer of a fiber that is interrupted. */
const inFinalizer = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const result = yield* Deferred.make<A, E>()
    const begun = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(
      Effect.ensuring(
        Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never),
        Effect.intoDeferred(effect, result)
      )
    )
    yield* Deferred.await(begun)
    yield* Fiber.interruptFork(fiber)
    return yield* Deferred.await(result)
  })

const regions = [
  ["an interruptible region", Effect.interruptible],
  ["an uninterruptible region", Effect.uninterruptible],
  ["a finalizer of an interrupted fiber", inFinalizer],
  ["finishInFlight", <A, E, R>(self: Effect.Effect<A, E, R>) => CheckpointPermissions.finishInFlight(self)]
] as const

for (const [name, inRegion] of regions) {
  describe(`in ${name}`, () => {
    for (const prefetch of [false, true]) {
      it.effect(`a stream that is left early ends (prefetch ${prefetch})`, () =>
        Effect.gen(function* () {
          const { pages, stream } = yield* permissions
          for (const [expected, left] of [
            [3, Stream.runCount(Stream.take(stream(checkpoint, { limit: 2 }), 3))],
            [1, Stream.runCount(Stream.take(pages(checkpoint, { limit: 2 }), 1))],
            [
              4,
              Stream.runCount(
                Stream.takeUntil(stream(checkpoint, { limit: 2 }), ({ project_id }) => project_id === "proj_16")
              )
            ],
            [20, Stream.runCount(stream(checkpoint, { limit: 7 }))]
          ] as const) {
            assert.strictEqual(yield* drive(inRegion(left)), expected)
          }
          yield* settle
          assert.notInclude(yield* outcomes, "pending")
        }).pipe(Effect.provide(onFake({ prefetch, fake: { ...seeded(20), behavior: { latency: "1 second" } } })))
      )
    }

    it.effect("an iterator and a pull that are left let go of everything", () =>
      Effect.gen(function* () {
        const { stream } = yield* permissions
        const pulled = Effect.scoped(
          Effect.flatMap(Stream.toPull(stream(checkpoint, { limit: 2 })), (pull) => Effect.zipRight(pull, pull))
        )
        yield* drive(inRegion(Effect.orDie(Effect.mapError(pulled, () => "ended"))))
        yield* settle
        assert.notInclude(yield* outcomes, "pending")
      }).pipe(Effect.provide(onFake({ fake: { ...seeded(20), behavior: { latency: "1 second" } } })))
    )

    it.effect("a call is sent, retried and answered", () =>
      Effect.gen(function* () {
        yield* (yield* server).inject([Faults.error(500), Faults.rateLimited({ "retry-after": "30" })])
        const { id } = yield* drive(inRegion((yield* permissions).delete(checkpoint, first)))
        assert.strictEqual(id, first)
        assert.deepStrictEqual(yield* outcomes, ["replied", "replied", "replied"])
      }).pipe(Effect.provide(onFake({ pacing: Pacing.adaptive, fake: seeded(1) })))
    )

    it.effect("finishInFlight sends, and what follows the reply runs", () =>
      Effect.gen(function* () {
        const written = yield* Ref.make("")
        yield* (yield* server).inject(Faults.rateLimited({ "retry-after": "30" }))
        yield* drive(
          inRegion(
            (yield* permissions).delete(checkpoint, first).pipe(
              Effect.tap(({ id }) => Ref.set(written, id)),
              CheckpointPermissions.finishInFlight
            )
          )
        )
        assert.strictEqual(yield* Ref.get(written), first)
      }).pipe(Effect.provide(onFake({ pacing: Pacing.adaptive, fake: seeded(1) })))
    )

    it.effect("an attempt times out, and the retry policy's cap bounds the waits", () =>
      Effect.gen(function* () {
        const error = yield* drive(inRegion(Effect.flip((yield* permissions).list(checkpoint))))
        assert.strictEqual(error._tag, "RequestTimeoutError")
        assert.isAtMost(Duration.toMillis(error.waited ?? Duration.infinity), 60_000)
      }).pipe(
        Effect.provide(
          onFake({
            timeout: "2 seconds",
            retry: RetryPolicy.make({ schedule: RetryPolicy.transient, cap: "1 minute" }),
            fake: { behavior: { latency: "1 hour" } }
          })
        )
      )
    )
  })
}

describe("finishInFlight", () => {
  it.effect("in a plain region is cut short while it waits for the pace, and sends nothing", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      yield* Effect.ignore(service.delete(checkpoint, first))
      const fiber = yield* Effect.fork(
        Effect.exit(CheckpointPermissions.finishInFlight(service.delete(checkpoint, first)))
      )
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* outcomes).length, 1)
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 minute" }), fake: seeded(1) })))
  )

  it.effect("inside itself is cut short while it waits, too", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      yield* Effect.ignore(service.delete(checkpoint, first))
      const fiber = yield* service
        .delete(checkpoint, first)
        .pipe(CheckpointPermissions.finishInFlight, CheckpointPermissions.finishInFlight, Effect.exit, Effect.fork)
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* outcomes).length, 1)
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 minute" }), fake: seeded(1) })))
  )

  it.effect("lets a finalizer inside it send once a wait was cut short", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      yield* service.list(checkpoint)
      const fiber = yield* Effect.ensuring(
        service.list(checkpoint),
        Effect.ignore(service.delete(checkpoint, first))
      ).pipe(CheckpointPermissions.finishInFlight, Effect.fork)
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(
        (yield* (yield* server).requests).map(({ method }) => method),
        ["GET", "DELETE"]
      )
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 minute" }), fake: seeded(1) })))
  )

  it.effect("around it a timeout of the caller lasts until the reply", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(
        CheckpointPermissions.finishInFlight((yield* permissions).list(checkpoint)).pipe(
          Effect.timeoutOption("1 second")
        )
      )
      yield* (yield* server).awaitRequests(1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* TestClock.adjust("9 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* outcomes, ["replied"])
    }).pipe(Effect.provide(onFake({ fake: { behavior: { latency: "10 seconds" } } })))
  )
})

describe("tapReplies", () => {
  class Log extends Context.Tag("test/Log")<Log, Array<string>>() {}
  const note = (name: string) => () => Effect.map(Log, (log) => void log.push(name))

  it.effect("composes, the inner observer first, each with its own services", () =>
    Effect.gen(function* () {
      const inner: Array<string> = []
      const outer: Array<string> = []
      yield* (yield* permissions).list(checkpoint).pipe(
        CheckpointPermissions.tapReplies(note("inner")),
        Effect.provideService(Log, inner),
        CheckpointPermissions.tapReplies(() => Effect.sync(() => void outer.push(`after ${inner.length}`))),
        CheckpointPermissions.tapReplies(note("outer")),
        Effect.provideService(Log, outer)
      )
      assert.deepStrictEqual(inner, ["inner"])
      assert.deepStrictEqual(outer, ["after 1", "outer"])
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("around a stream sees each page", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      yield* (yield* permissions)
        .stream(checkpoint, { limit: 2 })
        .pipe(CheckpointPermissions.tapReplies(note("page")), Stream.provideService(Log, log), Stream.runDrain)
      assert.strictEqual(log.length, 3)
    }).pipe(Effect.provide(onFake({ fake: seeded(6) })))
  )

  it.effect("its time does not count towards the timeout of an attempt", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(
        CheckpointPermissions.tapReplies((yield* permissions).list(checkpoint), () => Effect.sleep("1 hour"))
      )
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual((yield* Fiber.join(fiber)).data.length, 1)
    }).pipe(Effect.provide(onFake({ timeout: "5 seconds", retry: RetryPolicy.none, fake: seeded(1) })))
  )

  it.effect(
    "runs after the attempt has ended, also of one that timed out or was interrupted, but not without a reply",
    () => {
      const heads: Array<number> = []
      const observed = CheckpointPermissions.tapReplies(({ status }) => Effect.sync(() => heads.push(status)))
      const answers: ReadonlyArray<Answer> = [
        { body: pageOf([]), stall: true },
        { body: pageOf([]), stall: true },
        { drop: coded("ECONNRESET") }
      ]
      const { layer, requests } = wire(({ n }) => answers[n] ?? { body: pageOf([]) })
      return Effect.gen(function* () {
        const { list } = yield* CheckpointPermissions.make({
          adminKey: Redacted.make(key),
          timeout: "5 seconds",
          retry: RetryPolicy.none,
          pacing: Pacing.none
        })
        const late = yield* Effect.fork(Effect.flip(observed(list(checkpoint))))
        yield* settle
        assert.deepStrictEqual(heads, [])
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.join(late))._tag, "RequestTimeoutError")
        assert.deepStrictEqual(heads, [200])
        const left = yield* Effect.fork(observed(list(checkpoint)))
        yield* settle
        yield* Fiber.interrupt(left)
        assert.deepStrictEqual(heads, [200, 200])
        yield* Effect.flip(observed(list(checkpoint)))
        assert.deepStrictEqual(heads, [200, 200])
        assert.strictEqual(requests.length, 3)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("what an observer sends is for the outer observers alone", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      let outer = 0
      yield* list(checkpoint).pipe(
        CheckpointPermissions.tapReplies(() => Effect.ignore(list(checkpoint))),
        CheckpointPermissions.tapReplies(() =>
          Effect.sync(() => {
            outer += 1
          })
        )
      )
      assert.strictEqual((yield* outcomes).length, 2)
      assert.strictEqual(outer, 2)
    }).pipe(Effect.provide(onFake()))
  )

  for (const [what, observe] of [
    ["dies", Effect.die("observer")],
    ["does not end", Effect.never]
  ] as const) {
    it.effect(`a wait observer that ${what} loses no turn of the others`, () =>
      Effect.gen(function* () {
        const { list } = yield* permissions
        yield* list(checkpoint)
        const observed = yield* Effect.fork(
          Effect.exit(CheckpointPermissions.tapWaits(list(checkpoint), () => observe))
        )
        yield* settle
        yield* Fiber.interrupt(observed)
        const fiber = yield* Effect.fork(list(checkpoint))
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(fiber)
      }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 second" }) })))
    )
  }

  it.effect("an observer that does not end can be interrupted", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        CheckpointPermissions.tapReplies((yield* permissions).list(checkpoint), () =>
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)
        )
      )
      yield* Deferred.await(begun)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
    }).pipe(Effect.provide(onFake()))
  )
})

describe("an attempt", () => {
  it.effect("does not depend on the scheduler of another call", () => {
    const { layer } = wire(() => Effect.never)
    /** A clock that is moved by hand. */
    const sleepers: Array<() => void> = []
    const clock: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => 0,
      unsafeCurrentTimeNanos: () => 0n,
      currentTimeMillis: Effect.succeed(0),
      currentTimeNanos: Effect.succeed(0n),
      sleep: () => Effect.async((resume) => void sleepers.push(() => resume(Effect.void)))
    }
    let isStopped = false
    const stopping = Scheduler.make((task, priority) => {
      if (!isStopped) Scheduler.defaultScheduler.scheduleTask(task, priority)
    })
    return Effect.gen(function* () {
      const { list } = yield* CheckpointPermissions.make({
        adminKey: Redacted.make(key),
        timeout: "5 seconds",
        retry: RetryPolicy.none,
        pacing: Pacing.none
      })
      const stuck = list(checkpoint).pipe(Effect.ignore, Effect.withClock(clock), Effect.withScheduler(stopping))
      Effect.runFork(stuck)
      yield* settle
      isStopped = true
      const fiber = Effect.runFork(list(checkpoint).pipe(Effect.flip, Effect.withClock(clock)))
      yield* settle
      for (const wake of sleepers) wake()
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "RequestTimeoutError")
    }).pipe(Effect.provide(layer))
  })

  it.effect("that is repeated does not grow the stack", () => {
    const depths: Array<number> = []
    const { layer } = wire(({ n }) =>
      Effect.withFiberRuntime((fiber) => {
        const stack: unknown = Reflect.get(fiber, "_stack")
        depths.push(Array.isArray(stack) ? stack.length : -1)
        return Effect.succeed(n < 2000 ? { status: 503 } : { body: pageOf([]) })
      })
    )
    return Effect.gen(function* () {
      const { list } = yield* CheckpointPermissions.make({
        adminKey: Redacted.make(key),
        retry: RetryPolicy.make({ schedule: Schedule.forever, cap: "1 hour" }),
        pacing: Pacing.none
      })
      yield* Effect.uninterruptible(list(checkpoint))
      yield* list(checkpoint)
      assert.strictEqual(depths.length, 2002)
      assert.isAbove(depths[0] ?? 0, 0)
      assert.strictEqual(depths[1999], depths[1])
    }).pipe(Effect.provide(layer))
  })
})
