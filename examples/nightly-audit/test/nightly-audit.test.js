import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const home = fileURLToPath(new URL("..", import.meta.url))
const emulator = String(process.env["OPENAI_BASE_URL"]).replace(/\/v1$/, "")

const weather = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
const legal = "ft:gpt-4o-mini-2024-07-18:org:legal:C1"
const projects = ["proj_search", "proj_support", "proj_research", "proj_intern"]
const asPolicy = { [weather]: ["proj_search", "proj_support"], [legal]: ["proj_support"] }

/**
 * A server of its own, with these permissions and faults.
 *
 * @param {Record<string, ReadonlyArray<string>>} seed
 * @param {unknown} [faults]
 * @returns {Promise<string>} its base URL
 */
const serverWith = async (seed, faults) => {
  const reply = await fetch(`${emulator}/__fake/servers`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ seed, organization: { projects }, ...(faults === undefined ? {} : { faults }) })
  })
  return (await reply.json()).baseUrl
}

/**
 * Runs a shell command on such a server, in a folder of its own.
 *
 * @param {import("node:test").TestContext} t
 * @param {string} baseUrl
 * @param {(folder: string) => string} command
 */
const run = async (t, baseUrl, command) => {
  const folder = await mkdtemp(join(tmpdir(), "nightly-audit-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, "admin-key"), "sk-admin-read-only\n")
  const env = { ...process.env, OPENAI_BASE_URL: baseUrl, XDG_STATE_HOME: join(folder, "state") }
  const [code, stdout, stderr] = await new Promise((resolve) => {
    execFile("sh", ["-c", command(folder)], { cwd: home, env }, (error, stdout, stderr) =>
      resolve([error === null ? 0 : error.code, stdout, stderr])
    )
  })
  return { code, stdout, stderr, read: (/** @type {string} */ file) => readFile(join(folder, "audit", file), "utf8") }
}

const script = (/** @type {string} */ folder) => `./nightly-audit.sh '${folder}/audit'`

test("writes the page and says nothing while all is as the policy says", async (t) => {
  const { code, stdout, stderr, read } = await run(t, await serverWith(asPolicy), script)
  assert.deepEqual([code, stdout, stderr], [0, "", ""])
  assert.match(await read("audit.html"), /proj_search/)
})

test("reports what somebody granted by hand", async (t) => {
  const server = await serverWith({ ...asPolicy, [legal]: ["proj_support", "proj_intern"] })
  const { code, stdout, read } = await run(t, server, script)
  assert.equal(code, 3)
  assert.match(stdout, /^\| `not in the policy` \| `ft:\S+:legal:C1` \| `proj_intern` \|/m)
  assert.equal(await read("drift.md"), stdout)
  assert.match(await read("audit.html"), /proj_intern/)
})

test("writes over the page of the night before", async (t) => {
  const server = await serverWith(asPolicy)
  const { code } = await run(t, server, (folder) => `${script(folder)} && ${script(folder)}`)
  assert.equal(code, 0)
})

test("says what could not be read, and never calls it no access", async (t) => {
  const broken = { entries: [{ fault: "missing-has-more", checkpoint: legal, times: 100 }] }
  const { code, read } = await run(t, await serverWith(asPolicy, broken), script)
  assert.equal(code, 4)
  assert.match(await read("drift.md"), /^\| `unread` \| `ft:\S+:legal:C1` \|/m)
  assert.match(await read("audit.html.partial"), /unknown/)
})

test("checks on the library", async (t) => {
  const check = () => "node nightly-check.js policy.yaml"
  const quiet = await run(t, await serverWith(asPolicy), check)
  assert.deepEqual([quiet.code, quiet.stdout], [0, ""])
  const byHand = await serverWith({ ...asPolicy, [legal]: ["proj_support", "proj_intern"] })
  const { code, stdout } = await run(t, byHand, check)
  assert.equal(code, 3)
  const { differences } = JSON.parse(stdout)
  assert.deepEqual([differences.length, differences[0].project], [1, "proj_intern"])
})

test("runs from cron", async (t) => {
  const line = (await readFile(join(home, "nightly-audit.cron"), "utf8")).trim().split("\n").at(-1) ?? ""
  const [, command = ""] = /^(?:\S+ ){5}audit (.*)$/.exec(line) ?? []
  const { code, stdout, read } = await run(t, await serverWith({ ...asPolicy, [legal]: [] }), (folder) =>
    command
      .replace("/etc/nightly-audit/admin-key", `${folder}/admin-key`)
      .replace("/opt/nightly-audit/", home)
      .replace("/var/lib/nightly-audit", `${folder}/audit`)
  )
  assert.equal(code, 3)
  assert.match(stdout, /^\| `in the policy, no access` \| .* \| `proj_support` \|/m)
  assert.match(await read("audit.html"), /proj_search/)
})
