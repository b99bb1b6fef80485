import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import type { PermissionsError } from "@checkpoint-permissions/core"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Random, Redacted, Ref, Schedule } from "effect"
import { pacingOf, scripted } from "./support/paces.ts"
import { checkpoint, collect, key, permission, permissions, project } from "./support/setup.ts"
import { drive, timed } from "./support/time.ts"
import { type Answer, coded, pageOf, wire } from "./support/wire.ts"

/** A `Random` whose every draw is in the middle, so that a jittered delay is as long as it is meant. */
const middle = Effect.withRandom(Random.fixed([0.5]))

const onWire = (
  answers: (n: number) => Answer | Effect.Effect<Answer>,
  options: Partial<CheckpointPermissions.Options> = {}
) => {
  const sent: Array<number> = []
  const { layer, requests } = wire(({ n }) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      sent.push(now)
      const answer = answers(n)
      return Effect.isEffect(answer) ? answer : Effect.succeed(answer)
    })
  )
  return {
    requests,
    /** When each request was sent. */
    sent,
    layer: CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing: Pacing.none, ...options }).pipe(
      Layer.provide(layer)
    )
  }
}

const limited = (headers: Record<string, string> = {}): Answer => ({ status: 429, headers })
const fine: Answer = { body: pageOf(["cp_1"]) }

const list = Effect.flatMap(permissions, (service) => service.list(checkpoint))
const create = Effect.flatMap(permissions, (service) => service.create(checkpoint, [project("a")]))
const remove = Effect.flatMap(permissions, (service) => service.delete(checkpoint, permission("cp_1")))

describe("the default budget", () => {
  it.effect("for failures that pass: six attempts, 0.5, 1, 2, 4 and 8 seconds apart", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => ({ status: 503 }))
      const [error, took] = yield* drive(timed(Effect.flip(Effect.provide(list, layer)))).pipe(middle)
      assert.deepStrictEqual(sent, [0, 500, 1500, 3500, 7500, 15_500])
      assert.strictEqual(took, 15_500)
      assert.strictEqual(error.attempts, 6)
      assert.deepStrictEqual(error.waited, Duration.millis(15_500))
    })
  )

  it.effect("for 429s without headers: 1, 2, 4, … 60 seconds apart until ten minutes would be passed", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => limited())
      const [error, took] = yield* drive(timed(Effect.flip(Effect.provide(create, layer)))).pipe(middle)
      assert.deepStrictEqual(sent.slice(0, 9), [0, 1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000, 183_000])
      assert.isAbove(sent.at(6) ?? 0, 60_000)
      assert.strictEqual(took, 543_000)
      assert.isAtMost(took, 600_000)
      assert.isAbove(took + 60_000, 600_000)
      assert.strictEqual(error.attempts, sent.length)
      assert.strictEqual(sent.length, 15)
    })
  )

  it.effect("varies each delay by a fifth at most", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => ({ status: 500 }))
      for (let run = 0; run < 10; run++) yield* drive(Effect.flip(Effect.provide(list, layer)))
      for (let run = 0; run < 10; run++) {
        for (const [i, base] of [500, 1000, 2000, 4000, 8000].entries()) {
          const delay = (sent[run * 6 + i + 1] ?? 0) - (sent[run * 6 + i] ?? 0)
          assert.isAtLeast(delay, base * 0.8)
          assert.isAtMost(delay, base * 1.2)
        }
      }
      assert.strictEqual(sent.length, 60)
    })
  )

  it.effect("counts 429s and failures apart", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire((n) => (n < 8 ? limited() : n < 13 ? { status: 500 } : fine))
      yield* drive(Effect.provide(list, layer)).pipe(middle)
      assert.strictEqual(sent.length, 14)
      assert.deepStrictEqual(
        sent.slice(8).map((at, i) => at - (sent[7 + i] ?? 0)),
        [60_000, 500, 1000, 2000, 4000, 8000]
      )
    })
  )
})

