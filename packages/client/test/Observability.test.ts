import { CheckpointPermissions, Metrics, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, HashMap, Layer, Logger, LogLevel, Metric, Schedule, Stream } from "effect"
import { pacingOf, scripted } from "./support/paces.ts"
import { checkpoint, collect, onFake, permission, permissions, project, seeded, server } from "./support/setup.ts"
import { drive } from "./support/time.ts"
import { tracing } from "./support/tracing.ts"

const requestId = (n: number) => `req_${String(n).padStart(32, "0")}`
const immediately = RetryPolicy.make({ schedule: Schedule.recurs(3) })

describe("spans", () => {
  it.effect("of list, create and delete name checkpoint, attempt, status and request id", () => {
    const { layer, ours } = tracing()
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
    }).pipe(Effect.provide(onFake()), Effect.provide(layer))
  })

  it.effect("of the pages of a stream name the page, too", () => {
    const { layer, ours } = tracing()
    return Effect.gen(function* () {
      yield* (yield* server).inject(Faults.error(500))
      yield* collect((yield* permissions).stream(checkpoint, { limit: 2 }))
      const common = { name: "list", failed: false, checkpoint, status: 200 }
      assert.deepStrictEqual(ours(), [
        { ...common, page: 1, attempt: 2, request_id: requestId(2) },
        { ...common, page: 2, attempt: 1, request_id: requestId(3) },
        { ...common, page: 3, attempt: 1, request_id: requestId(4) }
      ])
    }).pipe(Effect.provide(onFake({ retry: immediately, fake: seeded(5) })), Effect.provide(layer))
  })

  const template = "/fine_tuning/checkpoints/{checkpoint}/permissions"

  it.effect("hold one of each attempt, which a trace goes on with", () => {
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

  it.effect("hold neither the checkpoint nor the permission in the span of an attempt", () => {
    const { layer, spans } = tracing()
    return Effect.gen(function* () {
      const service = yield* permissions
      yield* service.create(checkpoint, [project("a")])
      yield* Effect.flip(service.delete(checkpoint, permission("cp_gone")))
      const clients = spans.filter(({ kind }) => kind === "client")
      assert.deepStrictEqual(
        clients.map(({ name }) => name),
        [`POST ${template}`, `DELETE ${template}/{permission}`]
      )
      for (const { attributes, name } of clients) {
        const text = JSON.stringify([name, ...attributes])
        assert.notInclude(text, checkpoint)
        assert.notInclude(text, encodeURIComponent(checkpoint))
        assert.notInclude(text, "cp_gone")
      }
    }).pipe(Effect.provide(onFake()), Effect.provide(layer))
  })

  it.effect("are propagated where that is asked for, and tracing is not off", () => {
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

  it.effect("of the operation hold what gates and observers do", () => {
    const { layer, spans } = tracing()
    const named = (name: string) => () => Effect.withSpan(Effect.void, name)
    return Effect.gen(function* () {
      yield* (yield* server).inject(Faults.rateLimited({ "retry-after": "1" }))
      const { list } = yield* permissions
      yield* list(checkpoint).pipe(
        CheckpointPermissions.tapReplies(named("reply")),
        CheckpointPermissions.tapWaits(named("wait")),
        CheckpointPermissions.beforeRequests({
          open: named("gate"),
          isOpen: () => Effect.as(Effect.withSpan(Effect.void, "gate again"), true)
        }),
        drive
      )
      const beside = spans.filter(({ kind, name }) => kind === "internal" && !name.startsWith("CheckpointPermissions"))
      assert.deepStrictEqual(
        beside.map(({ around, name }) => `${name} in ${around}`),
        ["gate", "gate again", "reply", "wait", "gate", "gate again", "reply"].map(
          (name) => `${name} in CheckpointPermissions.list`
        )
      )
    }).pipe(Effect.provide(onFake({ retry: immediately })), Effect.provide(layer))
  })

  it.effect("of the operation say where it was called, unless stacks are turned off", () => {
    const { layer, spans } = tracing()
    return Effect.gen(function* () {
      const service = yield* permissions
      yield* (yield* server).inject(Faults.error(404), { times: 12 })
      const calls = (): ReadonlyArray<Effect.Effect<void, unknown, CheckpointPermissions.CheckpointPermissions>> => [
        Effect.asVoid(service.list(checkpoint)),
        Effect.asVoid(service.create(checkpoint, [project(1)])),
        Effect.asVoid(service.delete(checkpoint, permission("cp_1"))),
        Stream.runDrain(service.stream(checkpoint)),
        Effect.asVoid(CheckpointPermissions.list(checkpoint)),
        Stream.runDrain(CheckpointPermissions.pages(checkpoint))
      ]
      for (const call of calls()) yield* Effect.exit(call)
      const limit = Error.stackTraceLimit
      Error.stackTraceLimit = 0
      const withoutStacks = calls()
      Error.stackTraceLimit = limit
      for (const call of withoutStacks) yield* Effect.exit(call)
      const sites = spans
        .filter(({ name }) => name.startsWith("CheckpointPermissions."))
        .map(({ attributes }) => attributes.get("code.stacktrace"))
      assert.strictEqual(sites.length, 12)
      for (const site of sites.slice(0, 6)) assert.match(String(site), /Observability\.test\.ts:\d+:\d+/)
      assert.deepStrictEqual(sites.slice(6), Array(6).fill(undefined))
    }).pipe(
      Effect.provideServiceEffect(CheckpointPermissions.CheckpointPermissions, permissions),
      Effect.provide(onFake()),
      Effect.provide(layer)
    )
  })

  it.effect("of what was refused before a request say so", () => {
    const { layer, spans } = tracing()
    return Effect.gen(function* () {
      yield* Effect.flip((yield* permissions).list(checkpoint, { limit: 0 }))
      assert.deepStrictEqual(
        spans.map(({ failed, name }) => [name, failed]),
        [["CheckpointPermissions.list", true]]
      )
    }).pipe(Effect.provide(onFake()), Effect.provide(layer))
  })
})

describe("metrics", () => {
  type Name = "list" | "create" | "delete"
  const counter = (metric: Metric.Metric.Counter<number>, operation: Name) =>
    Effect.map(Metric.value(Metric.tagged(metric, "operation", operation)), ({ count }) => count)
  const histogram = (metric: typeof Metrics.duration, operation: Name) =>
    Effect.map(Metric.value(Metric.tagged(metric, "operation", operation)), ({ count, sum }) => [count, sum] as const)
  const read = (operation: Name) =>
    Effect.all({
      requests: counter(Metrics.requests, operation),
      retries: counter(Metrics.retries, operation),
      rateLimits: counter(Metrics.rateLimits, operation),
      paceWait: histogram(Metrics.paceWait, operation),
      retryDelay: histogram(Metrics.retryDelay, operation),
      duration: histogram(Metrics.duration, operation)
    })
  const since = (one: readonly [number, number], two: readonly [number, number]) => [two[0] - one[0], two[1] - one[1]]
  const change = <A, E, R>(operation: Name, effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const before = yield* read(operation)
      yield* effect
      const after = yield* read(operation)
      return {
        requests: after.requests - before.requests,
        retries: after.retries - before.retries,
        rateLimits: after.rateLimits - before.rateLimits,
        paceWait: since(before.paceWait, after.paceWait),
        retryDelay: since(before.retryDelay, after.retryDelay),
        duration: since(before.duration, after.duration)
      }
    })

  it.effect("count requests, retries and 429s, and time delays, requests and the pace, by operation", () => {
    const pacing = pacingOf(() => Effect.succeed(scripted({ wait: "3 seconds" })))
    return Effect.gen(function* () {
      yield* (yield* server).inject([Faults.rateLimited({ "retry-after": "60" }), Faults.error(500)])
      const others = yield* change("create", Effect.void)
      const listed = yield* change("list", drive(Effect.flatMap(permissions, (service) => service.list(checkpoint))))
      assert.deepStrictEqual(listed, {
        requests: 3,
        retries: 2,
        rateLimits: 1,
        paceWait: [3, 9000],
        retryDelay: [2, 61_000],
        duration: [3, 6000]
      })
      assert.deepStrictEqual(others, yield* change("create", Effect.void))
    }).pipe(
      Effect.provide(
        onFake({
          pacing,
          retry: RetryPolicy.make({ schedule: Schedule.spaced("1 second") }),
          fake: { behavior: { latency: "2 seconds" } }
        })
      )
    )
  })

  it.effect("count each operation apart", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const calls = {
        list: service.list(checkpoint),
        create: service.create(checkpoint, [project("a")]),
        delete: service.delete(checkpoint, permission("cp_000000000000000000000001"))
      }
      const names = ["list", "create", "delete"] as const
      for (const name of names) {
        const before = yield* Effect.forEach(names, read)
        yield* Effect.asVoid(calls[name] as Effect.Effect<unknown>)
        const counts = (yield* Effect.forEach(names, read)).map(
          ({ requests }, i) => requests - (before[i]?.requests ?? 0)
        )
        assert.deepStrictEqual(
          counts,
          names.map((other) => (other === name ? 1 : 0))
        )
      }
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("count a request that was interrupted, since it was sent", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const { requests } = yield* change(
        "list",
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(service.list(checkpoint))
          yield* (yield* server).awaitRequests(1)
          yield* Fiber.interrupt(fiber)
        })
      )
      assert.strictEqual(requests, 1)
    }).pipe(Effect.provide(onFake({ fake: { behavior: { latency: "10 seconds" } } })))
  )

  it.effect("count no 429 of used up quota as one that a pace could avoid", () =>
    Effect.gen(function* () {
      yield* (yield* server).inject(Faults.quotaExhausted)
      const { rateLimits, requests } = yield* change("list", Effect.flip((yield* permissions).list(checkpoint)))
      assert.deepStrictEqual([requests, rateLimits], [1, 0])
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("hold no id", () =>
    Effect.gen(function* () {
      yield* (yield* permissions).create(checkpoint, [project("a")])
      const names = (yield* Metric.snapshot).filter(({ metricKey }) =>
        metricKey.name.startsWith("checkpoint_permissions_")
      )
      assert.isAbove(names.length, 2)
      for (const { metricKey } of names) {
        assert.deepStrictEqual(
          metricKey.tags.map(({ key }) => key),
          ["operation"]
        )
        assert.include(["list", "create", "delete"], metricKey.tags[0]?.value)
      }
    }).pipe(Effect.provide(onFake()))
  )
})

describe("logs", () => {
  const logging = (level: LogLevel.LogLevel) => {
    const lines: Array<{ level: string; message: string; annotations: Record<string, unknown> }> = []
    const logger = Logger.make(({ annotations, logLevel, message }) => {
      lines.push({
        level: logLevel.label,
        message: String(message),
        annotations: Object.fromEntries(HashMap.toEntries(annotations))
      })
    })
    return { lines, layer: Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(level)) }
  }
  const troubled = Effect.gen(function* () {
    yield* (yield* server).inject([Faults.rateLimited({ "retry-after": "2" }), Faults.error(502)])
    yield* drive((yield* permissions).list(checkpoint))
    yield* (yield* server).inject(Faults.error(400))
    yield* Effect.flip((yield* permissions).list(checkpoint))
  })

  it.effect("say at debug level what is tried again, when and why", () => {
    const { layer, lines } = logging(LogLevel.Debug)
    return Effect.gen(function* () {
      yield* troubled
      const ours = lines.filter(({ message }) => message.startsWith("trying again"))
      assert.deepStrictEqual(
        ours.map(({ annotations, level }): Record<string, unknown> => ({ level, ...annotations })),
        [
          { level: "DEBUG", operation: "list", checkpoint, attempt: 1 },
          { level: "DEBUG", operation: "list", checkpoint, attempt: 2 }
        ]
      )
      assert.match(ours[0]?.message ?? "", /^trying again in 2s: list ft:.*too many requests.*status 429/)
      assert.match(ours[1]?.message ?? "", /status 502/)
    }).pipe(Effect.provide(onFake({ retry: immediately })), Effect.provide(layer))
  })

  it.effect("say nothing above it", () => {
    const { layer, lines } = logging(LogLevel.Info)
    return Effect.map(troubled, () => assert.deepStrictEqual(lines, [])).pipe(
      Effect.provide(onFake({ retry: immediately })),
      Effect.provide(layer)
    )
  })
})
