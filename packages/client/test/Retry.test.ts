import { type CheckpointPermissions, RetryPolicy } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Either, Random, Schedule, ScheduleDecision, ScheduleInterval } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import {
  checkpoint,
  collect,
  onFake,
  permission,
  permissions,
  project,
  projects,
  seeded,
  server
} from "./support/setup.ts"
import { drive, timed } from "./support/time.ts"
import { type Answer, onWire } from "./support/wire.ts"

/** A `Random` whose every draw is in the middle, so that a jittered delay is as long as it is meant. */
const middle = Effect.withRandom(Random.fixed([0.5]))

/** The service on a wire, and when each request was sent. */
const timedWire = (answers: (n: number) => Answer, options: Partial<CheckpointPermissions.Options> = {}) => {
  const sent: Array<number> = []
  const { layer } = onWire(
    ({ n }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        sent.push(now)
        return answers(n)
      }),
    options
  )
  return { sent, layer }
}

const limited: Answer = { status: 429 }

const list = Effect.flatMap(permissions, (service) => service.list(checkpoint))
const create = Effect.flatMap(permissions, (service) => service.create(checkpoint, [project("a")]))

describe("the default budget", () => {
  test("for failures that pass: six attempts, 0.5, 1, 2, 4 and 8 seconds apart", function* () {
    const { layer, sent } = timedWire(() => ({ status: 503 }))
    const error = yield* drive(Effect.flip(Effect.provide(list, layer))).pipe(middle)
    assert.deepStrictEqual(sent, [0, 500, 1500, 3500, 7500, 15_500])
    assert.deepInclude({ ...error }, { attempts: 6, waited: Duration.millis(15_500) })
  })

  test("for 429s without headers: 1, 2, 4, … 60 seconds apart until ten minutes would be passed", function* () {
    const { layer, sent } = timedWire(() => limited)
    const [error, took] = yield* drive(timed(Effect.flip(Effect.provide(create, layer)))).pipe(middle)
    assert.deepStrictEqual(sent.slice(0, 9), [0, 1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000, 183_000])
    assert.deepStrictEqual([took, error.attempts, sent.length], [543_000, 15, 15])
  })

  it.effect.each([
    ["shortest", 0, [800, 1600, 3200, 6400, 12_800, 25_600, 48_000, 48_000]],
    ["longest", 1 - 1e-12, [1200, 2400, 4800, 9600, 19_200, 38_400, 72_000, 72_000]]
  ] as const)("for 429s: the %s delays with jitter", ([, draw, delays]) =>
    Effect.gen(function* () {
      const { layer, sent } = timedWire(() => limited)
      yield* drive(Effect.flip(Effect.provide(list, layer))).pipe(Effect.withRandom(Random.fixed([draw])))
      const apart = sent.slice(1, 9).map((at, index) => Math.round(at - (sent[index] ?? 0)))
      assert.deepStrictEqual(apart, [...delays])
    })
  )
})

