import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream, TestClock } from "effect"
import {
  checkpoint,
  create,
  eventually,
  fake,
  field,
  inject,
  list,
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
        yield* inject(Faults.dropBefore("ECONNRESET"))
        assert.include(["ECONNRESET", "UND_ERR_SOCKET"], codeOf(yield* Effect.flip(create(["proj_a"]))))
        assert.deepStrictEqual(yield* granted, [])
        yield* stillWorks
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
  })
