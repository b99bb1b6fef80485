/** The additions of a transport to the rules, which `fake` tests. */
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { FetchHttpClient, HttpBody } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Console, Effect, Exit, Fiber, Inspectable, Layer, Redacted, Stream, TestClock } from "effect"
import { scopedWith, scoped as test } from "../../core/test/effects.ts"
import {
  call,
  checkpoint,
  creating,
  eventually,
  fake,
  field,
  inject,
  send,
  started,
  Target,
  type Transport
} from "./support.ts"

const inProcess: Transport = (options) =>
  Layer.merge(FakePermissions.layer(options), Layer.succeed(Target, { baseUrl: "https://api.openai.com/v1" }))

const socket: Transport = (options) =>
  Layer.effect(Target, Emulator.Emulator).pipe(
    Layer.provideMerge(Emulator.layer(options)),
    Layer.orDie,
    Layer.merge(FetchHttpClient.layer),
    Layer.merge(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
  )

const granted = Effect.flatMap(fake, (controls) => controls.projects(checkpoint))
const create = send("POST", creating("proj_a"))
const outcomes = Effect.flatMap(fake, (controls) =>
  Effect.map(controls.requests, (requests) => requests.map(({ outcome }) => outcome))
)

/** Checks that the server and the connection to it still work. */
const stillWorks = Effect.map(call("GET"), ({ status }) => assert.strictEqual(status, 200))

/** The code of the error at the bottom of a chain of causes. */
const codeOf = (error: unknown): unknown => {
  const cause = field(error, "cause")
  return cause === undefined ? field(error, "code") : codeOf(cause)
}

/** Status, headers and body of a reply, or the errors of a connection and of a body. */
const seen = Effect.gen(function* () {
  const response = yield* create
  const headers = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}\n`)
  const text = yield* response.text
  return `${response.status}\n${headers.join("")}\n${text.length > 10_000 ? `${text.length} characters` : text}`
}).pipe(
  Effect.catchTags({
    RequestError: (error) => Effect.succeed(`${error.reason} ${codeOf(error)}`),
    ResponseError: ({ reason, response: { status } }) => Effect.succeed(`${status} ${reason}`)
  })
)

const reset = /^Transport (ECONNRESET|UND_ERR_SOCKET)$/
const bare = Faults.reply(503, { headers: { "x-should-retry": "false" }, body: { error: "bare" } })

const meets: ReadonlyArray<readonly [name: string, fault: Faults.Fault, seen: RegExp, isDone: boolean]> = [
  [
    "any status, headers and body",
    bare,
    /^503\n(?=[\s\S]*x-request-id: req_)[\s\S]*x-should-retry: false\n[\s\S]*\n\{"error":"bare"\}$/,
    false
  ],
  ["an empty body", Faults.reply(500), /^500\n[\s\S]*\n\n$/, false],
  ["a status that has no body", Faults.reply(204), /^204\n[\s\S]*\n\n$/, false],
  ["HTML with status 200", Faults.html(), /^200\n[\s\S]*content-type: text\/html[\s\S]*\n\n<!DOCTYPE html>/, false],
  [
    "a redirect",
    Faults.redirect("https://elsewhere.example/", 307),
    /^307\n[\s\S]*location: https:\/\/elsewhere.example\/\n/,
    false
  ],
  ["no reply, before the work", Faults.dropBefore("ECONNRESET"), reset, false],
  ["no reply, after the work", Faults.dropAfter(), reset, true],
  ["a body that breaks off at once", Faults.truncatedBody({ share: 0 }), /^200 Decode$/, true],
  ["a body that breaks off half-way", Faults.truncatedBody({ share: 0.5 }), /^200 Decode$/, true],
  ["a body that breaks off at its end", Faults.truncatedBody({ share: 0.99 }), /^200 Decode$/, true],
  [
    "a body that is not whole",
    Faults.truncatedBody({ then: "end" }),
    /^200\n[\s\S]*\n\n\{"object":"list".*[^}]$/,
    true
  ],
  ["a body that cannot be unpacked", Faults.falseGzip, /^200 Decode$/, true],
  ["thirty megabytes", Faults.huge(), /^502\n[\s\S]*\n\n30000000 characters$/, false]
]

describe.each([
  ["FakePermissions", inProcess],
  ["socket", socket]
] as const)("%s", (_name, transport) => {
  it.effect.each(meets)("a client meets %s, and the server goes on", ([, fault, expected, isDone]) =>
    Effect.gen(function* () {
      yield* inject(fault)
      const text = yield* seen
      assert.match(text, expected)
      assert.deepStrictEqual(yield* granted, isDone ? ["proj_a"] : [])
      yield* stillWorks
    }).pipe(Effect.provide(transport()))
  )

  it.effect("latency is before the work and after it; late work keeps its client waiting", () =>
    Effect.gen(function* () {
      yield* inject(Faults.latency({ before: "5 seconds", after: "7 seconds" }))
      yield* inject(Faults.lateWork("3 seconds"))
      for (const [before, after] of [
        [5, 7],
        [3, 0]
      ] as const) {
        const had = (yield* granted).length
        const fiber = yield* started(create)
        yield* TestClock.adjust(before * 1000 - 1)
        assert.lengthOf(yield* granted, had)
        yield* TestClock.adjust(1)
        assert.lengthOf(yield* granted, had + 1)
        yield* TestClock.adjust(after * 1000)
        assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
      }
    }).pipe(Effect.provide(transport({ behavior: { regrant: "second" } })))
  )

  it.effect("late work is done though the client was interrupted, dropped or timed out", () =>
    Effect.gen(function* () {
      for (const meanwhile of ["wait", "drop", "gateway-timeout"] as const) {
        yield* inject(Faults.lateWork("5 seconds", meanwhile))
      }
      yield* Fiber.interrupt(yield* started(create))
      yield* eventually(Effect.map(outcomes, ([outcome]) => outcome === "abandoned"))
      assert.match(yield* seen, reset)
      assert.match(yield* seen, /^504\n[\s\S]*<html>/)
      assert.deepStrictEqual(yield* granted, [])
      yield* TestClock.adjust("5 seconds")
      yield* eventually(Effect.map(granted, ({ length }) => length === 3))
    }).pipe(Effect.provide(transport({ behavior: { regrant: "second" } })))
  )

  it.effect.each([0, 1024])("an endless body with chunks of %i bytes ends when the client gives up", (chunk) =>
    Effect.gen(function* () {
      yield* inject(Faults.endless({ chunk, every: "1 second" }))
      const { text } = yield* send("GET")
      const fiber = yield* Effect.fork(Effect.flip(Effect.timeout(text, "5 seconds")))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "TimeoutException")
      yield* stillWorks
    }).pipe(Effect.provide(transport()))
  )

  scopedWith("an endless body grows with the clock, and can be left as a large one can", transport(), function* () {
    yield* inject(Faults.endless({ chunk: 1000, every: "1 second" }))
    const { stream } = yield* send("GET")
    const fiber = yield* stream.pipe(
      Stream.scan(0, (bytes, chunk) => bytes + chunk.length),
      Stream.takeUntil((bytes) => bytes >= 5000),
      Stream.runDrain,
      Effect.fork
    )
    const ended = Effect.map(Fiber.poll(fiber), ({ _tag }) => _tag === "Some")
    yield* eventually(Effect.zipRight(TestClock.adjust("1 second"), ended))
    yield* Fiber.join(fiber)
    yield* inject(Faults.huge())
    yield* Stream.runDrain(Stream.take((yield* send("GET")).stream, 2))
    yield* stillWorks
  })

  scopedWith("a request is recorded as it was sent, with what became of it", transport(), function* () {
    const controls = yield* fake
    const key = "sk-admin-very-secret"
    const path = `/v1/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`
    yield* TestClock.adjust("5 seconds")
    const headers = { authorization: `Bearer ${key}`, "openai-organization": "org-1" }
    const query = [
      ["limit", "2"],
      ["project_id", "proj_a"]
    ] as const
    const { headers: replied } = yield* call("GET", { query, headers })
    yield* call("DELETE", { path: `${path.slice(3)}/cp_9` })
    yield* call("GET", { path: "/embeddings", headers: { "api-key": key, cookie: `session=${key}` } })
    yield* inject(Faults.dropAfter())
    yield* Effect.flip(create)
    const requests = yield* controls.requests
    const keys = requests.map(({ key }) => key && Redacted.value(key))
    assert.deepStrictEqual(keys, [key, "sk-admin-test", key, "sk-admin-test"])
    const [list, remove, wrong, dropped, ...rest] = requests
    assert.lengthOf(rest, 0)
    assert.deepInclude(list, {
      method: "GET",
      path,
      query: { limit: "2", project_id: "proj_a" },
      body: "",
      time: 5000,
      operation: "list",
      checkpoint,
      permissionId: undefined,
      status: 200,
      outcome: "replied",
      answeredAt: 5000
    })
    assert.include(list?.url, path)
    assert.strictEqual(list?.requestId, replied["x-request-id"])
    assert.deepInclude(list?.headers, { "openai-organization": "org-1", authorization: "Bearer <redacted>" })
    assert.deepInclude(remove, { operation: "delete", permissionId: "cp_9", status: 404 })
    assert.deepInclude(wrong, { operation: undefined, status: 404 })
    const sent = { operation: "create", body: '{"project_ids":["proj_a"]}', fault: Faults.dropAfter() } as const
    assert.deepInclude(dropped, { ...sent, outcome: "dropped", status: undefined })
    for (const text of [JSON.stringify(requests), Inspectable.toStringUnknown(requests), String(list?.key)]) {
      assert.notInclude(text, key)
    }
    yield* controls.clearRequests
    assert.deepStrictEqual(yield* controls.requests, [])
    yield* stillWorks
    yield* controls.awaitRequests(1)
  })

  it.effect.each([
    ["succeeds", Effect.void, 0],
    ["fails", Effect.fail("no"), 1],
    ["dies", Effect.die("no"), 1],
    ["is interrupted", Effect.interrupt, 1]
  ] as const)("withRequestLog prints the requests of an effect that %s only if it does not succeed", ([, end, texts]) =>
    Effect.gen(function* () {
      const written: Array<string> = []
      const error = (text: string) => Effect.sync(() => void written.push(text))
      const console = yield* Console.consoleWith(Effect.succeed)
      yield* call("GET", { query: [["after", "sk-admin-test"]] }).pipe(
        Effect.zipRight(end),
        FakePermissions.withRequestLog,
        Effect.withConsole({ ...console, error }),
        Effect.exit
      )
      assert.lengthOf(written, texts)
      for (const text of written)
        assert.match(text, /^The fake saw 1 request\n {2}\+0ms GET \S+\?after=<redacted>: 400$/)
    }).pipe(Effect.provide(transport()))
  )

  test("a fault that affects no request is in the request log, and the end of a strict fake dies with it", function* () {
    const written: Array<string> = []
    const error = (text: string) => Effect.sync(() => void written.push(text))
    const console = yield* Console.consoleWith(Effect.succeed)
    const run = (
      which: FakePermissions.InjectOptions,
      end: Effect.Effect<void, string>,
      strictFaults: boolean | undefined = true
    ) =>
      Effect.flatMap(FakePermissions.FakePermissions, ({ inject }) => inject(Faults.dropAfter(), which)).pipe(
        Effect.zipRight(Effect.ignore(call("GET"))),
        Effect.zipRight(end),
        FakePermissions.withRequestLog,
        Effect.withConsole({ ...console, error }),
        Effect.provide(transport({ strictFaults })),
        Effect.exit
      )
    assert.isTrue(Exit.isSuccess(yield* run({ operation: "list", times: 3 }, Effect.void)))
    assert.isTrue(Exit.isSuccess(yield* run({ operation: "create" }, Effect.void, false)))
    const message = "no request matched DropAfter (create, ft:other): check operation, checkpoint and nth"
    const dies = yield* run({ operation: "create", checkpoint: "ft:other" }, Effect.void)
    assert.isTrue(Exit.isFailure(dies) && Cause.pretty(dies.cause).includes(message))
    assert.isEmpty(written)
    assert.deepStrictEqual(yield* run({ operation: "delete" }, Effect.fail("no")), Exit.fail("no"))
    assert.match(String(written), /\nNo request matched DropAfter \(delete\)$/)
  })

  it.effect.each([
    [1, { operation: "create" }, "dies"],
    [1, { checkpoint: "ft:other" }, "dies"],
    [2, { operation: "list" }, "succeeds"],
    [2, {}, "succeeds"]
  ] as const)("%d faults injected for %j, with one list: the end of the fake %s by default", ([count, which, end]) =>
    Effect.flatMap(FakePermissions.FakePermissions, ({ inject }) =>
      inject([Faults.dropAfter(), Faults.dropBefore()].slice(0, count), which)
    ).pipe(
      Effect.zipRight(Effect.ignore(call("GET"))),
      Effect.provide(transport()),
      Effect.exit,
      Effect.map((exit) => assert.strictEqual(Exit.isFailure(exit) ? "dies" : "succeeds", end))
    )
  )

  it.effect("paths and parameters come as they were sent", () =>
    Effect.gen(function* () {
      const projectOf = (reply: { readonly body: unknown }) => field(reply.body, "data", 0, "project_id")
      const raw = yield* call("GET", { path: `/fine_tuning/checkpoints/${checkpoint}/x/../permissions` })
      assert.strictEqual(projectOf(raw), "proj_a")
      assert.strictEqual(projectOf(yield* call("GET", { checkpoint: "a/b ?#%é" })), "proj_b")
      const twice = [
        ["limit", "1"],
        ["limit", "2"]
      ] as const
      const text = HttpBody.text('{"project_ids":["proj_c"]}', "text/plain")
      for (const [method, options, status, code] of [
        ["GET", { path: "/fine_tuning/checkpoints/%ff/permissions" }, 404, "unknown_url"],
        ["GET", { query: twice }, 400, "invalid_value"],
        ["POST", { body: text }, 400, "unsupported_content_type"],
        ["PUT", {}, 405, "method_not_supported"]
      ] as const) {
        const reply = yield* call(method, options)
        assert.deepStrictEqual([reply.status, field(reply.body, "error", "code")], [status, code])
        if (status === 405) assert.strictEqual(reply.headers["allow"], "GET, POST")
      }
    }).pipe(Effect.provide(transport({ seed: { [checkpoint]: ["proj_a"], "a/b ?#%é": ["proj_b"] } })))
  )
})
