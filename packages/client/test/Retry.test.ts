import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import type { PermissionsError } from "@checkpoint-permissions/core"
import { Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, FastCheck as fc, Layer, Random, Redacted, Ref, Schedule, TestClock } from "effect"
import { pacingOf, scripted } from "./support/paces.ts"
import { checkpoint, collect, key, onFake, permission, permissions, project, seeded, server } from "./support/setup.ts"
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
const deleted: Answer = { body: { id: "cp_1", object: "checkpoint.permission", deleted: true } }
const gone: Answer = { status: 404, body: { error: { message: "No such permission." } } }

const list = Effect.flatMap(permissions, (service) => service.list(checkpoint))
const create = Effect.flatMap(permissions, (service) => service.create(checkpoint, [project("a")]))
const remove = Effect.flatMap(permissions, (service) => service.delete(checkpoint, permission("cp_1")))

describe("Retry-After", () => {
  const now = Date.parse("2026-11-24T12:00:00Z")
  const at = (seconds: number) => new Date(now + seconds * 1000).toUTCString()
  /** No delay of its own. */
  const eager = RetryPolicy.make({ schedule: Schedule.recurs(1), cap: "2 hours" })

  const rows: ReadonlyArray<readonly [what: string, headers: Record<string, string>, wait: number | undefined]> = [
    ["no header", {}, undefined],
    ["0", { "retry-after": "0" }, 0],
    ["seconds", { "retry-after": "61" }, 61_000],
    ["an hour", { "retry-after": "3600" }, 3_600_000],
    ["fractional seconds", { "retry-after": "0.25" }, 250],
    ["a fraction of a millisecond, rounded up", { "retry-after": "1.0001" }, 1001],
    ["without a digit before the point", { "retry-after": ".5" }, 500],
    ["white space around it", { "retry-after": " 7 " }, 7000],
    ["milliseconds", { "retry-after-ms": "1234" }, 1234],
    ["fractional milliseconds, rounded up", { "retry-after-ms": "0.5" }, 1],
    ["an HTTP date", { "retry-after": at(90) }, 90_000],
    ["an RFC 850 date", { "retry-after": "Tuesday, 24-Nov-26 12:01:30 GMT" }, 90_000],
    ["an asctime date", { "retry-after": "Tue Nov 24 12:01:30 2026" }, 90_000],
    ["a date in the past", { "retry-after": at(-90) }, 0],
    ["a date by a server whose clock is behind", { "retry-after": at(-50), date: at(-60) }, 10_000],
    ["a date by a server whose clock is ahead", { "retry-after": at(70), date: at(60) }, 70_000],
    ["both, the seconds longer", { "retry-after": "5", "retry-after-ms": "100" }, 5000],
    ["both, the milliseconds longer", { "retry-after": "1", "retry-after-ms": "4000" }, 4000],
    ["one of both garbage", { "retry-after": "soon", "retry-after-ms": "4000" }, 4000],
    ["garbage", { "retry-after": "soon" }, undefined],
    ["nothing", { "retry-after": "" }, undefined],
    ["a negative number", { "retry-after": "-5" }, undefined],
    ["an exponent", { "retry-after": "1e3" }, undefined],
    ["a hexadecimal number", { "retry-after": "0x10" }, undefined],
    ["infinity", { "retry-after": "Infinity" }, undefined],
    ["a word and a number", { "retry-after": "5 seconds" }, undefined],
    ["two values", { "retry-after": "5, 10" }, undefined]
  ]

  for (const [what, headers, wait] of rows) {
    for (const [name, operation] of [
      ["list", list],
      ["create", create]
    ] as const) {
      it.effect(`${what}: ${name} waits ${wait ?? 0} ms`, () =>
        Effect.gen(function* () {
          yield* TestClock.setTime(now)
          const { layer, sent } = onWire((n) => (n === 0 ? limited(headers) : fine), { retry: eager })
          yield* drive(Effect.provide(operation, layer))
          assert.deepStrictEqual(sent, [now, now + (wait ?? 0)])
        })
      )
    }

    it.effect(`${what}: the error says ${wait === undefined ? "nothing" : `${wait} ms`}`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now)
        const { layer } = onWire(() => limited(headers), { retry: RetryPolicy.none })
        const error = yield* Effect.flip(Effect.provide(list, layer))
        assert.deepStrictEqual(error.retryAfter, wait === undefined ? undefined : Duration.millis(wait))
      })
    )
  }

  it.effect("is kept by other refusals than 429, too", () =>
    Effect.gen(function* () {
      for (const status of [408, 500, 503]) {
        const { layer, sent } = onWire((n) => (n === 0 ? { status, headers: { "retry-after": "33" } } : fine), {
          retry: eager
        })
        yield* drive(Effect.provide(list, layer))
        assert.strictEqual((sent[1] ?? 0) - (sent[0] ?? 0), 33_000)
      }
    })
  )

  it.effect("is not shortened to fit the cap: it fails at once instead", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => limited({ "retry-after": "3600" }))
      const [error, took] = yield* drive(timed(Effect.flip(Effect.provide(list, layer))))
      assert.strictEqual(error._tag, "RateLimitError")
      assert.deepStrictEqual(error.retryAfter, Duration.hours(1))
      assert.strictEqual(took, 0)
      assert.strictEqual(sent.length, 1)
    })
  )

  it.effect.prop(
    "is never shortened",
    {
      seconds: fc.integer({ min: 0, max: 500 }),
      form: fc.constantFrom("seconds", "millis", "date"),
      own: fc.integer({ min: 0, max: 90_000 })
    },
    ({ form, own, seconds }) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now)
        const headers: Record<string, string> =
          form === "seconds"
            ? { "retry-after": String(seconds) }
            : form === "millis"
              ? { "retry-after-ms": String(seconds * 1000) }
              : { "retry-after": at(seconds) }
        const { layer, sent } = onWire((n) => (n === 0 ? limited(headers) : fine), {
          retry: RetryPolicy.make({ schedule: Schedule.spaced(own) })
        })
        yield* drive(Effect.provide(list, layer))
        assert.strictEqual((sent[1] ?? 0) - (sent[0] ?? 0), Math.max(own, seconds * 1000))
      }),
    { fastCheck: { numRuns: 40 } }
  )
})

