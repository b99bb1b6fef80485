import { connect, type Socket } from "node:net"
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Redacted, Schedule, TestClock } from "effect"
import OpenAI from "openai"
import { scopedWith, scoped as test } from "../../core/test/effects.ts"

/** Sends bytes and reads all that comes back until the server closes. */
const raw = (port: number, text: string) =>
  Effect.async<string>((resume) => {
    let received = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(text))
    socket.setEncoding("utf8")
    socket.on("data", (chunk: string) => {
      received += chunk
    })
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(received)))
  })

const get = (target: string, host = "emulator", more = "") =>
  `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer k\r\nconnection: close\r\n${more}\r\n`

const path = "/fine_tuning/checkpoints/ft:a/permissions"
const list = get(`/v1${path}`)

/** Sends each text, and holds what comes back against what is to come. */
const exchanged = (exchanges: ReadonlyArray<readonly [sent: string, received: RegExp]>) =>
  Effect.flatMap(Emulator.Emulator, ({ port }) =>
    Effect.forEach(exchanges, ([sent, received]) =>
      Effect.map(raw(port, sent), (text) => assert.match(text, received, sent))
    )
  )

const upgrade = "host: e\r\nconnection: upgrade\r\nupgrade: websocket\r\n"

/** Sends bytes and resets the connection, at once or when something comes back. */
const reset = (port: number, text: string, waits: boolean) =>
  Effect.async<void>((resume) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(text, () => {
        if (!waits) socket.resetAndDestroy()
      })
    )
    socket.on("data", () => socket.resetAndDestroy())
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.void))
  })

const sockets = Effect.sync(() => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length)

