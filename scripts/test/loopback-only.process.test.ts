import { execFile } from "node:child_process"
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const preload = new URL("../loopback-only.mjs", import.meta.url).href
const exec = promisify(execFile)

const ofFetch = (url: string) => `fetch("${url}").catch((e) => console.log(NAME, e.cause.message))`
const ofSocket = (module: string, call: string) =>
  `(await import("${module}")).${call}.on("error", (e) => console.log(NAME, e.message))`
const refused = (host: string) => `loopback only: a connection to ${host} was refused`
const ofText = `.then((r) => r.text()).then((text) => console.log(NAME, text))`

const inWorker = `const NAME = (await import("node:worker_threads")).workerData; ${ofFetch("http://192.0.2.1/")}`

/** Statements, with `NAME` in place of the name, and their output. */
const cases = (port: number): ReadonlyArray<readonly [name: string, statement: string, printed: string]> => [
  ["fetch of an address", ofFetch("http://192.0.2.1/"), refused("192.0.2.1")],
  ["fetch of a name", ofFetch("https://api.example/"), refused("api.example")],
  ["node:http", ofSocket("node:http", `get("http://192.0.2.1/")`), refused("192.0.2.1")],
  ["node:https", ofSocket("node:https", `get("https://192.0.2.1/")`), refused("192.0.2.1")],
  ["node:net with port and host", ofSocket("node:net", `connect(80, "2001:db8::1")`), refused("2001:db8::1")],
  ["node:tls", ofSocket("node:tls", `connect({ host: "192.0.2.1", port: 443 })`), refused("192.0.2.1")],
  [
    "a look-up",
    `(await import("node:dns")).lookup("api.example", (e) => console.log(NAME, e.message))`,
    refused("api.example")
  ],
  [
    "a promised resolve",
    `(await import("node:dns/promises")).resolve4("api.example").catch((e) => console.log(NAME, e.message))`,
    refused("api.example")
  ],
  [
    "a datagram",
    `const socket = (await import("node:dgram")).createSocket("udp4")
     try { socket.send("x", 53, "192.0.2.1") } catch (e) { console.log(NAME, e.message); socket.close() }`,
    refused("192.0.2.1")
  ],
  [
    "a worker thread",
    `new (await import("node:worker_threads")).Worker(${JSON.stringify(inWorker)}, { eval: true, workerData: NAME })`,
    refused("192.0.2.1")
  ],
  ["127.0.0.1", `fetch("http://127.0.0.1:${port}/")${ofText}`, "here"],
  ["localhost", `fetch("http://localhost:${port}/")${ofText}`, "here"],
  [
    "an address without a look-up, where a server may listen",
    `(await import("node:dns")).lookup("192.0.2.1", (_, address) => console.log(NAME, address))`,
    "192.0.2.1"
  ]
]

describe("loopback-only", () => {
  it("refuses every other address, and lets loopback through", async () => {
    const server = createServer((_request, response) => response.end("here"))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    // `address()` is a string for pipes only.
    const { port } = Object.assign({ port: 0 } satisfies Partial<AddressInfo>, server.address())
    const all = cases(port)
    const program = all.map(([name, statement]) => `{ const NAME = ${JSON.stringify(`${name}:`)}; ${statement} }`)
    // The refusals of a process of its own are not those of this suite.
    const { stdout } = await exec(
      process.execPath,
      ["--import", preload, "--input-type=module", "--eval", program.join("\n")],
      { env: { ...process.env, NODE_OPTIONS: "", LOOPBACK_ONLY_LOG: "" } }
    )
    server.close()
    assert.sameMembers(
      stdout.trim().split("\n"),
      all.map(([name, , printed]) => `${name}: ${printed}`)
    )
  })

  it("leaves each refusal beside itself, also those of a process with an environment of its own", async () => {
    const folder = mkdtempSync(join(tmpdir(), "loopback-only-"))
    const copy = join(folder, "loopback-only.mjs")
    copyFileSync(fileURLToPath(preload), copy)
    writeFileSync(join(folder, "refused"), "")
    const args = ["--eval", 'fetch("http://192.0.2.1/").catch(() => {})']
    await exec(process.execPath, args, { env: { NODE_OPTIONS: `--import=${pathToFileURL(copy).href}` } })
    assert.match(readFileSync(join(folder, "refused"), "utf8"), /^192\.0\.2\.1 /)
    rmSync(folder, { recursive: true })
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
    const { stdout } = await exec(process.execPath, ["--eval", `const NAME = "";${ofFetch("http://192.0.2.1/")}`], {
      env: { ...process.env, LOOPBACK_ONLY_LOG: "" }
    })
    assert.strictEqual(stdout.trim(), refused("192.0.2.1"))
  })
})
