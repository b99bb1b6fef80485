import type { ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { create, failed, fake, list, remove, started, type Transport } from "./transport.ts"

const rated = (rate: ServerBehavior.Rate) => ({ behavior: { rate } })

const statuses = (count: number) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.map(list(), ({ status }) => status))

/** Quotas and latency, in the time of the clock. */
export const quota = (name: string, transport: Transport) =>
  describe(`${name}: rate and latency`, () => {
    it.effect("rate: refuses with 429 rate_limit_exceeded and no header that says more", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* statuses(3), [200, 200, 429])
        const refused = yield* list()
        failed(refused, 429, { type: "requests", code: "rate_limit_exceeded" })
        assert.isUndefined(refused.headers["retry-after"])
        assert.isUndefined(refused.headers["retry-after-ms"])
      }).pipe(Effect.provide(transport(rated({ requests: 2, per: "1 minute" }))))
    )

    it.effect("rate: scope endpoint has a bucket for each operation, shared has one", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* list()).status, 200)
        assert.strictEqual((yield* create(["proj_a"])).status, 200)
        assert.strictEqual((yield* remove("cp_000000000000000000000001")).status, 200)
        assert.strictEqual((yield* list()).status, 429)
        yield* (yield* fake).setBehavior({ rate: { requests: 1, per: "1 minute", scope: "shared" } })
        assert.strictEqual((yield* list()).status, 200)
        assert.strictEqual((yield* create(["proj_a"])).status, 429)
      }).pipe(Effect.provide(transport(rated({ requests: 1, per: "1 minute" }))))
    )

    it.effect("rate: list-delete has one bucket for lists and deletes, and one for each other operation", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* create(["proj_a"])).status, 200)
        assert.strictEqual((yield* list()).status, 200)
        failed(yield* remove("cp_000000000000000000000001"), 429, { type: "requests", code: "rate_limit_exceeded" })
        assert.strictEqual((yield* create(["proj_b"])).status, 429)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* remove("cp_000000000000000000000001")).status, 200)
        assert.strictEqual((yield* list()).status, 429)
        assert.strictEqual((yield* create(["proj_b"])).status, 200)
      }).pipe(Effect.provide(transport(rated({ requests: 1, per: "1 minute", scope: "list-delete" }))))
    )

    it.effect("rate: continuous gives a call back each per / requests, to the millisecond", () =>
      Effect.gen(function* () {
        yield* statuses(6)
        yield* TestClock.adjust("9999 millis")
        assert.deepStrictEqual(yield* statuses(1), [429])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* statuses(2), [200, 429])
        yield* TestClock.adjust("25 seconds")
        assert.deepStrictEqual(yield* statuses(3), [200, 200, 429])
      }).pipe(Effect.provide(transport(rated({ requests: 6, per: "1 minute", countRefused: false }))))
    )

    it.effect("rate: countRefused makes the wait begin anew", () =>
      Effect.gen(function* () {
        yield* statuses(6)
        yield* TestClock.adjust("9999 millis")
        assert.deepStrictEqual(yield* statuses(1), [429])
        yield* TestClock.adjust("9999 millis")
        assert.deepStrictEqual(yield* statuses(1), [429])
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* statuses(1), [200])
      }).pipe(Effect.provide(transport(rated({ requests: 6, per: "1 minute", countRefused: true }))))
    )

    it.effect("rate: window gives all back at once when per has passed", () =>
      Effect.gen(function* () {
        yield* TestClock.adjust("30 seconds")
        assert.deepStrictEqual(yield* statuses(3), [200, 200, 429])
        yield* TestClock.adjust("29999 millis")
        assert.deepStrictEqual(yield* statuses(1), [429])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* statuses(3), [200, 200, 429])
      }).pipe(Effect.provide(transport(rated({ requests: 2, per: "1 minute", refill: "window" }))))
    )

    it.effect("rate: burst is the most that is saved up", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* statuses(4), [200, 200, 200, 429])
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(yield* statuses(4), [200, 200, 200, 429])
      }).pipe(Effect.provide(transport(rated({ requests: 60, per: "1 minute", burst: 3 }))))
    )

    it.effect.each([
      ["retry-after", "retry-after", "15"],
      ["retry-after-ms", "retry-after-ms", "14500"],
      ["http-date", "retry-after", "Thu, 01 Jan 1970 00:01:15 GMT"]
    ] as const)("rate: headers %s says how long to wait in %s", ([headers, header, value]) =>
      Effect.gen(function* () {
        yield* TestClock.adjust("1 minute")
        yield* statuses(4)
        yield* TestClock.adjust("500 millis")
        const refused = yield* list()
        failed(refused, 429, { type: "requests" })
        assert.strictEqual(refused.headers[header], value)
      }).pipe(Effect.provide(transport(rated({ requests: 4, per: "1 minute", countRefused: false, headers }))))
    )

    it.effect("rate: can change while it runs, to a third and back", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* statuses(9)
        yield* controls.setBehavior({ rate: { requests: 3, per: "1 minute", countRefused: false } })
        yield* TestClock.adjust("19999 millis")
        assert.deepStrictEqual(yield* statuses(1), [429])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* statuses(2), [200, 429])
        yield* controls.setBehavior({ rate: { requests: 9, per: "1 minute", countRefused: false } })
        yield* TestClock.adjust("20 seconds")
        assert.deepStrictEqual(yield* statuses(4), [200, 200, 200, 429])
        yield* controls.setBehavior({ rate: "unlimited" })
        assert.deepStrictEqual(yield* statuses(2), [200, 200])
      }).pipe(Effect.provide(transport(rated({ requests: 9, per: "1 minute", countRefused: false }))))
    )

    it.effect("rate: a failed request costs too, one with a wrong key or path does not", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* list({}, { headers: {} })).status, 401)
        assert.strictEqual((yield* list({ limit: "0" })).status, 400)
        assert.strictEqual((yield* list()).status, 429)
      }).pipe(Effect.provide(transport(rated({ requests: 1, per: "1 minute" }))))
    )

    it.effect("latency: passes before the work", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        const fiber = yield* started(create(["proj_a"]))
        yield* TestClock.adjust("2999 millis")
        assert.deepStrictEqual(yield* controls.projects("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"), [])
        yield* TestClock.adjust("1 millis")
        const reply = yield* Fiber.join(fiber)
        assert.strictEqual(reply.status, 200)
        assert.strictEqual(reply.headers["openai-processing-ms"], "3000")
      }).pipe(Effect.provide(transport({ behavior: { latency: "3 seconds" } })))
    )

    it.effect("latency: with min and max, drawn for each request from the random seed", () =>
      Effect.gen(function* () {
        const took = Effect.gen(function* () {
          const fiber = yield* started(list())
          yield* TestClock.adjust("3 seconds")
          return Number((yield* Fiber.join(fiber)).headers["openai-processing-ms"])
        })
        const all = yield* Effect.replicateEffect(took, 5)
        for (const millis of all) {
          assert.isAtLeast(millis, 1000)
          assert.isAtMost(millis, 3000)
        }
        assert.lengthOf(new Set(all), 5)
      }).pipe(
        Effect.provide(transport({ behavior: { latency: { min: "1 second", max: "3 seconds" } }, randomSeed: 7 }))
      )
    )

    it.effect("replyLatency: passes after the work", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        const fiber = yield* started(create(["proj_a"]))
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* controls.projects("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"), ["proj_a"])
        assert.isTrue((yield* Fiber.poll(fiber))._tag === "None")
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
      }).pipe(Effect.provide(transport({ behavior: { replyLatency: "3 seconds" } })))
    )
  })
