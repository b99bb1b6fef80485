/** Times and days are those of the server, if the clock of this machine is wrong. */
import { createServer } from "node:http"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import * as inProcess from "./support/inProcess.ts"
import { exits } from "./support/inProcess.ts"
import { listen } from "./support/listen.ts"
import { live, test } from "./support/test.ts"
import { folder, organization, policyOf, seed, weather, world } from "./support/world.ts"

const hour = 3_600_000

/** A server whose clock is two hours behind, with one event a minute ago. */
const behind = Effect.gen(function* () {
  const home = yield* folder
  const now = () => Date.now() - 2 * hour
  let isGranted = false
  const server = createServer(({ method, url = "" }, response) => {
    isGranted ||= method === "POST"
    const at = Math.floor(now() / 1000) - 60
    const since = Number(new URL(url, "http://x").searchParams.get("effective_at[gte]") ?? 0)
    const details = { id: "cp_1", data: { project_id: "proj_a", fine_tuned_model_checkpoint: weather } }
    const event = { id: "e1", type: "checkpoint.permission.created", effective_at: at, actor: null }
    const made = { id: "cp_1", object: "checkpoint.permission", project_id: "proj_a", created_at: at }
    const lists: ReadonlyArray<readonly [RegExp, ReadonlyArray<object>]> = [
      [/audit_logs/, since <= at ? [{ ...event, "checkpoint.permission.created": details }] : []],
      [/\/projects/, [{ id: "proj_a", object: "organization.project", name: "A", created_at: 1, status: "active" }]],
      [/permissions/, isGranted ? [made] : []]
    ]
    const data = lists.find(([path]) => path.test(url))?.[1] ?? []
    response.writeHead(200, { date: new Date(now()).toUTCString(), "content-type": "application/json" })
    response.end(JSON.stringify({ object: "list", data, has_more: false }))
  })
  const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789", OPENAI_BASE_URL: `${yield* listen(server)}/v1` }
  home.write("policy.yaml", policyOf([weather], "proj_a"))
  const run = (...args: ReadonlyArray<string>) =>
    inProcess.cli(args, { cwd: home.path, env: { ...env, XDG_STATE_HOME: home.path } })
  /** The minutes between a time and the server's. */
  const minutes = (time: string) => Math.round(Math.abs(Date.parse(time) - now()) / 60_000)
  return { home, minutes, run }
})

const advance = Effect.fnUntraced(function* (controlUrl: string, time: string) {
  const headers = { "content-type": "application/json" }
  const request = { method: "POST", headers, body: JSON.stringify({ advance: time }) }
  const moved = yield* Effect.promise(() => fetch(`${controlUrl}/clock`, request))
  assert.strictEqual(moved.status, 200, yield* Effect.promise(() => moved.text()))
})

describe("with a clock two hours ahead of the server's", () => {
  live("history --since counts from the server's time", function* () {
    const { run } = yield* behind
    const { stderr, stdout } = yield* exits(0, run("history", "--since", "1h", "--json"))
    assert.lengthOf(JSON.parse(stdout).changes, 1)
    assert.match(stderr, /the clock of this machine is 2h ahead of the server: using server time/)
  })

  live("inventories, histories, plans, audits, drift and journals have the server's times", function* () {
    const { home, minutes, run } = yield* behind
    const discovered = JSON.parse((yield* exits(0, run("discover", "--json"))).stdout)
    const parts = [discovered, discovered.projects, discovered.log]
    for (const { createdAt, readAt } of parts) assert.isAtMost(minutes(createdAt ?? readAt), 1)
    const history = JSON.parse((yield* exits(0, run("history", "--since", "2026-01-01", "--json"))).stdout)
    assert.isAtMost(minutes(history.requestedAt), 1)
    const planned = JSON.parse((yield* exits(0, run("plan", "--file", "policy.yaml", "--json"))).stdout)
    const [one] = planned.checkpoints
    for (const time of [planned.createdAt, one.readFrom, one.readAt]) assert.isAtMost(minutes(time), 1, time)
    const audited = JSON.parse((yield* exits(0, run("audit", weather, "--json"))).stdout)
    assert.include(JSON.stringify(audited), "readAt")
    const times = JSON.stringify(audited).match(/"20\d\d-\d\d-\d\dT[\d:.]+Z"/g) ?? []
    for (const time of times) assert.isAtMost(minutes(JSON.parse(time)), 2, time)
    const drift = JSON.parse((yield* exits(3, run("drift", "--file", "policy.yaml", "--json"))).stdout)
    for (const time of [drift.readFrom, drift.readAt]) assert.isAtMost(minutes(time), 1, time)
    const args = ["apply", "--file", "policy.yaml", "--yes", "--journal", "journal", "--json"]
    yield* run(...args)
    for (const line of home.read("journal").trim().split("\n")) assert.isAtMost(minutes(JSON.parse(line).time), 1)
  })
})

