/**
 * Two workers on one Postgres, of which one is killed in the middle of an apply: the other one ends it. The server is
 * the emulator, so no key and no network are needed. DATABASE_URL names an empty database.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const store = process.env.DATABASE_URL
if (store === undefined) {
  console.error("set DATABASE_URL to an empty database, such as postgres://postgres@127.0.0.1:5432/postgres")
  process.exit(2)
}

const program = fileURLToPath(new URL("node_modules/.bin/checkpoint-permissions", import.meta.url))
const started = new Set()
process.on("exit", () => {
  for (const child of started) child.kill("SIGKILL")
})

/** Runs the program, and prints its lines behind a name. */
const run = (name, args, env = {}) => {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] })
  started.add(child)
  const waiting = []
  const lines = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      console.log(`${name}: ${line}`)
      lines.push(line)
      for (const { pattern, resolve } of waiting) if (pattern.test(line)) resolve(line)
    })
  }
  const ended = once(child, "close").then(([code]) => {
    started.delete(child)
    return code
  })
  const says = (pattern) =>
    Promise.race([
      new Promise((resolve) => waiting.push({ pattern, resolve })),
      ended.then((code) => {
        throw new Error(`${name} ended with ${code} before it said ${pattern}`)
      })
    ])
  return { child, ended, says, lines }
}

const checkpoints = Array.from({ length: 30 }, (_, index) => `ft:gpt-4o-mini-2024-07-18:org:model-${index}:A${index}`)
writeFileSync(
  "policy.yaml",
  `version: 1\ncheckpoints:\n${checkpoints.map((id) => `  "${id}":\n    projects: [proj_search, proj_support]\n`).join("")}`
)

const emulator = run("emulator", ["emulator", "--latency", "200ms"])
const apiUrl = await emulator.says(/^http:/)
const env = { OPENAI_BASE_URL: apiUrl, OPENAI_ADMIN_KEY: "sk-admin-example", USER: "example" }
const rate = ["--rate", "300/minute"]

const workers = [1, 2].map((number) => run(`worker ${number}`, ["worker", "--store", store, ...rate], env))
await Promise.all(workers.map(({ says }) => says(/works on the jobs of/)))

const apply = run("apply", ["apply", "--file", "policy.yaml", "--yes", "--store", store, ...rate], env)
await apply.says(/^\+ proj_\S+ {2}ft:/)
workers[0].child.kill("SIGKILL")
console.log("worker 1 is killed; worker 2 takes its checkpoints over in half a minute")

const code = await apply.ended
workers[1].child.kill("SIGTERM")
const clean = await workers[1].ended
const plan = run("plan", ["plan", "--file", "policy.yaml", "--exit-code"], env)
const left = await plan.ended
const good = code === 0 && clean === 0 && left === 0
console.log(
  good ? "The apply ended at the policy, and nothing is left to do." : `apply ${code}, worker ${clean}, plan ${left}`
)
process.exit(good ? 0 : 1)
