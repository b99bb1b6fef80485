import { CheckpointPermissions, type Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, LogLevel, Metric, MetricState, Schedule } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import { checkpoint, onFake, permission, permissions, project, server } from "./support/setup.ts"
import { drive } from "./support/time.ts"
import { tracing } from "./support/tracing.ts"

const requestId = (n: number) => `req_${String(n).padStart(32, "0")}`
const template = "/fine_tuning/checkpoints/{checkpoint}/permissions"
const immediately = RetryPolicy.make({ schedule: Schedule.recurs(3) })

describe("spans", () => {
  it.effect(
    "of list, create and delete contain checkpoint, attempt, status and request id; those of attempts contain no id",
    () => {
      const { layer, ours, spans } = tracing()
      const gone = permission("cp_gone")
      const first = permission("cp_000000000000000000000001")
      return Effect.gen(function* () {
        const service = yield* permissions
        yield* service.retrieve(checkpoint)
        yield* service.create(checkpoint, [project("a")])
        yield* service.delete(checkpoint, first)
        yield* Effect.flip(service.delete(checkpoint, gone))
        const common = { failed: false, checkpoint, attempt: 1, status: 200 }
        assert.deepStrictEqual(ours(), [
          { name: "list", ...common, request_id: requestId(1) },
          { name: "create", ...common, request_id: requestId(2) },
          { name: "delete", ...common, permission: first, request_id: requestId(3) },
          { name: "delete", ...common, permission: gone, request_id: requestId(4), status: 404, failed: true }
        ])
        const attempts = spans.filter(({ kind }) => kind === "client")
        assert.deepStrictEqual(
          attempts.map(({ name }) => name),
          ["GET", "POST", "DELETE", "DELETE"].map(
            (method) => `${method} ${template}${method === "DELETE" ? "/{permission}" : ""}`
          )
        )
        const text = JSON.stringify(attempts.map(({ attributes }) => [...attributes]))
        for (const id of [checkpoint, encodeURIComponent(checkpoint), first, gone]) assert.notInclude(text, id)
      }).pipe(Effect.provide(onFake()), Effect.provide(layer))
    }
  )

  it.effect("contain one for each attempt, which continues the trace", () => {
    const { layer, spans } = tracing()
    return Effect.gen(function* () {
      yield* (yield* server).inject(Faults.error(500))
      yield* Effect.withSpan((yield* permissions).list(checkpoint, { limit: 3 }), "mine")
      assert.deepStrictEqual(
        spans.map(({ around, ended, failed, kind, name }) => [name, kind, around, failed, ended]),
        [
          ["mine", "internal", undefined, false, 1],
          ["CheckpointPermissions.list", "internal", "mine", false, 1],
          [`GET ${template}`, "client", "CheckpointPermissions.list", true, 1],
          [`GET ${template}`, "client", "CheckpointPermissions.list", false, 1]
        ]
      )
      const common = {
        "http.request.method": "GET",
        "server.address": "gateway.example",
        "server.port": 8443,
        "url.template": template
      }
      assert.deepStrictEqual(
        spans.slice(2).map(({ attributes }): object => Object.fromEntries(attributes)),
        [
          { ...common, "http.response.status_code": 500, "error.type": "ServerError" },
          { ...common, "http.response.status_code": 200, "http.request.resend_count": 1 }
        ]
      )
      const [, second] = yield* (yield* server).requests
      assert.strictEqual(second?.headers["traceparent"], `00-${"0".repeat(31)}1-${"4".padStart(16, "0")}-01`)
    }).pipe(
      Effect.provide(onFake({ retry: immediately, apiUrl: "https://gateway.example:8443/v1", tracePropagation: true })),
      Effect.provide(layer)
    )
  })

  it.effect("are propagated if that is set and tracing is on", () => {
    const { layer, spans } = tracing()
    const propagated = (tracePropagation?: boolean) =>
      Effect.gen(function* () {
        yield* (yield* permissions).list(checkpoint)
        const [request] = yield* (yield* server).requests
        return ["traceparent", "b3"].filter((name) => name in (request?.headers ?? {}))
      }).pipe(Effect.provide(onFake({ tracePropagation })))
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* propagated(), [])
      assert.deepStrictEqual(yield* propagated(false), [])
      assert.deepStrictEqual(yield* propagated(true), ["traceparent", "b3"])
      spans.splice(0)
      assert.deepStrictEqual(yield* Effect.withTracerEnabled(propagated(true), false), [])
      assert.deepStrictEqual(spans, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("of the operation contain the spans of observers", () => {
    const { layer, spans } = tracing()
    const named = (name: string) => () => Effect.withSpan(Effect.void, name)
    return Effect.gen(function* () {
      yield* (yield* server).inject(Faults.rateLimited({ "retry-after": "1" }))
      const { list } = yield* permissions
      yield* list(checkpoint).pipe(
        CheckpointPermissions.withOptions({ onReply: named("reply"), onWait: named("wait") }),
        drive
      )
      const beside = spans.filter(({ kind, name }) => kind === "internal" && !name.startsWith("CheckpointPermissions"))
      assert.deepStrictEqual(
        beside.map(({ around, name }) => `${name} in ${around}`),
        ["reply", "wait", "reply"].map((name) => `${name} in CheckpointPermissions.list`)
      )
    }).pipe(Effect.provide(onFake({ retry: immediately })), Effect.provide(layer))
  })
})

describe("metrics", () => {
  const prefix = "checkpoint_permissions_"
  /** The count, or the count and sum, by metric and tags. */
  const read = Effect.map(Metric.snapshot, (all) =>
    all.flatMap(({ metricKey: { name, tags }, metricState }) => {
      if (!name.startsWith(prefix)) return []
      const shown = [name.slice(prefix.length), ...tags.map(({ key, value }) => `${key}=${value}`)].join(" ")
      if (MetricState.isCounterState(metricState)) return [[shown, [Number(metricState.count), 0]] as const]
      return MetricState.isHistogramState(metricState) ? [[shown, [metricState.count, metricState.sum]] as const] : []
    })
  )
  /** Returns the metrics that an effect adds. */
  const added = <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const before = new Map(yield* read)
      yield* self
      const changes = (yield* read).map(([name, [count, sum]]) => {
        const [countBefore, sumBefore] = before.get(name) ?? [0, 0]
        return [name, count - countBefore, sum - sumBefore] as const
      })
      return changes.filter(([, count]) => count > 0).sort(([one], [other]) => (one < other ? -1 : 1))
    })
  it.effect(
    "count requests, retries and 429s, and time delays, requests and waits for permits, by operation alone",
    () => {
      const pacing: Pacing.Pacing = { make: () => ({ withPermit: (request) => Effect.delay(request(), "3 seconds") }) }
      return Effect.gen(function* () {
        yield* (yield* server).inject([Faults.rateLimited({ "retry-after": "60" }), Faults.error(500)])
        const listed = yield* added(drive(Effect.flatMap(permissions, ({ list }) => list(checkpoint))))
        assert.deepStrictEqual(listed, [
          ["rate_limiter_wait_milliseconds operation=list", 3, 9000],
          ["rate_limits_total operation=list", 1, 0],
          ["request_duration_milliseconds operation=list", 3, 6000],
          ["requests_total operation=list", 3, 0],
          ["retries_total operation=list", 2, 0],
          ["retry_delay_milliseconds operation=list", 2, 61_000]
        ])
      }).pipe(
        Effect.provide(
          onFake({
            pacing,
            retry: RetryPolicy.make({ schedule: Schedule.spaced("1 second") }),
            fake: { behavior: { latency: "2 seconds" } }
          })
        )
      )
    }
  )

  it.effect("count a request that was interrupted, since it was sent", () =>
    Effect.gen(function* () {
      const interrupted = Effect.gen(function* () {
        const fiber = yield* Effect.fork((yield* permissions).list(checkpoint))
        yield* (yield* server).awaitRequests(1)
        yield* Fiber.interrupt(fiber)
      })
      const counted = (yield* added(interrupted)).filter(([name]) => name.includes("_total"))
      assert.deepStrictEqual(counted, [["requests_total operation=list", 1, 0]])
    }).pipe(Effect.provide(onFake({ fake: { behavior: { latency: "10 seconds" } } })))
  )
})

