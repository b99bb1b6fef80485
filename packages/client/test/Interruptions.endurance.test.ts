/** Calls that are interrupted at random, and what is left behind. */
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import {
  checkpoint,
  type Interrupted,
  interruptedOf,
  interruptedServer,
  longestAfter
} from "@checkpoint-permissions/contract"
import { Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Logger, LogLevel, Schedule, Stream, Supervisor } from "effect"
import { seeds } from "../../../tools/endurance.ts"
import { decorated } from "./support/limiters.ts"
import { onFake, server } from "./support/setup.ts"

const pacingOf = {
  none: Pacing.none,
  adaptive: Pacing.adaptive,
  fixed: Pacing.fixed({ requests: 2, per: "1 second" }),
  bucket: Pacing.fixed({ requests: 2, per: "1 second", burst: 2 }),
  decorated: decorated(Pacing.fixed({ requests: 2, per: "1 second" }))
}

const retryOf = {
  standard: RetryPolicy.standard,
  quick: RetryPolicy.make({ schedule: Schedule.recurs(2), cap: "1 minute" }),
  none: RetryPolicy.none
}

const run = (
  { operation, seed }: Interrupted,
  service: CheckpointPermissions.Service
): Effect.Effect<unknown, unknown> => {
  switch (operation) {
    case "list":
      return service.list(checkpoint)
    case "create":
      return service.create(checkpoint, [`proj_new_${seed}`])
    case "delete":
      return service.delete(checkpoint, "cp_000000000000000000000001")
    case "stream":
      return Stream.runDrain(service.stream(checkpoint, { limit: 7 }))
    case "left":
      return Stream.runDrain(Stream.take(service.stream(checkpoint, { limit: 7 }), 15))
    case "pages":
      return Stream.runForEach(service.pages(checkpoint, { limit: 9 }), () => Effect.yieldNow())
  }
}

const inRegion = (
  { region }: Interrupted,
  effect: Effect.Effect<unknown, unknown>
): Effect.Effect<unknown, unknown> => {
  switch (region) {
    case "plain":
      return effect
    case "uninterruptible":
      return Effect.uninterruptible(effect)
    case "finishInFlight":
      return CheckpointPermissions.finishInFlight(effect)
    case "finalizer":
      return Effect.ensuring(Effect.yieldNow(), Effect.ignore(effect))
    case "scoped":
      return Effect.scoped(
        Effect.zipRight(
          Effect.addFinalizer(() => Effect.ignore(effect)),
          effect
        )
      )
  }
}

const within = (one: Interrupted, service: CheckpointPermissions.Service): Effect.Effect<unknown, unknown> =>
  CheckpointPermissions.withOptions(run(one, service), { deadline: one.deadline })

/** Returns the violations after one case. */
const check = (one: Interrupted): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const wrong: Array<string> = []
    const fake = yield* server
    const service = yield* CheckpointPermissions.CheckpointPermissions
    const supervisor = yield* Supervisor.track
    const rivals = yield* Effect.forEach(Array.from({ length: one.rivals }), () =>
      Effect.fork(Effect.exit(service.list(checkpoint)))
    )
    const begun = yield* Deferred.make<void>()
    const fiber = yield* Effect.zipRight(Deferred.succeed(begun, undefined), inRegion(one, within(one, service))).pipe(
      Effect.exit,
      Effect.supervised(supervisor),
      Effect.forkDaemon
    )
    yield* Deferred.await(begun)
    if (one.turns === undefined) yield* Effect.sleep(one.millis)
    else yield* Effect.repeatN(Effect.yieldNow(), one.turns)
    yield* Fiber.interruptFork(fiber)
    // every case ends well within an hour, or not at all
    const ended = yield* Effect.timeoutOption(Fiber.await(fiber), "1 hour")
    if (ended._tag === "None") wrong.push("hangs")
    for (const rival of rivals) {
      if ((yield* Effect.timeoutOption(Fiber.await(rival), "1 hour"))._tag === "None") wrong.push("a rival hangs")
    }
    yield* Effect.repeatN(Effect.yieldNow(), 50)
    const left = (yield* supervisor.value).length
    if (left > 0) wrong.push(`${left} fibers left`)
    const requests = yield* fake.requests
    if (requests.some(({ outcome }) => outcome === "pending")) wrong.push("a request is still pending")

    // no turn is lost: the next calls go as if nothing had been
    yield* fake.setFaults(Faults.none)
    const from = yield* Clock.currentTimeMillis
    const probes = Effect.forEach(
      Array.from({ length: 6 }),
      () => CheckpointPermissions.withOptions(service.list(checkpoint), { retry: RetryPolicy.standard }),
      { concurrency: 2, discard: true }
    )
    const probed = yield* Effect.exit(Effect.timeoutOption(probes, "1 hour"))
    if (Exit.isFailure(probed)) wrong.push(`a later call fails: ${String(probed.cause)}`)
    const took = (yield* Clock.currentTimeMillis) - from
    if (took > longestAfter(one)) wrong.push(`later calls take ${took} ms`)

    const sent = (yield* fake.requests).length
    yield* Effect.sleep("1 hour")
    if ((yield* fake.requests).length > sent) wrong.push("a request was sent after the end")
    return wrong
  }).pipe(
    Effect.withMaxOpsBeforeYield(one.steps),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.provide(
      onFake({
        pacing: pacingOf[one.pacing],
        retry: retryOf[one.retry],
        timeout: "5 seconds",
        fake: interruptedServer(one)
      })
    ),
    Effect.orDie,
    VirtualClock.run
  )

const all = seeds(14, 2000)

it(`${all.length} calls that are interrupted at random leave nothing behind`, { timeout: 600_000 }, async () => {
  for (const seed of all) {
    const one = interruptedOf(seed)
    assert.deepStrictEqual(await Effect.runPromise(check(one)), [], JSON.stringify(one))
  }
})