describe("a policy", () => {
  test("is any schedule over the error", function* () {
    const seen: Array<string> = []
    const schedule = Schedule.recurs(3).pipe(
      Schedule.tapInput((error: PermissionsError.PermissionsError) =>
        Effect.sync(() => seen.push(`${error._tag} ${error.attempts}`))
      ),
      Schedule.addDelay((n) => Duration.seconds(n + 1))
    )
    const { layer, sent } = timedWire((n) => (n === 1 ? limited : { status: 503 }), {
      retry: RetryPolicy.make({ schedule })
    })
    yield* drive(Effect.flip(Effect.provide(list, layer)))
    assert.deepStrictEqual(sent, [0, 1000, 3000, 6000])
    assert.deepStrictEqual(seen, ["ServerError 1", "RateLimitError 2", "ServerError 3", "ServerError 4"])
  })

  type Policy = Schedule.Schedule<unknown, PermissionsError.PermissionsError>
  const atMost = (times: number) => Schedule.intersect(Schedule.recurs(times))

  it.effect.each<readonly [what: string, Policy]>([
    ["recurs", Schedule.recurs(3)],
    ["fixed, whose interval counts the attempt", Schedule.fixed("1 second").pipe(atMost(4))],
    ["windowed", Schedule.windowed("1 second").pipe(atMost(4))],
    ["fibonacci for a time", Schedule.fibonacci("500 millis").pipe(Schedule.upTo("20 seconds"))],
    ["one after the other", Schedule.recurs(2).pipe(Schedule.andThen(Schedule.spaced("3 seconds").pipe(atMost(2))))],
    [
      "the shorter of two",
      Schedule.exponential("1 second").pipe(Schedule.union(Schedule.spaced("3 seconds")), atMost(5))
    ],
    ["reset", Schedule.exponential("1 second").pipe(Schedule.resetAfter("4 seconds"), atMost(6))],
    [
      "while the error allows",
      Schedule.spaced("1 second").pipe(Schedule.whileInput(({ attempts = 0 }) => attempts < 4))
    ],
    [
      "from times that have passed",
      Schedule.makeWithState(0, (now, _: unknown, n: number) => {
        const decision =
          n < 3 ? ScheduleDecision.continueWith(ScheduleInterval.after(now - 5000)) : ScheduleDecision.done
        return Effect.succeed([n + 1, n, decision])
      })
    ]
  ])("repeats at the same times as Effect.retry: %s", ([, schedule]) =>
    Effect.gen(function* () {
      const attempt = (sent: Array<number>) =>
        Effect.map(Effect.delay(Clock.currentTimeMillis, "300 millis"), (now) => sent.push(now))
      const retried: Array<number> = []
      const plain = Effect.flatMap(attempt(retried), (attempts) =>
        Effect.fail(new PermissionsError.ServerError({ operation: "list", attempts }))
      )
      const start = yield* Clock.currentTimeMillis
      yield* drive(Effect.flip(Effect.retry(plain, schedule)))
      const sent: Array<number> = []
      const failing = Effect.as(attempt(sent), { status: 500 })
      const { layer } = onWire(() => failing, { retry: RetryPolicy.make({ schedule }) })
      const offset = (yield* Clock.currentTimeMillis) - start
      yield* drive(Effect.flip(Effect.provide(list, layer)))
      assert.isAbove(sent.length, 3)
      assert.deepStrictEqual(
        sent,
        retried.map((at) => at + offset)
      )
    })
  )

  test("by error is one schedule for 429s, another for the rest", function* () {
    const schedule = RetryPolicy.byError({ rateLimited: Schedule.spaced("1 minute"), otherwise: Schedule.recurs(1) })
    const { layer, sent } = timedWire((n) => (n < 3 ? limited : { status: 500 }), {
      retry: RetryPolicy.make({ schedule })
    })
    yield* drive(Effect.flip(Effect.provide(list, layer)))
    assert.deepStrictEqual(sent, [0, 60_000, 120_000, 180_000, 180_000])
  })
})

it.effect("two more attempts, and a read after an unconfirmed create, survive the faults of Faults.random", () =>
  Effect.forEach(
    Array.from({ length: 8 }, (_, seed) => seed),
    (seed) =>
      Effect.gen(function* () {
        const service = yield* permissions
        const all = collect(service.stream(checkpoint, { limit: 3, order: "ascending" }))
        assert.deepStrictEqual(
          (yield* all).map((one) => one.project_id),
          projects(8),
          `seed ${seed}`
        )
        yield* service.delete(checkpoint, permission("cp_000000000000000000000001"))
        const wanted = project("new")
        for (;;) {
          const created = yield* Effect.either(service.create(checkpoint, [wanted]))
          if (Either.isLeft(created)) assert.isTrue(created.left.mayHaveExecuted, created.left.message)
          if ((yield* all).some((one) => one.project_id === wanted)) break
        }
        assert.deepStrictEqual(yield* (yield* server).projects(checkpoint), [...projects(8).slice(1), wanted])
      }).pipe(
        Effect.provide(
          onFake({
            retry: RetryPolicy.make({ schedule: Schedule.recurs(2) }),
            timeout: "2 minutes",
            fake: { ...seeded(8), faults: Faults.random({ seed, probability: 1 }) }
          })
        ),
        VirtualClock.run
      )
  )
)
