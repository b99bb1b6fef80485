import { execFile } from "node:child_process"
import { realpathSync, statSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const preload = new URL("../loopback-only.mjs", import.meta.url).href
const exec = promisify(execFile)

/** What a program of its own prints under the preload; its refusals are not those of this suite. */
const run = async (program: string): Promise<string> => {
  const { stdout } = await exec(process.execPath, ["--import", preload, "--input-type=module", "--eval", program], {
    env: { ...process.env, NODE_OPTIONS: "", LOOPBACK_ONLY_LOG: "" }
  })
  return stdout.trim()
}

const ofFetch = (url: string) => `fetch("${url}").catch((e) => console.log(e.cause.message))`
const ofSocket = (module: string, call: string) =>
  `(await import("${module}")).${call}.on("error", (e) => console.log(e.message))`
const refused = (host: string) => `loopback only: a connection to ${host} was refused`

describe("loopback-only", () => {
  const server = createServer((_request, response) => response.end("here"))
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  // `address()` is a string for pipes only.
  const port = () => Object.assign({ port: 0 } satisfies Partial<AddressInfo>, server.address()).port

  it.each([
    ["fetch of an address", ofFetch("http://192.0.2.1/"), "192.0.2.1"],
    ["fetch of a name", ofFetch("https://api.example/"), "api.example"],
    ["node:http", ofSocket("node:http", `get("http://192.0.2.1/")`), "192.0.2.1"],
    ["node:https", ofSocket("node:https", `get("https://192.0.2.1/")`), "192.0.2.1"],
    ["node:net with port and host", ofSocket("node:net", `connect(80, "2001:db8::1")`), "2001:db8::1"],
    ["node:tls", ofSocket("node:tls", `connect({ host: "192.0.2.1", port: 443 })`), "192.0.2.1"],
    ["a look-up", `(await import("node:dns")).lookup("api.example", (e) => console.log(e.message))`, "api.example"],
    [
      "a promised resolve",
      `(await import("node:dns/promises")).resolve4("api.example").catch((e) => console.log(e.message))`,
      "api.example"
    ],
    [
      "a datagram",
      `try { (await import("node:dgram")).createSocket("udp4").send("x", 53, "192.0.2.1") } catch (e) { console.log(e.message); process.exit() }`,
      "192.0.2.1"
    ],
    [
      "a worker thread",
      `new (await import("node:worker_threads")).Worker(${JSON.stringify(ofFetch("http://192.0.2.1/"))}, { eval: true })`,
      "192.0.2.1"
    ]
  ])("refuses %s", async (_name, program, host) => {
    assert.strictEqual(await run(program), refused(host))
  })

  it.each(["127.0.0.1", "localhost"])("lets %s through", async (host) => {
    assert.strictEqual(await run(`fetch("http://${host}:${port()}/").then((r) => r.text()).then(console.log)`), "here")
  })

  it("lets a server listen on an address of this machine, which nobody is asked for", async () => {
    const program = `(await import("node:dns")).lookup("192.0.2.1", (_, address) => console.log(address))`
    assert.strictEqual(await run(program), "192.0.2.1")
  })

  it("is read from a place that every user reaches when the suite runs as npm test", () => {
    const [, url] = /--import=(\S+loopback-only\.mjs)/.exec(process.env["NODE_OPTIONS"] ?? "") ?? []
    if (url === undefined) return
    const file = fileURLToPath(url)
    const folder = dirname(file)
    assert.strictEqual(realpathSync(dirname(folder)), realpathSync(tmpdir()))
    assert.deepStrictEqual([statSync(folder).mode & 0o777, statSync(file).mode & 0o777], [0o755, 0o644])
  })

  it("is in force here when the suite runs as npm test", async () => {
    if (!process.env["NODE_OPTIONS"]?.includes("loopback-only.mjs")) return
    const { stdout } = await exec(process.execPath, ["--eval", ofFetch("http://192.0.2.1/")], {
      env: { ...process.env, LOOPBACK_ONLY_LOG: "" }
    })
    assert.strictEqual(stdout.trim(), refused("192.0.2.1"))
  })
})
