/** The observable parts of calls: spans, metrics, logs, observers. */
import { CheckpointPermissions, FakePermissions, Faults, Metrics } from "@checkpoint-permissions/effect4"
import { Cause, Effect, Exit, Fiber, Metric } from "effect"
import { HttpClient } from "effect/http"
import { TestClock, TestConsole } from "effect/testing"
import { assert, vi } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, key, one, onFake, quick, tracing } from "./support/setup.ts"

it.effect("each operation and each attempt is a span", () =>
  Effect.gen(function* () {
    const { spans, tracer } = tracing()
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.inject(Faults.error(503))
    const fiber = yield* Effect.forkChild(Effect.withTracer(CheckpointPermissions.list(checkpoint), tracer))
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(fiber)
    const attributes = spans.map((span) => Object.fromEntries(span.attributes))
    assert.deepInclude(attributes[0], { checkpoint, attempt: 2, status: 200 })
    assert.deepStrictEqual(attributes.slice(1), [
      {
        "http.request.method": "GET",
        "server.address": "api.openai.com",
        "url.template": "/fine_tuning/checkpoints/{checkpoint}/permissions",
        "http.response.status_code": 503,
        "error.type": "ServerError"
      },
      {
        "http.request.method": "GET",
        "server.address": "api.openai.com",
        "url.template": "/fine_tuning/checkpoints/{checkpoint}/permissions",
        "http.request.resend_count": 1,
        "http.response.status_code": 200
      }
    ])
    const sent = (yield* fake.requests).map(({ headers }) => headers["traceparent"]?.split("-")[2])
    assert.deepStrictEqual(
      sent,
      spans.slice(1).map(({ spanId }) => spanId)
    )
  }).pipe(Effect.provide(onFake(one, { retry: quick, tracePropagation: true })))
)

it.effect("a trace is propagated if that is configured and tracing is on", () => {
  const propagated = (tracePropagation?: boolean, isTraced = true) =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* Effect.withTracerEnabled(CheckpointPermissions.list(checkpoint), isTraced)
      const [request] = yield* fake.requests
      return ["traceparent", "b3"].filter((name) => name in (request?.headers ?? {}))
    }).pipe(Effect.provide(onFake(one, { tracePropagation })))
  return Effect.gen(function* () {
    assert.deepStrictEqual(yield* propagated(), [])
    assert.deepStrictEqual(yield* propagated(false), [])
    assert.deepStrictEqual(yield* propagated(true), ["traceparent", "b3"])
    assert.deepStrictEqual(yield* propagated(true, false), [])
  })
})

it.effect("requests, retries and refusals are counted by operation", () =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.inject(Faults.rateLimited())
    const fiber = yield* Effect.forkChild(CheckpointPermissions.list(checkpoint))
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(fiber)
    const count = (metric: Metric.Counter<number>, operation: string) =>
      Effect.map(Metric.value(Metric.withAttributes(metric, { operation })), ({ count }) => count)
    assert.strictEqual(yield* count(Metrics.requests, "list"), 2)
    assert.strictEqual(yield* count(Metrics.retries, "list"), 1)
    assert.strictEqual(yield* count(Metrics.rateLimits, "list"), 1)
    assert.strictEqual(yield* count(Metrics.requests, "create"), 0)
    const delay = yield* Metric.value(Metric.withAttributes(Metrics.retryDelay, { operation: "list" }))
    assert.deepInclude(delay, { count: 1, sum: 1000 })
  }).pipe(
    Effect.provide(onFake(one, { retry: quick })),
    Effect.provideServiceEffect(
      Metric.MetricRegistry,
      Effect.sync(() => new Map())
    )
  )
)

it.effect("a fault that affects no request is in the request log, and the end of the fake dies with it", () =>
  Effect.gen(function* () {
    const written: Array<string> = []
    const error = vi.spyOn(console, "error").mockImplementation((text: string) => void written.push(text))
    yield* Effect.addFinalizer(() => Effect.sync(() => error.mockRestore()))
    const run = (operation: "list" | "create", end: Effect.Effect<void, string>, strictFaults?: boolean) =>
      Effect.flatMap(FakePermissions.FakePermissions, ({ inject }) => inject(Faults.dropAfter(), { operation })).pipe(
        Effect.andThen(
          Effect.ignore(HttpClient.get("https://api.openai.com/v1/fine_tuning/checkpoints/ft:a/permissions"))
        ),
        Effect.andThen(end),
        FakePermissions.withRequestLog,
        Effect.provide(FakePermissions.layer({ strictFaults })),
        Effect.exit
      )
    assert.isTrue(Exit.isSuccess(yield* run("list", Effect.void)))
    assert.isTrue(Exit.isSuccess(yield* run("create", Effect.void, false)))
    const dies = yield* run("create", Effect.void)
    const message = "no request matched DropAfter (create): check operation, checkpoint and nth"
    assert.isTrue(Exit.isFailure(dies) && Cause.pretty(dies.cause).includes(message))
    assert.isEmpty(written)
    assert.deepStrictEqual(yield* run("create", Effect.fail("no")), Exit.fail("no"))
    assert.match(String(written), /\nNo request matched DropAfter \(create\)$/)
  })
)

it.effect("withRequestLog prints the requests if the effect fails, dies or is interrupted", () =>
  Effect.gen(function* () {
    const written: Array<string> = []
    const error = vi.spyOn(console, "error").mockImplementation((text: string) => void written.push(text))
    yield* Effect.addFinalizer(() => Effect.sync(() => error.mockRestore()))
    const headers = { authorization: `Bearer ${key}` }
    const ends = [Effect.fail("no"), Effect.die("no"), Effect.interrupt, Effect.void]
    for (const end of ends) {
      yield* HttpClient.get(`https://api.openai.com/v1/models?after=${key}`, { headers }).pipe(
        Effect.andThen(end),
        FakePermissions.withRequestLog,
        Effect.exit
      )
    }
    assert.deepStrictEqual(
      written.map((text) => text.split("\n").length),
      [2, 3, 4]
    )
    assert.match(String(written[0]), /^The fake saw 1 request\n {2}\+0ms GET \/v1\/models\?after=<redacted>: 400$/)
  }).pipe(Effect.provide([onFake(one), TestConsole.layer]))
)