describe("Emulator", () => {
  scopedWith("says where it is, and takes calls as soon as it does", Emulator.layer(), function* () {
    const { baseUrl, controlUrl, port } = yield* Emulator.Emulator
    assert.isAbove(port, 0)
    assert.strictEqual(baseUrl, `http://127.0.0.1:${port}/v1`)
    assert.strictEqual(controlUrl, `http://127.0.0.1:${port}/__fake`)
    yield* exchanged([[list, /^HTTP\/1\.1 200 OK\r\n[\s\S]*x-request-id: req_0/]])
  })

  it.effect("only /v1 is the API: elsewhere 404 in OpenAI's words", () =>
    exchanged([
      ...["", "/openai/v1", "/v1/v1", "/v1/organization", "/v2", "/__fakes", "/v1/__fake"].map((base) => {
        const error = `{"error":{"message":"Invalid URL \\(GET ${base}${path}\\)","type":"invalid_request_error"`
        return [
          get(`${base}${path}`),
          new RegExp(`^HTTP/1.1 404 Not Found\\r\\n[\\s\\S]*x-request-id: req_0[\\s\\S]*${error}`)
        ] as const
      }),
      [get(`/v1${path}?api-version=1`), /^HTTP\/1\.1 200 OK\r\n/]
    ]).pipe(Effect.provide(Emulator.layer()))
  )

  scopedWith("resolves dot segments as URL parsers do, raw and encoded", Emulator.layer(), function* () {
    yield* exchanged([
      [get(`/v1${path}/../../../models`), /^HTTP\/1\.1 404 /],
      [get("/v1/fine_tuning/checkpoints/ft:a/%2e%2E/ft:b/./permissions"), /^HTTP\/1\.1 200 /]
    ])
    const [first, second] = yield* (yield* FakePermissions.FakePermissions).requests
    assert.deepInclude(first, { path: "/v1/fine_tuning/models", url: `/v1${path}/../../../models` })
    assert.strictEqual(second?.checkpoint, "ft:b")
  })

  it.effect.each([
    ["what is not HTTP", "hello\r\n\r\n", 400],
    ["headers that are too large", `GET /v1/x HTTP/1.1\r\nhost: e\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["a request without a Host", "GET /v1/x HTTP/1.1\r\nconnection: close\r\n\r\n", 400],
    ["two lengths", "POST /v1/x HTTP/1.1\r\nhost: e\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx", 400],
    ["a chunk that is none", "POST /v1/x HTTP/1.1\r\nhost: e\r\ntransfer-encoding: chunked\r\n\r\nZ\r\n", 400],
    ["a tunnel", "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n", 405],
    ["an upgrade", `GET /v1/x HTTP/1.1\r\n${upgrade}\r\n`, 501],
    ["an upgrade with half a body", `POST /v1/x HTTP/1.1\r\ncontent-length: 10\r\n${upgrade}\r\nfive`, 501],
    ["a target that is no path", get("//fine_tuning/x"), 404],
    ["a target that is no URL", get("http://h:99999999/x"), 404],
    ["an expectation", get("/v1/x", "e", "expect: miracles\r\n"), 404],
    [
      "a body that is too large",
      `POST /v1/x HTTP/1.1\r\nhost: e\r\nconnection: close\r\ncontent-length: 1100000\r\n\r\n${"x".repeat(1_100_000)}`,
      413
    ]
  ] as const)("answers %s in the envelope, with a request id", ([, text, status]) =>
    Effect.gen(function* () {
      const { port } = yield* Emulator.Emulator
      const received = yield* raw(port, text)
      assert.match(received, new RegExp(`^HTTP/1.1 ${status} `))
      assert.match(received, /\r\nx-request-id: req_0\d+\r\n/)
      const body = received.split("\r\n\r\n")[1] ?? ""
      assert.deepStrictEqual(Object.keys(JSON.parse(body).error), ["message", "type", "param", "code"])
      yield* exchanged([[list, /^HTTP\/1\.1 200 /]])
    }).pipe(Effect.provide(Emulator.layer()))
  )

  it.live.each([
    ["headers", "GET /v1/x HTTP/1.1\r\nhost: e\r\nx-never"],
    ["body", "POST /v1/x HTTP/1.1\r\nhost: e\r\ncontent-length: 10\r\n\r\nfive"]
  ] as const)("a request whose %s do not arrive in time is 408", ([, text]) =>
    exchanged([
      [
        text,
        /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*x-request-id: req_0[\s\S]*"The request took too long to arrive\."/
      ]
    ]).pipe(Effect.provide(Emulator.layer({ requestTimeout: "100 millis" })))
  )

  it.live("survives clients that reset what is no request, and lets go of them", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator.Emulator
      const before = yield* sockets
      const hostile = [
        "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n",
        "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\ncontent-length: 10\r\n\r\nfive",
        `POST /v1/x HTTP/1.1\r\ncontent-length: 10\r\n${upgrade}\r\nfive`,
        `${get("/v1/models").replace("connection: close\r\n", "")}rubbish\r\n\r\n\u0000${get("/v1/models")}`
      ]
      const all = Array.from({ length: 25 }, () => hostile).flat()
      yield* Effect.forEach([true, false], (waits) =>
        Effect.forEach(all, (text) => reset(port, text, waits), { concurrency: 8 })
      )
      yield* exchanged([[list, /^HTTP\/1\.1 200 /]])
      yield* Effect.repeat(sockets, { until: (now) => now <= before, schedule: Schedule.spaced("5 millis") })
    }).pipe(Effect.provide(Emulator.layer()))
  )

  it.live("a body that takes time ends with its client", () => {
    let sleepers = 0
    const clock: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => 0,
      unsafeCurrentTimeNanos: () => 0n,
      currentTimeMillis: Effect.succeed(0),
      currentTimeNanos: Effect.succeed(0n),
      sleep: () =>
        Effect.async<void>(() => {
          sleepers += 1
          return Effect.sync(() => {
            sleepers -= 1
          })
        })
    }
    const turn = Effect.async<number>((resume) => {
      setImmediate(() => resume(Effect.succeed(sleepers)))
    })
    const become = (count: number) => Effect.repeat(turn, { until: (now) => now === count })
    return Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.inject(Faults.endless({ every: "1 second" }))
      const { port } = yield* Emulator.Emulator
      const socket = connect(port, "127.0.0.1", () => socket.write(list))
      socket.on("error", () => {})
      yield* become(1)
      socket.destroy()
      yield* become(0)
    }).pipe(Effect.provide(Emulator.layer()), Effect.withClock(clock))
  })

  it.live("ends though a client keeps a tunnel open that was refused", () =>
    Effect.gen(function* () {
      const socket = yield* Effect.gen(function* () {
        const { port } = yield* Emulator.Emulator
        return yield* Effect.async<Socket>((resume) => {
          const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () =>
            socket.write("CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n")
          )
          socket.on("error", () => {})
          socket.once("data", () => resume(Effect.succeed(socket)))
        })
      }).pipe(Effect.provide(Emulator.layer()))
      socket.destroy()
    })
  )

  const health = "/__fake/health"
  const local = get(health, "localhost")

  it.effect("control routes answer to names of this machine only, and to no dot segments", () =>
    exchanged([
      [local, /^HTTP\/1\.1 200 /],
      [get(health, "evil.example"), /^HTTP\/1\.1 403 [\s\S]*control_error/],
      ...["/v1/../__fake/health", "/__fake/./health", "/v1/%2e%2E/__fake/health", "/__fake\\..\\__fake/health"].map(
        (target) => [get(target, "localhost"), /^HTTP\/1\.1 400 [\s\S]*dot segments/] as const
      )
    ]).pipe(Effect.provide(Emulator.layer()))
  )

  it.effect("control routes need the token if there is one, whatever the Host; the API needs none", () =>
    exchanged([
      [get(health, "emulator:4010").replace("Bearer k", "Bearer t0ken"), /^HTTP\/1\.1 200 /],
      [local, /^HTTP\/1\.1 401 [\s\S]*--control-token/],
      [local.replace("authorization: Bearer k\r\n", ""), /^HTTP\/1\.1 401 /],
      [list, /^HTTP\/1\.1 200 /]
    ]).pipe(Effect.provide(Emulator.layer({ host: "0.0.0.0", control: { token: Redacted.make("t0ken") } })))
  )

  it.effect("without control there are no such routes", () =>
    exchanged(
      ["/__fake", health, "/__fake/servers/1/v1/models"].map(
        (target) => [get(target, "localhost"), /^HTTP\/1\.1 404 [\s\S]*Invalid URL \(GET /] as const
      )
    ).pipe(Effect.provide(Emulator.layer({ control: false })))
  )

  test("on an address that others reach, control needs a token or has to be off", function* () {
    const exit = yield* Effect.exit(Effect.provide(Effect.void, Emulator.layer({ host: "0.0.0.0" })))
    assert(Exit.isFailure(exit))
    assert.include(Cause.pretty(exit.cause), "control: expected a token, or false")
    yield* Effect.provide(Effect.void, Emulator.layer({ host: "0.0.0.0", control: false }))
  })

  scopedWith("EmulatorError: a port that is taken, with what to do", Emulator.layer(), function* () {
    const { port } = yield* Emulator.Emulator
    const error = yield* Effect.flip(Effect.provide(Effect.void, Emulator.layer({ port })))
    assert.strictEqual(error._tag, "EmulatorError")
    assert.strictEqual(error.port, port)
    assert.strictEqual(
      error.message,
      `the emulator cannot listen on port ${port}: EADDRINUSE; pass another port, or 0 for any free port`
    )
  })

  test("ends with its layer: keep-alive connections and unanswered requests too, and the port is free again", function* () {
    const port = yield* Effect.gen(function* () {
      const { baseUrl, port } = yield* Emulator.Emulator
      const fake = yield* FakePermissions.FakePermissions
      const client = yield* HttpClient.HttpClient
      yield* Effect.fork(client.get(`${baseUrl}${path}`))
      yield* fake.awaitRequests(1)
      return port
    }).pipe(Effect.provide(Emulator.layer({ behavior: { latency: "1 hour" } })), Effect.provide(FetchHttpClient.layer))
    yield* Effect.provide(
      Effect.map(Emulator.Emulator, (emulator) => assert.strictEqual(emulator.port, port)),
      Emulator.layer({ port })
    )
  })

  it.effect("the official SDK lists across pages and throws its own errors, on the clock of the layer", () =>
    Effect.gen(function* () {
      const { baseUrl: baseURL } = yield* Emulator.Emulator
      const client = new OpenAI({ adminAPIKey: "any", apiKey: null, baseURL, maxRetries: 0 })
      const { permissions } = client.fineTuning.checkpoints
      const ids = yield* Effect.promise(async () => {
        const ids = new Set<string>()
        for await (const { id } of permissions.list("ft:a", { limit: 10 })) ids.add(id)
        return ids
      })
      assert.strictEqual(ids.size, 25)
      const listed = Effect.tryPromise({ try: async () => await permissions.list("ft:a"), catch: (error) => error })
      assert.instanceOf(yield* Effect.flip(listed), OpenAI.RateLimitError)
      yield* TestClock.adjust("1 minute")
      yield* listed
    }).pipe(
      Effect.provide(
        Emulator.layer({
          seed: { "ft:a": Array.from({ length: 25 }, (_, n) => `proj_${n}`) },
          behavior: { rate: { requests: 3, per: "1 minute" } }
        })
      )
    )
  )
})
