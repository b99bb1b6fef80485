/** The deadline of an effect that runs twice, and retries within and around it. The contract has the other cases. */
import {
  CheckpointPermissions,
  FakePermissions,
  Faults,
  type Pacing,
  RetryPolicy,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import { Clock, Duration, Effect, Schedule, Stream } from "effect"
import { assert, describe, test } from "vitest"
import { checkpoint, onFake, projects } from "./support/setup.ts"

const { withOptions } = CheckpointPermissions
const list = CheckpointPermissions.list(checkpoint)
const slow = { seed: { [checkpoint]: projects(2) }, behavior: { latency: "1 second" } } as const

const run = <A, E>(
  self: Effect.Effect<A, E, CheckpointPermissions.CheckpointPermissions>,
  fake: Parameters<typeof onFake>[0] = slow,
  options: Parameters<typeof onFake>[1] = {}
) => Effect.runPromise(VirtualClock.run(Effect.provide(self, onFake(fake, options))))

describe("a second run", () => {
  const stream = CheckpointPermissions.stream(checkpoint, { limit: 1 })
  test.each([
    ["effect", withOptions(Effect.asVoid(list), { deadline: "1500 millis" })],
    ["effect with a stream", withOptions(Stream.runDrain(stream), { deadline: "2500 millis" })],
    ["stream", Stream.runDrain(withOptions(stream, { deadline: "2500 millis" }))]
  ] as const)("of an %s has the whole time again", (_, self) =>
    run(Effect.repeat(Effect.andThen(Effect.sleep("1 minute"), self), { times: 2 }))
  )
})

describe("a timer that fires before the clock reaches the deadline", () => {
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => 0,
    currentTimeNanosUnsafe: () => 0n,
    monotonicTimeNanosUnsafe: () => 0n,
    monotonicTimeNanos: Effect.succeed(0n),
    currentTimeMillis: Effect.succeed(0),
    currentTimeNanos: Effect.succeed(0n),
    sleep: (duration) => (Duration.toSeconds(duration) === 10 ? Effect.yieldNow : Effect.never)
  }
  const later = Effect.forEach(Array.from({ length: 100 }), () => Effect.yieldNow)
  const never: Pacing.Pacing = { make: () => ({ withPermit: () => Effect.never }) }
  const uninterruptible: Pacing.Pacing = {
    make: () => ({ withPermit: (request) => Effect.uninterruptible(Effect.andThen(later, request())) })
  }
  test.each([
    ["a wait in the limiter of a user", 0, { pacing: never }],
    ["a wait in a limiter that cannot be interrupted, and sends nothing later,", 0, { pacing: uninterruptible }],
    ["an attempt, without a retry", 1, { retry: RetryPolicy.standard }]
  ] as const)("ends %s as the deadline does", async (_, attempts, options) => {
    const requests = FakePermissions.FakePermissions.use((fake) => fake.requests)
    const cut = Effect.zip(Effect.flip(withOptions(list, { deadline: "10 seconds" })), requests)
    const [error, sent] = await Effect.runPromise(
      Effect.provideService(Effect.provide(cut, onFake(slow, options)), Clock.Clock, clock)
    )
    assert.deepInclude(error, { _tag: "RequestTimeoutError", attempts, endedByDeadline: true })
    assert.strictEqual(sent.length, attempts)
  })
})

describe("a retry", () => {
  test("inside stops after one try that is not sent", async () => {
    const again = Effect.retry(list, { schedule: Schedule.spaced("10 millis"), while: (error) => error.isRetryable })
    const failing = { ...slow, faults: Faults.scripted([{ fault: Faults.error(503), times: 99 }]) }
    const error = await run(Effect.flip(withOptions(again, { deadline: "2 seconds" })), failing)
    assert.deepInclude(error, { _tag: "RequestTimeoutError", attempts: 0, endedByDeadline: true })
    assert.isFalse(error.isRetryable)
    assert.include(error.message, `list ${checkpoint}: not sent: the deadline had passed`)
  })

  test("around it starts with a new deadline, since the error of an attempt keeps its value", async () => {
    const cut = withOptions(list, { deadline: "500 millis" })
    const retried = Effect.retry(cut, { times: 2, while: (error) => error.isRetryable })
    const [error, took] = await run(Effect.zip(Effect.flip(retried), Clock.currentTimeMillis), slow, {
      retry: RetryPolicy.standard
    })
    assert.deepInclude(error, { _tag: "RequestTimeoutError", attempts: 1, endedByDeadline: true })
    assert.isTrue(error.isRetryable)
    assert.strictEqual(took, 1500)
  })
})