describe("with a clock an hour behind the server's", () => {
  test("a saved plan is not from the future", Emulator.layer({ seed, organization }), function* () {
    const { cli } = yield* world
    const { controlUrl } = yield* Emulator.Emulator
    yield* advance(controlUrl, "1 hour")
    yield* exits(0, cli(["plan", "--out", "plan.json", "--file", "policy.yaml"]))
    const shown = yield* exits(0, cli(["apply", "plan.json", "--dry-run"]))
    assert.include(shown.stdout, "2 to grant, 3 to revoke")
    assert.include((yield* exits(0, cli(["apply", "plan.json", "--yes"]))).stdout, "Apply complete")
    yield* exits(0, cli(["plan", "--out", "old.json", "--file", "policy.yaml"]))
    yield* advance(controlUrl, "2 days")
    assert.match((yield* exits(5, cli(["apply", "old.json", "--dry-run"]))).stderr, /it is 2d.* old/)
  })
})

describe("the day", () => {
  test(
    "is the server's for plan, apply and drift, and is printed if it differs",
    Emulator.layer({
      seed: { [weather]: ["proj_a"] },
      organization: { projects: ["proj_a", "proj_b"] }
    }),
    function* () {
      const { cli, fake, home } = yield* world
      const { controlUrl } = yield* Emulator.Emulator
      const until = new Date(Date.now() + 10 * 24 * hour).toISOString().slice(0, 10)
      const ends = (project: string) => `{ project: ${project}, until: ${until} }`
      home.write(
        "ends.yaml",
        `version: 1\ncheckpoints:\n  "${weather}": { projects: [${ends("proj_a")}, ${ends("proj_b")}] }\n`
      )
      const policy = ["--file", "ends.yaml"]
      const plan = JSON.parse((yield* exits(0, cli(["plan", ...policy, "--json"]))).stdout)
      assert.deepInclude(plan.counts, { grants: 1, revokes: 0 })
      yield* exits(0, cli(["plan", ...policy, "--out", "plan.json"]))
      yield* advance(controlUrl, "15 days")
      const later = yield* exits(3, cli(["plan", ...policy, "--exit-code"]))
      assert.match(later.stdout, /0 to grant, 1 to revoke/, later.stdout + later.stderr)
      const day = new Date(Date.now() + 15 * 24 * hour).toISOString().slice(0, 10)
      assert.include(later.stderr, `the clock of this machine is 15d behind the server: using server time, ${day}\n`)
      assert.match((yield* exits(3, cli(["drift", ...policy]))).stdout, /^ended /m)
      assert.include((yield* exits(0, cli(["review", ...policy, "--all"]))).stderr, ` due on ${day}`)
      assert.match((yield* exits(0, cli(["apply", ...policy, "--dry-run"]))).stdout, /1 to revoke/)
      const old = yield* exits(5, cli(["apply", "plan.json", "--yes"]))
      // the header Date has whole seconds
      assert.match(old.stderr, /it is 1[45]d[^:]* old/)
      yield* exits(0, cli(["apply", ...policy, "--yes"]))
      assert.deepStrictEqual(yield* fake.projects(weather), [])
    }
  )
})
