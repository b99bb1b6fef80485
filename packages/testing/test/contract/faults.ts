import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream, TestClock } from "effect"
import {
  call,
  checkpoint,
  create,
  eventually,
  failed,
  fake,
  field,
  inject,
  items,
  list,
  projects,
  send,
  started,
  Target,
  type Transport
} from "./transport.ts"

const granted = Effect.flatMap(fake, (controls) => controls.projects(checkpoint))

const seeded = { seed: { [checkpoint]: ["proj_1", "proj_2", "proj_3", "proj_4"] } }

/** The code of the error at the bottom of a chain of causes. */
const codeOf = (error: unknown): unknown => {
  const cause = field(error, "cause")
  return cause === undefined ? field(error, "code") : codeOf(cause)
}

/** That the server and the connection to it still work. */
const stillWorks = Effect.map(list(), (page) => assert.strictEqual(page.status, 200))

export const faults = (name: string, transport: Transport) =>
  describe(`${name}: faults`, () => {
    it.effect("reply: any status, headers and body, and nothing done", () =>
      Effect.gen(function* () {
        yield* inject(Faults.reply(503, { headers: { "x-should-retry": "false" }, body: { error: "bare" } }))
        const reply = yield* create(["proj_a"])
        assert.strictEqual(reply.status, 503)
        assert.strictEqual(reply.headers["x-should-retry"], "false")
        assert.match(reply.headers["x-request-id"] ?? "", /^req_/)
        assert.deepStrictEqual(reply.body, { error: "bare" })
        assert.deepStrictEqual(yield* granted, [])
        assert.strictEqual((yield* create(["proj_a"])).status, 200)
      }).pipe(Effect.provide(transport()))
    )

    it.effect("reply: worked says that it was done all the same", () =>
      Effect.gen(function* () {
        yield* inject(Faults.error(500, { worked: true }))
        failed(yield* create(["proj_a"]), 500, { type: "server_error" })
        assert.deepStrictEqual(yield* granted, ["proj_a"])
      }).pipe(Effect.provide(transport()))
    )

    it.effect("reply: an empty body, and a status that has none", () =>
      Effect.gen(function* () {
        yield* inject(Faults.reply(500))
        const reply = yield* send("GET")
        assert.strictEqual(reply.status, 500)
        assert.strictEqual(yield* reply.text, "")
        yield* inject(Faults.reply(204))
        assert.strictEqual((yield* send("GET")).status, 204)
        yield* stillWorks
      }).pipe(Effect.provide(transport()))
    )

    it.effect("rateLimited and quotaExhausted are 429 that differ in type and code", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* controls.inject([Faults.rateLimited({ "retry-after": "61" }), Faults.quotaExhausted])
        const limited = yield* list()
        failed(limited, 429, { type: "requests", code: "rate_limit_exceeded" })
        assert.strictEqual(limited.headers["retry-after"], "61")
        failed(yield* list(), 429, { type: "insufficient_quota", code: "insufficient_quota" })
        yield* stillWorks
      }).pipe(Effect.provide(transport()))
    )

    it.effect("error: a numeric code, as a proxy sends it", () =>
      Effect.gen(function* () {
        yield* inject(Faults.error(502, { type: "cf_bad_gateway", code: 502 }))
        assert.strictEqual(field((yield* list()).body, "error", "code"), 502)
      }).pipe(Effect.provide(transport()))
    )

    it.effect("latency: before the work, and after it", () =>
      Effect.gen(function* () {
        yield* inject(Faults.latency({ before: "5 seconds", after: "7 seconds" }))
        const fiber = yield* started(create(["proj_a"]))
        yield* TestClock.adjust("4999 millis")
        assert.deepStrictEqual(yield* granted, [])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* granted, ["proj_a"])
        yield* TestClock.adjust("7 seconds")
        assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
      }).pipe(Effect.provide(transport()))
    )

    it.effect("dropBefore: no reply, and nothing done", () =>
      Effect.gen(function* () {
        yield* inject(Faults.dropBefore())
        const error = yield* Effect.flip(create(["proj_a"]))
        assert.strictEqual(error._tag, "RequestError")
        assert.strictEqual(error.reason, "Transport")
        if (!(yield* Target).socket) assert.strictEqual(codeOf(error), "ECONNREFUSED")
        assert.deepStrictEqual(yield* granted, [])
        yield* stillWorks
      }).pipe(Effect.provide(transport()))
    )

    it.effect("dropBefore: with another code", () =>
      Effect.gen(function* () {
        yield* inject(Faults.dropBefore("ECONNRESET"))
        const error = yield* Effect.flip(create(["proj_a"]))
        assert.include(["ECONNRESET", "UND_ERR_SOCKET"], codeOf(error))
        assert.deepStrictEqual(yield* granted, [])
      }).pipe(Effect.provide(transport()))
    )

    it.effect("dropAfter: no reply, and done", () =>
      Effect.gen(function* () {
        yield* inject(Faults.dropAfter())
        const error = yield* Effect.flip(create(["proj_a"]))
        assert.strictEqual(error._tag, "RequestError")
        assert.strictEqual(error.reason, "Transport")
        assert.include(["ECONNRESET", "UND_ERR_SOCKET"], codeOf(error))
        assert.deepStrictEqual(yield* granted, ["proj_a"])
        yield* stillWorks
      }).pipe(Effect.provide(transport()))
    )

    it.effect("lateWork: wait answers when the work is done", () =>
      Effect.gen(function* () {
        yield* inject(Faults.lateWork("5 seconds"))
        const fiber = yield* started(create(["proj_a"]))
        yield* TestClock.adjust("4999 millis")
        assert.deepStrictEqual(yield* granted, [])
        yield* TestClock.adjust("1 millis")
        assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
        assert.deepStrictEqual(yield* granted, ["proj_a"])
      }).pipe(Effect.provide(transport()))
    )

    it.effect("lateWork: is done after the client was interrupted", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* inject(Faults.lateWork("5 seconds"))
        yield* Fiber.interrupt(yield* started(create(["proj_a"])))
        yield* eventually(Effect.map(controls.requests, ([request]) => request?.outcome === "abandoned"))
        assert.deepStrictEqual(yield* granted, [])
        yield* TestClock.adjust("5 seconds")
        yield* eventually(Effect.map(granted, (all) => all.length === 1))
      }).pipe(Effect.provide(transport()))
    )

    it.effect("lateWork: is done after the client's timeout", () =>
      Effect.gen(function* () {
        yield* inject(Faults.lateWork("5 seconds"))
        const fiber = yield* started(Effect.flip(Effect.timeout(create(["proj_a"]), "2 seconds")))
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "TimeoutException")
        assert.deepStrictEqual(yield* granted, [])
        yield* TestClock.adjust("3 seconds")
        yield* eventually(Effect.map(granted, (all) => all.length === 1))
      }).pipe(Effect.provide(transport()))
    )

    it.effect("lateWork: drop and gateway-timeout answer at once, and the work comes later", () =>
      Effect.gen(function* () {
        yield* inject(Faults.lateWork("5 seconds", "drop"))
        assert.strictEqual((yield* Effect.flip(create(["proj_a"])))._tag, "RequestError")
        yield* inject(Faults.lateWork("5 seconds", "gateway-timeout"))
        const reply = yield* send("POST", { json: { project_ids: ["proj_b"] } })
        assert.strictEqual(reply.status, 504)
        assert.include(yield* reply.text, "<html>")
        assert.deepStrictEqual(yield* granted, [])
        yield* TestClock.adjust("5 seconds")
        yield* eventually(Effect.map(granted, (all) => all.length === 2))
      }).pipe(Effect.provide(transport()))
    )

    it.effect("an interrupted request without a fault is not done", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* Fiber.interrupt(yield* started(create(["proj_a"])))
        yield* eventually(Effect.map(controls.requests, ([request]) => request?.outcome === "abandoned"))
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* granted, [])
      }).pipe(Effect.provide(transport({ behavior: { latency: "5 seconds" } })))
    )

    it.effect("truncatedBody: the body breaks off, after the work", () =>
      Effect.gen(function* () {
        for (const share of [0, 0.5, 0.99]) {
          yield* inject(Faults.truncatedBody({ share }))
          const response = yield* send("POST", { json: { project_ids: [`proj_${share}`] } })
          assert.strictEqual(response.status, 200)
          assert.strictEqual((yield* Effect.flip(response.text))._tag, "ResponseError")
        }
        assert.lengthOf(yield* granted, 3)
        yield* stillWorks
      }).pipe(Effect.provide(transport()))
    )

    it.effect("truncatedBody: then end gives JSON that is not whole", () =>
      Effect.gen(function* () {
        yield* inject(Faults.truncatedBody({ then: "end" }))
        const response = yield* send("GET")
        assert.isTrue((yield* response.text).startsWith('{"object":"list"'))
        assert.strictEqual((yield* Effect.flip(response.json))._tag, "ResponseError")
      }).pipe(Effect.provide(transport(seeded)))
    )

    it.effect("html: a page with status 200, and nothing done", () =>
      Effect.gen(function* () {
        yield* inject(Faults.html())
        const response = yield* send("POST", { json: { project_ids: ["proj_a"] } })
        assert.strictEqual(response.status, 200)
        assert.match(response.headers["content-type"] ?? "", /^text\/html/)
        assert.match(yield* response.text, /^<!DOCTYPE html>/)
        assert.deepStrictEqual(yield* granted, [])
      }).pipe(Effect.provide(transport()))
    )

    it.effect.each([301, 302, 303, 307, 308] as const)("redirect: %i to another host", (status) =>
      Effect.gen(function* () {
        yield* inject(Faults.redirect("https://elsewhere.example/", status))
        const response = yield* send("GET")
        assert.strictEqual(response.status, status)
        assert.strictEqual(response.headers["location"], "https://elsewhere.example/")
      }).pipe(Effect.provide(transport()))
    )

    it.effect("page: repeated-cursor names the cursor that was asked for, and passes a first page by", () =>
      Effect.gen(function* () {
        yield* inject(Faults.page("repeated-cursor"))
        const first = yield* list({ limit: "2" })
        const after = String(field(first.body, "last_id"))
        const second = yield* list({ limit: "2", after })
        assert.deepStrictEqual(projects(second), ["proj_2", "proj_1"])
        assert.strictEqual(field(second.body, "last_id"), after)
        assert.strictEqual(field(second.body, "has_more"), true)
      }).pipe(Effect.provide(transport(seeded)))
    )

    it.effect("page: missing-has-more, has-more-yes", () =>
      Effect.gen(function* () {
        yield* inject(Faults.page("missing-has-more"))
        const missing = yield* list()
        assert.doesNotHaveAnyKeys(missing.body, ["has_more"])
        assert.lengthOf(projects(missing), 4)
        yield* inject(Faults.page("has-more-yes"))
        assert.strictEqual(field((yield* list()).body, "has_more"), "yes")
      }).pipe(Effect.provide(transport(seeded)))
    )

    it.effect("page: null-last-id, missing-last-id", () =>
      Effect.gen(function* () {
        yield* inject(Faults.page("null-last-id"))
        const page = yield* list({ limit: "2" })
        assert.strictEqual(field(page.body, "last_id"), null)
        assert.strictEqual(field(page.body, "has_more"), true)
        yield* inject(Faults.page("missing-last-id"))
        assert.doesNotHaveAnyKeys((yield* list({ limit: "2" })).body, ["last_id"])
      }).pipe(Effect.provide(transport(seeded)))
    )

    it.effect("page: data-not-list, item-without-id", () =>
      Effect.gen(function* () {
        yield* inject(Faults.page("data-not-list"))
        const page = yield* list()
        assert.isFalse(Array.isArray(field(page.body, "data")))
        yield* inject(Faults.page("item-without-id"))
        const ids = items(yield* list(), "id")
        assert.lengthOf(ids, 4)
        assert.isUndefined(ids[3])
      }).pipe(Effect.provide(transport(seeded)))
    )

    it.effect.each([0, 1024])("endless: with chunks of %i bytes, until the client gives up", (chunk) =>
      Effect.gen(function* () {
        yield* inject(Faults.endless({ chunk, every: "1 second" }))
        const response = yield* send("GET")
        assert.strictEqual(response.status, 200)
        const fiber = yield* Effect.fork(Effect.flip(Effect.timeout(response.text, "5 seconds")))
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "TimeoutException")
        yield* stillWorks
      }).pipe(Effect.provide(transport(seeded)))
    )

    it.effect("endless: what a stream of it brings grows with the clock", () =>
      Effect.gen(function* () {
        yield* inject(Faults.endless({ chunk: 1000, every: "1 second" }))
        const response = yield* send("GET")
        const fiber = yield* Effect.fork(
          response.stream.pipe(
            Stream.scan(0, (bytes, chunk) => bytes + chunk.length),
            Stream.takeUntil((bytes) => bytes >= 5000),
            Stream.runLast
          )
        )
        yield* eventually(
          Effect.zipRight(
            TestClock.adjust("1 second"),
            Effect.map(Fiber.poll(fiber), (exit) => exit._tag === "Some")
          )
        )
        yield* Fiber.join(fiber)
        yield* stillWorks
      }).pipe(Effect.provide(transport(seeded)))
    )

    it.effect("huge: thirty megabytes", () =>
      Effect.gen(function* () {
        yield* inject(Faults.huge())
        const response = yield* send("GET")
        assert.strictEqual(response.status, 502)
        const bytes = yield* Stream.runFold(response.stream, 0, (sum, chunk) => sum + chunk.length)
        assert.strictEqual(bytes, 30_000_000)
        yield* stillWorks
      }).pipe(Effect.provide(transport()))
    )

    it.effect("huge: a client that stops reading leaves nothing behind", () =>
      Effect.gen(function* () {
        yield* inject(Faults.huge())
        const response = yield* send("GET")
        yield* Stream.runDrain(Stream.take(response.stream, 2))
        yield* stillWorks
      }).pipe(Effect.provide(transport()))
    )

    it.effect("falseGzip: a body that cannot be unpacked, after the work", () =>
      Effect.gen(function* () {
        yield* inject(Faults.falseGzip)
        const response = yield* send("POST", { json: { project_ids: ["proj_a"] } })
        assert.strictEqual(response.headers["content-encoding"], "gzip")
        assert.strictEqual((yield* Effect.flip(response.text))._tag, "ResponseError")
        assert.deepStrictEqual(yield* granted, ["proj_a"])
        yield* stillWorks
      }).pipe(Effect.provide(transport()))
    )

    it.effect("inject: only for an operation, a checkpoint, so many times", () =>
      Effect.gen(function* () {
        yield* inject(Faults.error(500), { operation: "create", checkpoint, times: 2 })
        assert.strictEqual((yield* list()).status, 200)
        assert.strictEqual((yield* create(["proj_a"], { checkpoint: "ft:other" })).status, 200)
        assert.strictEqual((yield* create(["proj_a"])).status, 500)
        assert.strictEqual((yield* create(["proj_a"])).status, 500)
        assert.strictEqual((yield* create(["proj_a"])).status, 200)
      }).pipe(Effect.provide(transport()))
    )

    it.effect("scripted: in order, by nth, and a wrong path uses nothing up", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* call("GET", { path: "/embeddings" })).status, 404)
        const statuses = yield* Effect.forEach(Array.from({ length: 5 }), () =>
          Effect.map(list(), ({ status }) => status)
        )
        assert.deepStrictEqual(statuses, [500, 200, 502, 503, 200])
      }).pipe(
        Effect.provide(
          transport({
            faults: Faults.scripted([
              Faults.error(500),
              { fault: Faults.error(502), operation: "list", nth: 3 },
              { fault: Faults.error(599), operation: "delete" },
              { fault: Faults.error(503), nth: 4 }
            ])
          })
        )
      )
    )

    it.effect("setFaults: replaces the plan and what was injected", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* controls.inject(Faults.error(500))
        yield* controls.setFaults(Faults.scripted([Faults.error(503)]))
        assert.strictEqual((yield* list()).status, 503)
        yield* controls.setFaults(Faults.none)
        assert.strictEqual((yield* list()).status, 200)
      }).pipe(Effect.provide(transport({ faults: Faults.scripted([{ fault: Faults.error(500), times: 9 }]) })))
    )

    it.effect("random: the same seed brings the same faults", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        const plan = Faults.random({
          seed: 42,
          probability: 0.5,
          kinds: ["server-error", "rate-limited", "html-200"],
          consecutive: 2
        })
        const run = Effect.gen(function* () {
          yield* controls.setFaults(plan)
          return yield* Effect.forEach(Array.from({ length: 40 }), () =>
            Effect.map(send("GET"), ({ status }) => status)
          )
        })
        const first = yield* run
        assert.deepStrictEqual(yield* run, first)
        assert.isAbove(new Set(first).size, 1)
      }).pipe(Effect.provide(transport()))
    )
  })