describe("the cap", () => {
  it.effect("is ten minutes unless it is given", () =>
    Effect.sync(() => {
      assert.deepStrictEqual(RetryPolicy.standard.cap, Duration.minutes(10))
      assert.deepStrictEqual(RetryPolicy.make({ schedule: Schedule.stop }).cap, Duration.minutes(10))
      assert.deepStrictEqual(RetryPolicy.make({ schedule: Schedule.stop, cap: "1 hour" }).cap, Duration.hours(1))
    })
  )
})

describe("waiting for the pace", () => {
  /** Every turn takes a minute. */
  const withTurns = Effect.gen(function* () {
    const log = yield* Ref.make<ReadonlyArray<string>>([])
    const note = (line: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Ref.update(log, (lines) => [...lines, `${now} ${line}`]))
    const pace = scripted({
      wait: "1 minute",
      onTurn: () => note("turn"),
      onLeave: (outcome) => note(outcome?.status ?? "unknown")
    })
    return { log, pacing: pacingOf(() => Effect.succeed(pace)) }
  })

  it.effect("is told what became of each request, once", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<readonly [Answer | Effect.Effect<Answer>, string]> = [
        [limited(), "limited"],
        [{ status: 503 }, "accepted"],
        [{ drop: coded("ECONNRESET") }, "unknown"],
        [Effect.never, "unknown"],
        [{ body: pageOf([]), cut: coded("ECONNRESET") }, "accepted"],
        [{ status: 400, headers: { "x-should-retry": "true" } }, "accepted"],
        [{ status: 429, body: { error: { type: "insufficient_quota" } } }, "accepted"]
      ]
      const { log, pacing } = yield* withTurns
      const { layer } = onWire((n) => answers[n]?.[0] ?? fine, {
        pacing,
        timeout: "5 seconds",
        retry: RetryPolicy.make({ schedule: Schedule.spaced("1 second") })
      })
      yield* drive(Effect.flip(Effect.provide(list, layer)))
      const told = (yield* log).map((line) => line.split(" ")[1])
      assert.deepStrictEqual(
        told,
        answers.flatMap(([, outcome]) => ["turn", outcome])
      )
    })
  )

  it.effect("is told of the wait and the limits that a 429 names", () =>
    Effect.gen(function* () {
      const told: Array<unknown> = []
      const pace = scripted({ onLeave: (outcome) => Effect.sync(() => told.push(outcome)) })
      const pacing = pacingOf(() => Effect.succeed(pace))
      const { layer } = onWire(
        () =>
          limited({
            "retry-after": "2",
            "x-ratelimit-limit-requests": "10",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "6m1.5s"
          }),
        { pacing, retry: RetryPolicy.none }
      )
      yield* Effect.flip(Effect.provide(list, layer))
      assert.deepStrictEqual(told, [{ status: "limited", retryAfter: 2000, limit: 10, remaining: 0, reset: 361_500 }])
    })
  )

  it.effect("each operation has a pace of its own", () =>
    Effect.gen(function* () {
      const made = yield* Ref.make<ReadonlyArray<string>>([])
      const pacing = pacingOf((operation) =>
        Effect.as(
          Ref.update(made, (all) => [...all, operation]),
          scripted({})
        )
      )
      yield* Effect.provide(list, onWire(() => fine, { pacing }).layer)
      assert.deepStrictEqual(yield* made, ["list", "create", "delete"])
    })
  )
})

