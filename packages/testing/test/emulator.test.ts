import { connect } from "node:net"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"

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

const get = (target: string) =>
  `GET ${target} HTTP/1.1\r\nhost: emulator\r\nauthorization: Bearer k\r\nconnection: close\r\n\r\n`

describe("Emulator", () => {
  it.effect("says where it is, and takes calls as soon as it does", () =>
    Effect.gen(function* () {
      const { baseUrl, port } = yield* Emulator.Emulator
      assert.isAbove(port, 0)
      assert.strictEqual(baseUrl, `http://127.0.0.1:${port}/v1`)
      const text = yield* raw(port, get("/v1/fine_tuning/checkpoints/ft:a/permissions"))
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(text, /x-request-id: req_0/)
    }).pipe(Effect.provide(Emulator.layer()))
  )

  it.effect("any base path will do, such as Azure's", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator.Emulator
      for (const base of ["", "/v1", "/openai/v1"]) {
        const text = yield* raw(port, get(`${base}/fine_tuning/checkpoints/ft:a/permissions?api-version=1`))
        assert.match(text, /^HTTP\/1\.1 200 OK\r\n/, base)
      }
    }).pipe(Effect.provide(Emulator.layer()))
  )

  it.effect("resolves dot segments as URL parsers do, raw and encoded", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator.Emulator
      const fake = yield* FakePermissions.FakePermissions
      yield* raw(port, get("/v1/fine_tuning/checkpoints/ft:a/permissions/../../../models"))
      yield* raw(port, get("/v1/fine_tuning/checkpoints/ft:a/%2e%2E/ft:b/./permissions"))
      const [first, second] = yield* fake.requests
      assert.strictEqual(first?.path, "/v1/fine_tuning/models")
      assert.strictEqual(first?.url, "/v1/fine_tuning/checkpoints/ft:a/permissions/../../../models")
      assert.strictEqual(first?.status, 404)
      assert.strictEqual(second?.checkpoint, "ft:b")
      assert.strictEqual(second?.status, 200)
    }).pipe(Effect.provide(Emulator.layer()))
  )

  it.effect("answers what is not HTTP, a target that is no path, and a body that is too large", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator.Emulator
      const nonsense = yield* raw(port, "hello\r\n\r\n")
      assert.match(nonsense, /^HTTP\/1\.1 400 Bad Request\r\n/)
      assert.include(nonsense, '{"error":{"message"')
      assert.match(nonsense, /x-request-id: req_0/)
      assert.match(yield* raw(port, get("//fine_tuning/x")), /^HTTP\/1\.1 404 /)
      assert.match(yield* raw(port, get("http://h:99999999/x")), /^HTTP\/1\.1 404 /)
      const body = "x".repeat(1_100_000)
      const large = yield* raw(
        port,
        `POST /v1/fine_tuning/checkpoints/ft:a/permissions HTTP/1.1\r\nhost: e\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`
      )
      assert.match(large, /^HTTP\/1\.1 413 /)
      assert.match(large, /x-request-id: req_0/)
    }).pipe(Effect.provide(Emulator.layer()))
  )

  it.effect("EmulatorError: a port that is taken, with what to do", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator.Emulator
      const error = yield* Effect.flip(Effect.provide(Effect.void, Emulator.layer({ port })))
      assert.strictEqual(error._tag, "EmulatorError")
      assert.strictEqual(error.port, port)
      assert.strictEqual(
        error.message,
        `the emulator cannot listen on port ${port}: EADDRINUSE; pass another port, or 0 for any that is free`
      )
    }).pipe(Effect.provide(Emulator.layer()))
  )

  it.effect("ends with its layer: keep-alive connections and unanswered requests too, and the port is free again", () =>
    Effect.gen(function* () {
      const port = yield* Effect.gen(function* () {
        const { baseUrl, port } = yield* Emulator.Emulator
        const fake = yield* FakePermissions.FakePermissions
        const client = yield* HttpClient.HttpClient
        yield* Effect.fork(client.get(`${baseUrl}/fine_tuning/checkpoints/ft:a/permissions`))
        yield* fake.awaitRequests(1)
        return port
      }).pipe(
        Effect.provide(Emulator.layer({ behavior: { latency: "1 hour" } })),
        Effect.provide(FetchHttpClient.layer)
      )
      yield* Effect.provide(
        Effect.map(Emulator.Emulator, (emulator) => assert.strictEqual(emulator.port, port)),
        Emulator.layer({ port })
      )
    })
  )

  it.effect("two emulators have nothing in common", () =>
    Effect.gen(function* () {
      const one = yield* Layer.build(Layer.fresh(Emulator.layer({ seed: { "ft:a": ["proj_a"] } })))
      const two = yield* Layer.build(Layer.fresh(Emulator.layer()))
      const projects = (context: typeof one) =>
        Effect.provide(
          Effect.flatMap(FakePermissions.FakePermissions, (fake) => fake.projects("ft:a")),
          context
        )
      assert.deepStrictEqual(yield* projects(one), ["proj_a"])
      assert.deepStrictEqual(yield* projects(two), [])
    }).pipe(Effect.scoped)
  )
})