describe("x-should-retry", () => {
  const policy = RetryPolicy.make({ schedule: Schedule.recurs(3) })
  const count = (
    operation: Effect.Effect<unknown, PermissionsError.PermissionsError, CheckpointPermissions.CheckpointPermissions>,
    answer: Answer
  ) =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => answer, { retry: policy })
      yield* drive(Effect.flip(Effect.provide(operation, layer)))
      return sent.length
    })
  const says = (status: number, should: string, body?: unknown): Answer => ({
    status,
    headers: { "x-should-retry": should },
    body
  })

  it.effect("true: what would not be tried again is, unless it is a create", () =>
    Effect.gen(function* () {
      for (const status of [400, 401, 403, 404, 409, 422, 500]) {
        assert.strictEqual(yield* count(list, says(status, "true")), 4)
        assert.strictEqual(yield* count(remove, says(status, "true")), 4)
        assert.strictEqual(yield* count(create, says(status, "true")), 1)
      }
    })
  )

  it.effect("true: a create is never made unsafe by it", () =>
    Effect.gen(function* () {
      for (const status of [200, 204, 302, 408, 409, 500, 502, 503, 504, 520, 527]) {
        assert.strictEqual(yield* count(create, says(status, "true")), 1)
      }
    })
  )

  it.effect("true: quota is not revived", () =>
    Effect.gen(function* () {
      for (const operation of [list, create, remove]) {
        assert.strictEqual(yield* count(operation, says(429, "true", { error: { code: "insufficient_quota" } })), 1)
        assert.strictEqual(yield* count(operation, says(429, "true", { error: { type: "insufficient_quota" } })), 1)
      }
    })
  )

  it.effect("false: nothing is tried again", () =>
    Effect.gen(function* () {
      for (const status of [408, 409, 429, 500, 503, 520]) {
        for (const operation of [list, create, remove])
          assert.strictEqual(yield* count(operation, says(status, "false")), 1)
      }
    })
  )
})

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

  it.effect("outlasts ten calls a minute, told nothing", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const page = yield* drive(Effect.forEach(Array.from({ length: 25 }), () => service.list(checkpoint)))
      assert.strictEqual(page.length, 25)
    }).pipe(Effect.provide(onFake({ fake: { behavior: { rate: { requests: 10, per: "1 minute" } } } })))
  )

  it.effect("is anew for each operation, and for each page", () =>
    Effect.gen(function* () {
      const fake = yield* server
      yield* fake.inject(Faults.error(500), { times: 5 })
      const service = yield* permissions
      const drained = collect(service.stream(checkpoint, { limit: 2 }).pipe((stream) => stream))
      yield* drive(service.list(checkpoint))
      yield* fake.inject(Faults.error(500), { times: 5 })
      assert.strictEqual((yield* drive(drained)).length, 4)
    }).pipe(Effect.provide(onFake({ fake: seeded(4) })))
  )
})

