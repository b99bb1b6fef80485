import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { folders, snippets } from "../snippets.ts"

const blocks = snippets.filter(({ code }) => code.includes("EnvHttpProxyAgent"))

/** A call through the layer of a block. */
const call = `
import * as Runtime from "effect/Effect"
await Runtime.runPromise(Runtime.provide(CheckpointPermissions.list("ft:a"), layer))
`

/** Starts a proxy that refuses everything. `first` is the first line that a client sends. */
const proxy = async () => {
  let seen = (_: string): void => {}
  const first = new Promise<string>((resolve) => (seen = resolve))
  const server = createServer((socket) => {
    socket.on("error", () => {})
    socket.once("data", (head) => {
      seen(String(head).split("\r\n")[0] ?? "")
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}`, first, close: () => server.close() }
}

describe("behind a proxy", () => {
  it("has a block for fetch", () => assert.lengthOf(blocks, 1))

  it.each(blocks.map(({ code, origin }) => [origin, code]))(
    "%s sends its requests to the proxy",
    async (_, code) => {
      mkdirSync(join(folders.effect3, "build"), { recursive: true })
      const folder = mkdtempSync(join(folders.effect3, "build/proxy-"))
      const { close, first, url } = await proxy()
      writeFileSync(join(folder, "block.ts"), `${code}${call}`)
      const env = { PATH: process.env["PATH"], HTTPS_PROXY: url, OPENAI_ADMIN_KEY: "sk-admin-test" }
      const child = spawn(process.execPath, ["--import", "tsx", join(folder, "block.ts")], {
        cwd: folders.effect3,
        env,
        stdio: ["ignore", "ignore", "pipe"]
      })
      let errors = ""
      child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text))
      const ended = once(child, "exit").then(() => errors)
      assert.strictEqual(await Promise.race([first, ended]), "CONNECT api.openai.com:443 HTTP/1.1")
      child.kill("SIGKILL")
      await ended
      close()
      rmSync(folder, { recursive: true, force: true })
    },
    60_000
  )
})
