/** Calls and streams that are interrupted, left or late. The contract has the regions of interruptibility. */
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, Scheduler, Stream, Supervisor } from "effect"
import { checkpoint, onFake, permission, permissions, seeded, server } from "./support/setup.ts"
import { drive, flush, stopped } from "./support/time.ts"
import { type Answer, onWire, pageOf } from "./support/wire.ts"

const first = permission("cp_000000000000000000000001")
const { list } = CheckpointPermissions
const listed = list(checkpoint)
const outcomes = Effect.flatMap(server, (fake) =>
  Effect.map(fake.requests, (requests) => requests.map(({ outcome }) => outcome))
)

const onAnswer = (answer: Parameters<typeof onWire>[0], more: Partial<CheckpointPermissions.Options> = {}) =>
  onWire(answer, { retry: RetryPolicy.none, timeout: "3 seconds", ...more }).layer

/** Runs an effect to its end, and tells how many of the fibers that it started are left. */
const fibersLeft = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const supervisor = yield* Supervisor.track
    yield* Effect.exit(Effect.supervised(effect, supervisor))
    yield* flush
    return (yield* supervisor.value).length
  })

describe("an interruption", () => {
  it.effect("gives the permit back once the exchange has ended, however long a transport takes to end it", () => {
    const log: Array<string> = []
    const released = Effect.sync(() => log.push("released"))
    const pacing: Pacing.Pacing = { make: () => ({ withPermit: (request) => Effect.ensuring(request(), released) }) }
    const ending = Effect.zipRight(
      Effect.sleep("1 second"),
      Effect.sync(() => log.push("ended"))
    )
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(listed)
      yield* flush
      yield* drive(Fiber.interrupt(fiber))
      assert.deepStrictEqual(log, ["ended", "released"])
    }).pipe(Effect.provide(onAnswer(() => Effect.onInterrupt(Effect.never, () => ending), { pacing })))
  })

  it.effect("in finishInFlight lets a finalizer inside it send once a wait was cut short", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      yield* service.list(checkpoint)
      const fiber = yield* Effect.ensuring(
        service.list(checkpoint),
        Effect.ignore(service.delete(checkpoint, first))
      ).pipe(CheckpointPermissions.finishInFlight, Effect.fork)
      yield* flush
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(
        (yield* (yield* server).requests).map(({ method }) => method),
        ["GET", "DELETE"]
      )
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 minute" }), fake: seeded(1) })))
  )
})

describe.each([false, true])("a stream that is left, with prefetch %s", (prefetch) => {
  it.effect("leaves no fiber and no request behind, however it ends", () =>
    Effect.gen(function* () {
      const stream = (yield* permissions).stream(checkpoint, { limit: 2 })
      const fake = yield* server
      for (const end of [
        Stream.runDrain(stream),
        Stream.runDrain(Stream.take(stream, 1)),
        Stream.runDrain(Stream.take(stream, 3)),
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
})

describe("the time of an attempt", () => {
  it.effect.each([
    ["an interruptible region", Effect.interruptible],
    ["an uninterruptible region", Effect.uninterruptible]
  ] as const)("ends with the exchange given up before the next one begins, in %s", ([, inRegion]) => {
    const log: Array<string> = []
    const answer = ({ n }: { readonly n: number }) =>
      Effect.sync(() => log.push(`sent ${n}`)).pipe(
        Effect.zipRight(n === 0 ? Effect.never : Effect.succeed({ body: pageOf([]) })),
        Effect.onInterrupt(() => Effect.sync(() => log.push(`given up ${n}`)))
      )
    return Effect.gen(function* () {
      yield* drive(inRegion(listed))
      assert.deepStrictEqual(log, ["sent 0", "given up 0", "sent 1"])
    }).pipe(Effect.provide(onWire(answer, { timeout: "2 seconds" }).layer))
  })

  it.effect("ends with its timer stopped", () => {
    const { clock, sleepers } = stopped()
    return Effect.gen(function* () {
      yield* Effect.withClock(listed, clock)
      assert.strictEqual(sleepers.size, 0)
    }).pipe(Effect.provide(onAnswer(() => ({ body: pageOf([]) }))))
  })

  it.effect("does not depend on the scheduler of another call", () => {
    const { layer } = onWire(() => Effect.never, { timeout: "5 seconds", retry: RetryPolicy.none })
    const { clock, sleepers } = stopped()
    let isStopped = false
    const stopping = Scheduler.make((task, priority) => {
      if (!isStopped) Scheduler.defaultScheduler.scheduleTask(task, priority)
    })
    return Effect.gen(function* () {
      const { list } = yield* permissions
      const stuck = list(checkpoint).pipe(Effect.ignore, Effect.withClock(clock), Effect.withScheduler(stopping))
      Effect.runFork(stuck)
      yield* flush
      isStopped = true
      const fiber = Effect.runFork(list(checkpoint).pipe(Effect.flip, Effect.withClock(clock)))
      yield* flush
      for (const wake of sleepers) wake()
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "RequestTimeoutError")
    }).pipe(Effect.provide(layer))
  })

  it.effect("that is repeated does not grow the stack", () => {
    const depths: Array<number> = []
    const answer = ({ n }: { readonly n: number }) =>
      Effect.withFiberRuntime<Answer>((fiber) => {
        const stack: unknown = Reflect.get(fiber, "_stack")
        depths.push(Array.isArray(stack) ? stack.length : -1)
        return Effect.succeed(n < 300 ? { status: 503 } : { body: pageOf([]) })
      })
    const { layer } = onWire(answer, { retry: RetryPolicy.make({ schedule: Schedule.forever, cap: "1 hour" }) })
    return Effect.gen(function* () {
      yield* Effect.uninterruptible(listed)
      yield* listed
      assert.strictEqual(depths.length, 302)
      assert.isAbove(depths[0] ?? 0, 0)
      assert.strictEqual(depths[299], depths[1])
    }).pipe(Effect.provide(layer))
  })
})