describe("the cap", () => {
  const capped = (
    cap: Duration.DurationInput,
    schedule: Schedule.Schedule<unknown, PermissionsError.PermissionsError>
  ) => RetryPolicy.make({ schedule, cap })

  it.effect("a delay that would pass it is not begun: it fails at once, with the last error", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire((n) => ({ status: 500 + n }), {
        retry: capped("10 seconds", Schedule.spaced("4 seconds"))
      })
      const [error, took] = yield* drive(timed(Effect.flip(Effect.provide(list, layer))))
      assert.deepStrictEqual(sent, [0, 4000, 8000])
      assert.strictEqual(took, 8000)
      assert.strictEqual(error.status, 502)
    })
  )

  it.effect("may be reached to the millisecond", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => ({ status: 500 }), {
        retry: capped("8 seconds", Schedule.spaced("4 seconds"))
      })
      yield* drive(Effect.flip(Effect.provide(list, layer)))
      assert.deepStrictEqual(sent, [0, 4000, 8000])
    })
  )

  it.effect("counts the attempts, too", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => Effect.delay(Effect.succeed({ status: 500 }), "5 seconds"), {
        retry: capped(11_500, Schedule.spaced("1 second"))
      })
      const [, took] = yield* drive(timed(Effect.flip(Effect.provide(list, layer))))
      assert.deepStrictEqual(sent, [0, 6000])
      assert.strictEqual(took, 11_000)
    })
  )

  it.effect("is ten minutes unless it is given", () =>
    Effect.sync(() => {
      assert.deepStrictEqual(RetryPolicy.standard.cap, Duration.minutes(10))
      assert.deepStrictEqual(RetryPolicy.make({ schedule: Schedule.stop }).cap, Duration.minutes(10))
      assert.deepStrictEqual(capped("1 hour", Schedule.stop).cap, Duration.hours(1))
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

  it.effect("counts against neither the timeout nor the cap", () =>
    Effect.gen(function* () {
      const { log, pacing } = yield* withTurns
      const { layer, sent } = onWire((n) => (n < 4 ? { status: 500 } : fine), {
        pacing,
        timeout: "5 seconds",
        retry: RetryPolicy.make({ schedule: Schedule.spaced("1 second"), cap: "4 seconds" })
      })
      yield* drive(Effect.provide(list, layer))
      assert.deepStrictEqual(sent, [60_000, 121_000, 182_000, 243_000, 304_000])
      assert.deepStrictEqual(
        yield* log,
        [60, 121, 182, 243, 304].flatMap((at) => [`${at * 1000} turn`, `${at * 1000} accepted`])
      )
    })
  )

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

  it.effect("an attempt times out by itself, however long its turn took to come", () =>
    Effect.gen(function* () {
      const { pacing } = yield* withTurns
      const { layer } = onWire(() => Effect.never, { pacing, timeout: "5 seconds", retry: RetryPolicy.none })
      const [error, took] = yield* drive(timed(Effect.flip(Effect.provide(list, layer))))
      assert.strictEqual(error._tag, "RequestTimeoutError")
      assert.strictEqual(took, 65_000)
      assert.deepStrictEqual(error.waited, Duration.seconds(5))
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

describe("a create is sent again only when certainly nothing was done", () => {
  /** Faults after which the server has, or may have, done the work. */
  const doubtful = [
    Faults.dropAfter(),
    Faults.dropBefore("ECONNRESET"),
    Faults.dropBefore("ETIMEDOUT"),
    Faults.dropBefore("EPIPE"),
    Faults.lateWork("5 seconds"),
    Faults.lateWork("5 seconds", "drop"),
    Faults.lateWork("1 hour", "wait"),
    Faults.lateWork("5 seconds", "gateway-timeout"),
    Faults.latency({ before: "1 hour" }),
    Faults.latency({ after: "1 hour" }),
    Faults.truncatedBody(),
    Faults.truncatedBody({ then: "end" }),
    Faults.truncatedBody({ share: 0, then: "end" }),
    Faults.html(200, { worked: true }),
    Faults.html(502, { worked: true }),
    Faults.html(503),
    Faults.error(500, { worked: true }),
    Faults.error(409, { worked: true }),
    Faults.error(408, { worked: true }),
    Faults.error(500, { worked: true, headers: { "x-should-retry": "true", "retry-after": "1" } }),
    Faults.reply(204, { worked: true }),
    Faults.reply(200, { body: {}, worked: true }),
    Faults.redirect("https://api.openai.com/v1/elsewhere"),
    Faults.endless({ every: "5 seconds" }),
    Faults.endless({ chunk: 0 }),
    Faults.huge(),
    Faults.huge({ status: 200, bytes: 100_000 }),
    Faults.falseGzip
  ]
  /** Faults after which it certainly has not. */
  const certain = [
    Faults.rateLimited(),
    Faults.rateLimited({ "retry-after": "7" }),
    Faults.dropBefore(),
    Faults.dropBefore("ENOTFOUND")
  ]
  const policies = [
    RetryPolicy.standard,
    RetryPolicy.none,
    RetryPolicy.make({
      schedule: Schedule.spaced("1 second").pipe(Schedule.intersect(Schedule.recurs(20))),
      cap: "1 day"
    }),
    RetryPolicy.make({ schedule: Schedule.recurs(20), cap: "1 day" })
  ]

  for (const [n, fault] of doubtful.entries()) {
    it.effect(`${n} ${fault._tag}: once, under every policy`, () =>
      Effect.gen(function* () {
        for (const retry of policies) {
          yield* VirtualClock.run(
            Effect.gen(function* () {
              const fake = yield* server
              yield* fake.inject([Faults.rateLimited(), fault], { operation: "create" })
              const service = yield* permissions
              const outcome = yield* Effect.either(service.create(checkpoint, [project("a")]))
              yield* Effect.sleep("2 hours")
              const requests = yield* fake.requests
              const unsure = requests.filter(({ fault }) => fault?._tag !== "Reply" || fault.status !== 429)
              assert.isAtMost(unsure.length, 1)
              assert.isAtMost((yield* fake.projects(checkpoint)).length, 1)
              if (outcome._tag === "Left" && unsure.length === 1 && outcome.left._tag !== "ConflictError")
                assert.isTrue(outcome.left.mayHaveExecuted)
            }).pipe(Effect.provide(onFake({ retry, fake: { behavior: { regrant: "second" } } })))
          )
        }
      })
    )
  }

  it.effect("and is, then, until the policy ends", () =>
    Effect.gen(function* () {
      for (const fault of certain) {
        yield* VirtualClock.run(
          Effect.gen(function* () {
            const fake = yield* server
            yield* fake.inject(fault, { operation: "create", times: 4 })
            yield* (yield* permissions).create(checkpoint, [project("a")])
            assert.strictEqual((yield* fake.requests).length, 5)
            assert.deepStrictEqual(yield* fake.projects(checkpoint), ["proj_a"])
          }).pipe(Effect.provide(onFake({ fake: { behavior: { regrant: "second" } } })))
        )
      }
    })
  )

  it.effect.prop(
    "under any faults: at most one of its requests may have been carried out",
    {
      faults: fc.array(fc.constantFrom(...doubtful, ...certain, ...certain, ...certain), { maxLength: 8 }),
      retry: fc.constantFrom(...policies)
    },
    ({ faults, retry }) =>
      VirtualClock.run(
        Effect.gen(function* () {
          const fake = yield* server
          yield* fake.inject(faults, { operation: "create" })
          const outcome = yield* Effect.either((yield* permissions).create(checkpoint, [project("a")]))
          yield* Effect.sleep("2 hours")
          const requests = yield* fake.requests
          const unsure = requests.filter(
            ({ fault }) =>
              fault === undefined ||
              !certain.some((one) => one._tag === fault._tag && JSON.stringify(one) === JSON.stringify(fault))
          )
          assert.isAtMost(unsure.length, 1)
          const granted = yield* fake.projects(checkpoint)
          assert.isAtMost(granted.length, 1)
          if (outcome._tag === "Right") assert.strictEqual(granted.length, 1)
          // Whoever is told that nothing happened can rely on it. A refusal that worked all the same is a lie of the server's.
          if (outcome._tag === "Left" && !outcome.left.mayHaveExecuted && outcome.left._tag !== "ConflictError")
            assert.strictEqual(granted.length, 0)
        }).pipe(Effect.provide(onFake({ retry, fake: { behavior: { regrant: "second" } } })))
      ),
    { fastCheck: { numRuns: 60 } }
  )
})

describe("a delete", () => {
  it.effect("that finds nothing after its reply was lost has worked", () =>
    Effect.gen(function* () {
      for (const lost of [
        { drop: coded("ECONNRESET") },
        { status: 500 },
        { status: 504 },
        { status: 408 },
        Effect.never,
        { body: {}, cut: coded("ECONNRESET") }
      ]) {
        const { layer, sent } = onWire((n) => (n === 0 ? lost : gone))
        const reply = yield* drive(Effect.provide(remove, layer))
        assert.deepStrictEqual(reply, { id: permission("cp_1"), object: "checkpoint.permission", deleted: true })
        assert.strictEqual(sent.length, 2)
      }
    })
  )

  it.effect("so it has when the server says `deleted: false` then", () =>
    Effect.gen(function* () {
      const { layer } = onWire((n) =>
        n === 0
          ? { drop: coded("ECONNRESET") }
          : { body: { id: "cp_1", object: "checkpoint.permission", deleted: false } }
      )
      assert.isTrue((yield* drive(Effect.provide(remove, layer))).deleted)
    })
  )

  it.effect("that finds nothing at first is NotFoundError", () =>
    Effect.gen(function* () {
      const { layer, sent } = onWire(() => gone)
      const error = yield* Effect.flip(Effect.provide(remove, layer))
      assert.strictEqual(error._tag, "NotFoundError")
      assert.isFalse(error.mayHaveExecuted)
      assert.strictEqual(sent.length, 1)
    })
  )

  it.effect("that finds nothing after attempts that certainly did nothing is NotFoundError", () =>
    Effect.gen(function* () {
      for (const nothing of [limited(), { drop: coded("ECONNREFUSED") }, { status: 409 }]) {
        const { layer, sent } = onWire((n) => (n < 2 ? nothing : gone))
        const error = yield* drive(Effect.flip(Effect.provide(remove, layer)))
        assert.strictEqual(error._tag, "NotFoundError")
        assert.isFalse(error.mayHaveExecuted)
        assert.strictEqual(sent.length, 3)
      }
    })
  )

  it.effect("whose reply was lost stays in doubt, whatever comes after", () =>
    Effect.gen(function* () {
      for (const [after, tag] of [
        [limited(), "RateLimitError"],
        [{ drop: coded("ECONNREFUSED") }, "ConnectionError"],
        [{ status: 401 }, "AuthenticationError"],
        [{ status: 429, body: { error: { code: "insufficient_quota" } } }, "QuotaExhaustedError"],
        [{ status: 400 }, "BadRequestError"]
      ] as const) {
        const { layer } = onWire((n) => (n === 0 ? { drop: coded("ECONNRESET") } : after))
        const error = yield* drive(Effect.flip(Effect.provide(remove, layer)))
        assert.strictEqual(error._tag, tag)
        assert.isTrue(error.mayHaveExecuted)
      }
    })
  )

  it.effect("whose reply was lost, then 429s, then nothing to delete, has worked", () =>
    Effect.gen(function* () {
      const { layer } = onWire((n) => (n === 0 ? { status: 502 } : n < 4 ? limited() : gone))
      assert.isTrue((yield* drive(Effect.provide(remove, layer))).deleted)
    })
  )

  it.effect("on the fake: the work is done once, whichever way it answers for what is gone", () =>
    Effect.gen(function* () {
      for (const deleteGone of ["not-found", "deleted-false", "deleted-true"] as const) {
        yield* drive(
          Effect.gen(function* () {
            const fake = yield* server
            yield* fake.inject([Faults.dropAfter(), Faults.rateLimited()], { operation: "delete" })
            const reply = yield* (yield* permissions).delete(checkpoint, permission("cp_000000000000000000000001"))
            assert.isTrue(reply.deleted)
            assert.deepStrictEqual(yield* fake.projects(checkpoint), ["proj_1"])
          }).pipe(Effect.provide(onFake({ fake: { ...seeded(2), behavior: { deleteGone } } })))
        )
      }
    })
  )

  it.effect("deleted by it: a later one that certainly worked says so as it came", () =>
    Effect.gen(function* () {
      const { layer } = onWire((n) => (n === 0 ? { status: 500 } : deleted))
      assert.isTrue((yield* drive(Effect.provide(remove, layer))).deleted)
    })
  )
})
