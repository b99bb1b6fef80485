import { connect, createServer } from "node:net"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { cli, exits, withoutPauses } from "./support/inProcess.ts"
import { listen } from "./support/listen.ts"
import { test } from "./support/test.ts"
import { seed, weather, world } from "./support/world.ts"

/**
 * A proxy on the loopback that takes CONNECT: its address, the hosts that it was asked for, and an effect that ends when
 * one of them is not the loopback.
 */
const proxy = Effect.gen(function* () {
  const asked: Array<string> = []
  const elsewhere = yield* Deferred.make<void>()
  const url = yield* listen(
    createServer((socket) => {
      socket.on("error", () => {})
      socket.once("data", (head) => {
        const [, host = "", port = ""] = /^CONNECT ([^ :]+):(\d+) /.exec(head.toString()) ?? []
        asked.push(`${host}:${port}`)
        // Nothing beyond the loopback is looked up.
        if (host !== "127.0.0.1") {
          Deferred.unsafeDone(elsewhere, Effect.void)
          return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        }
        const upstream = connect(Number(port), host, () => {
          socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
          socket.pipe(upstream).pipe(socket)
        })
        upstream.on("error", () => socket.destroy())
      })
    })
  )
  return { asked, askedElsewhere: Deferred.await(elsewhere), url }
})

const server = Emulator.layer({ seed })

describe.concurrent("the network", () => {
  test("is reached through the proxy that the environment names, but for NO_PROXY", server, function* () {
    const { baseUrl, cli: run } = yield* world
    const { asked, askedElsewhere, url } = yield* proxy
    const host = new URL(baseUrl).host
    for (const name of ["HTTP_PROXY", "http_proxy"]) {
      asked.length = 0
      const through = yield* exits(0, run(["list", weather], { [name]: url }))
      assert.strictEqual(through.stderr, "")
      assert.deepStrictEqual([...new Set(asked)], [host])
    }
    asked.length = 0
    yield* exits(0, run(["list", weather], { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: "127.0.0.1" }))
    assert.deepStrictEqual(asked, [])
    const secure = ["list", weather, "--api-url", "https://checkpoints.invalid:8443/v1"]
    yield* Effect.raceFirst(run(secure, { HTTPS_PROXY: url }), askedElsewhere)
    assert.include(asked, "checkpoints.invalid:8443")
    const wrong = yield* exits(2, run(["list", weather], { HTTPS_PROXY: "user:secret-word" }))
    assert.match(wrong.stderr, /^checkpoint-permissions: HTTPS_PROXY is not a proxy URL: .*\n$/)
    assert.notInclude(wrong.stderr, "secret-word")
  })

  const everyCommand: ReadonlyArray<ReadonlyArray<string>> = [
    ["list", weather],
    ["api", "create", weather, "proj_a"],
    ["api", "delete", weather, "cp_1"],
    ["grant", weather, "proj_a"],
    ["revoke", weather, "proj_a"],
    ["plan", "--file", "policy.yaml"],
    ["apply", "--file", "policy.yaml", "--yes"],
    ["audit", weather],
    ["export", weather]
  ]

  test("reports a proxy that refuses as the cause", server, function* () {
    const { env } = yield* world
    const { url } = yield* proxy
    const { code, stderr } = yield* withoutPauses("10 seconds")(
      cli(["list", weather], {
        env: { ...env, OPENAI_BASE_URL: "https://checkpoints.invalid:8443/v1", HTTPS_PROXY: url }
      })
    )
    assert.strictEqual(code, 1)
    assert.strictEqual(stderr.split("the admin key is sent to checkpoints.invalid\n").length, 2)
    assert.match(
      stderr,
      /no connection to https:\/\/checkpoints\.invalid:8443\/v1: the proxy refused with status 407 \(\d+ attempts .*; check the address, the proxy and the network/
    )
  })

  test("an unreachable server is named, with what to check", server, function* () {
    const { env, home } = yield* world
    const nowhere = { ...env, OPENAI_BASE_URL: "http://127.0.0.1:9/v1" }
    // A lock is renewed every ten seconds.
    const hasty = withoutPauses("10 seconds")
    const run = (args: ReadonlyArray<string>) => hasty(cli(args, { env: nowhere, cwd: home.path }))
    yield* Effect.forEach(
      everyCommand,
      (args) =>
        Effect.gen(function* () {
          const { code, stderr, stdout } = yield* run(args)
          assert.deepStrictEqual([code, stdout], [1, ""], args.join(" "))
          assert.match(
            stderr,
            /no connection to http:\/\/127\.0\.0\.1:9\/v1: .*; check the address, the proxy and the network; check that http:\/\/127\.0\.0\.1:9\/v1 is the correct server \(--api-url\) and is running\n$/
          )
        }),
      { concurrency: 9 }
    )
    assert.isEmpty(home.files().filter((name) => name.endsWith(".json")))
  })
})
