/** The deadline of an effect that runs twice, and retries within and around it. The contract has the other cases. */
import { CheckpointPermissions, type Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { type FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { type Clock, Duration, Effect, Schedule, Stream } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import { checkpoint, onFake, type Setup, seeded, server } from "./support/setup.ts"
import { drive, stopped, timed } from "./support/time.ts"

const { withOptions } = CheckpointPermissions
const list = CheckpointPermissions.list(checkpoint)
const slow: FakePermissions.Options = { ...seeded(2), behavior: { latency: "1 second" } }

describe("a second run", () => {
  const stream = Stream.runCount(CheckpointPermissions.stream(checkpoint, { limit: 1 }))
  it.effect.each([
    ["effect", withOptions(Effect.asVoid(list), { deadline: "1500 millis" })],
    ["effect with a stream", withOptions(stream, { deadline: "2500 millis" })],
    [
      "stream",
      Stream.runDrain(withOptions(CheckpointPermissions.stream(checkpoint, { limit: 1 }), { deadline: "2500 millis" }))
    ]
  ] as const)("of an %s has the whole time again", ([, self]) =>
    drive(Effect.repeatN(Effect.zipRight(Effect.sleep("1 minute"), self), 2)).pipe(
      Effect.provide(onFake({ fake: slow }))
    )
  )
})

describe("a timer that fires before the clock reaches the deadline", () => {
  const clock: Clock.Clock = {
    ...stopped().clock,
    sleep: (duration) => (Duration.toSeconds(duration) === 10 ? Effect.yieldNow() : Effect.never)
  }
  const run = (setup: Setup) =>
    Effect.flip(withOptions(list, { deadline: "10 seconds" })).pipe(
      Effect.provide(onFake(setup)),
      Effect.withClock(clock)
    )

  test("ends a wait in the limiter of a user as the deadline does", function* () {
    const error = yield* run({ pacing: { make: () => ({ withPermit: () => Effect.never }) } })
    assert.deepInclude(error, { _tag: "RequestTimeoutError", attempts: 0, endedByDeadline: true })
  })

  test("lets a limiter that cannot be interrupted send nothing later", function* () {
    const later = Effect.repeatN(Effect.yieldNow(), 100)
    const pacing: Pacing.Pacing = {
      make: () => ({ withPermit: (request) => Effect.uninterruptible(Effect.zipRight(later, request())) })
    }
    const requests = Effect.flatMap(server, (fake) => fake.requests)
    const both = Effect.zip(Effect.flip(withOptions(list, { deadline: "10 seconds" })), requests)
    const [error, sent] = yield* both.pipe(Effect.provide(onFake({ pacing })), Effect.withClock(clock))
    assert.deepInclude(error, { _tag: "RequestTimeoutError", attempts: 0, endedByDeadline: true })
    assert.isEmpty(sent)
  })

  test("ends an attempt as the deadline does, without a retry", function* () {
    const error = yield* run({ fake: { behavior: { latency: "1 hour" } } })
    assert.deepInclude(error, { _tag: "RequestTimeoutError", attempts: 1, endedByDeadline: true })
  })
})

describe("a retry", () => {
  const failing = (): FakePermissions.Options => ({
    ...slow,
    faults: Faults.scripted([{ fault: Faults.error(503), times: 99 }])
  })
  const again = Effect.retry(list, {
    schedule: Schedule.spaced("10 millis"),
    while: ({ isRetryable }) => isRetryable
  })

  it.effect("inside stops after one try that is not sent", () =>
    Effect.gen(function* () {
      const [error, took] = yield* drive(timed(Effect.flip(withOptions(again, { deadline: "2 seconds" }))))
      assert.deepInclude(error, { _tag: "RequestTimeoutError", attempts: 0, isRetryable: false, endedByDeadline: true })
      assert.include(error.message, `list ${checkpoint}: not sent: the deadline had passed`)
      assert.isAtMost(took, 2010)
      assert.lengthOf(yield* (yield* server).requests, 2)
    }).pipe(Effect.provide(onFake({ fake: failing(), retry: RetryPolicy.none })))
  )

  it.effect("around it starts with a new deadline, since the error of an attempt keeps its value", () =>
    Effect.gen(function* () {
      const cut = withOptions(list, { deadline: "500 millis" })
      const error = yield* drive(Effect.flip(cut))
      assert.deepInclude(error, { _tag: "RequestTimeoutError", attempts: 1, isRetryable: true, endedByDeadline: true })
      const [, took] = yield* drive(timed(Effect.flip(Effect.retry(cut, { times: 2, while: (e) => e.isRetryable }))))
      assert.strictEqual(took, 1500)
    }).pipe(Effect.provide(onFake({ fake: slow, retry: RetryPolicy.standard })))
  )
})