describe("a policy", () => {
  const requestsOf = (
    effect: Effect.Effect<unknown, unknown, CheckpointPermissions.CheckpointPermissions>,
    retry?: RetryPolicy.RetryPolicy
  ) =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => ({ status: 500 }), { retry })
      yield* drive(Effect.flip(Effect.provide(effect, layer)))
      return sent.length
    })
  const times = (n: number) => RetryPolicy.make({ schedule: Schedule.recurs(n) })
  const stream = Effect.flatMap(permissions, (service) => collect(service.stream(checkpoint)))

  it.effect("none: everything is tried once", () =>
    Effect.gen(function* () {
      for (const effect of [list, create, remove, stream]) {
        assert.strictEqual(yield* requestsOf(effect, RetryPolicy.none), 1)
        assert.strictEqual(
          yield* requestsOf(RetryPolicy.withRetryPolicy(effect as typeof list, RetryPolicy.none), times(5)),
          1
        )
      }
    })
  )

  it.effect("around an effect wins over the service's", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* requestsOf(list, times(1)), 2)
      assert.strictEqual(yield* requestsOf(list.pipe(RetryPolicy.withRetryPolicy(times(3))), times(1)), 4)
      assert.strictEqual(yield* requestsOf(list.pipe(RetryPolicy.withRetryPolicy(times(3)))), 4)
    })
  )

  it.effect("the nearest wins", () =>
    Effect.gen(function* () {
      const nested = list.pipe(RetryPolicy.withRetryPolicy(times(2)), RetryPolicy.withRetryPolicy(times(7)))
      assert.strictEqual(yield* requestsOf(nested, times(4)), 3)
      const twice = Effect.zipRight(Effect.ignore(list.pipe(RetryPolicy.withRetryPolicy(times(2)))), list)
      assert.strictEqual(yield* requestsOf(twice.pipe(RetryPolicy.withRetryPolicy(times(4)))), 3 + 5)
    })
  )

  it.effect("around a stream holds for its pages, with and without prefetch", () =>
    Effect.gen(function* () {
      for (const prefetch of [false, true]) {
        const { layer, sent } = onWire(() => ({ status: 500 }), { prefetch, retry: times(6) })
        yield* drive(
          Effect.flatMap(permissions, (service) =>
            service
              .stream(checkpoint)
              .pipe(RetryPolicy.withRetryPolicy(times(2)), RetryPolicy.withRetryPolicy(times(4)), collect)
          ).pipe(Effect.provide(layer), Effect.flip, RetryPolicy.withRetryPolicy(times(5)))
        )
        assert.strictEqual(sent.length, 3)
      }
    })
  )

  it.effect("around what runs a stream holds for it, too", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* requestsOf(stream.pipe(RetryPolicy.withRetryPolicy(times(2))), times(6)), 3)
    })
  )

  it.effect("is followed in fibers that are forked within", () =>
    Effect.gen(function* () {
      const forked = Effect.all([list, list], { concurrency: 2, mode: "either" }).pipe(Effect.zipRight(list))
      assert.strictEqual(yield* requestsOf(forked.pipe(RetryPolicy.withRetryPolicy(times(1)))), 6)
    })
  )

  it.effect("is any schedule, told the error", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const schedule = Schedule.recurs(4).pipe(
        Schedule.tapInput((error: PermissionsError.PermissionsError) =>
          Effect.sync(() => seen.push(`${error._tag} ${error.attempts}`))
        ),
        Schedule.addDelay((n) => Duration.seconds(n + 1))
      )
      const { layer, sent } = onWire((n) => (n === 1 ? limited() : { status: 503 }), {
        retry: RetryPolicy.make({ schedule })
      })
      yield* drive(Effect.flip(Effect.provide(list, layer)))
      assert.deepStrictEqual(sent, [0, 1000, 3000, 6000, 10_000])
      assert.deepStrictEqual(seen, [
        "ServerError 1",
        "RateLimitError 2",
        "ServerError 3",
        "ServerError 4",
        "ServerError 5"
      ])
    })
  )

  it.effect("by error: one schedule for 429s, another for the rest", () =>
    Effect.gen(function* () {
      const schedule = RetryPolicy.byError({ rateLimited: Schedule.spaced("1 minute"), otherwise: Schedule.recurs(1) })
      const { layer, sent } = onWire((n) => (n < 3 ? limited() : { status: 500 }), {
        retry: RetryPolicy.make({ schedule })
      })
      yield* drive(Effect.flip(Effect.provide(list, layer)))
      assert.deepStrictEqual(sent, [0, 60_000, 120_000, 180_000, 180_000])
    })
  )

  it.effect("that dies ends the operation", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => ({ status: 500 }), {
        retry: RetryPolicy.make({ schedule: Schedule.recurs(3).pipe(Schedule.whileInput(() => false)) })
      })
      yield* drive(Effect.flip(Effect.provide(list, layer)))
      assert.strictEqual(sent.length, 1)
    })
  )
})