describe("logs", () => {
  const logged = (level: LogLevel.LogLevel) => {
    const lines: Array<readonly [level: string, message: string, annotations: object]> = []
    const logger = Logger.make(({ annotations, logLevel, message }) => {
      lines.push([logLevel.label, String(message), Object.fromEntries(annotations)])
    })
    return Effect.gen(function* () {
      const fake = yield* server
      yield* fake.inject([Faults.rateLimited({ "retry-after": "2" }), Faults.error(502)])
      yield* drive((yield* permissions).list(checkpoint))
      yield* fake.inject(Faults.error(400))
      yield* Effect.flip((yield* permissions).list(checkpoint))
      return lines
    }).pipe(
      Effect.provide(onFake({ retry: immediately })),
      Effect.provide(Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(level)))
    )
  }

  test("say at debug level what is retried, when and why", function* () {
    const [first, second, ...others] = (yield* logged(LogLevel.Debug)).filter(([, text]) => text.startsWith("retrying"))
    assert.deepStrictEqual(others, [])
    assert.match(first?.[1] ?? "", /^retrying in 2s: list ft:.*too many requests.*status 429[^;]*$/)
    assert.match(second?.[1] ?? "", /^retrying in .*status 502/)
    assert.deepStrictEqual([first?.[0], first?.[2]], ["DEBUG", { operation: "list", checkpoint, attempt: 1 }])
    assert.deepStrictEqual([second?.[0], second?.[2]], ["DEBUG", { operation: "list", checkpoint, attempt: 2 }])
  })
})
