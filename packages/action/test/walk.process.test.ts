/** The page about CI, walked from the first commit with its own files and commands. */
import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { folder } from "../../cli/test/support/folder.ts"
import { cli, exits } from "../../cli/test/support/inProcess.ts"
import { eventOf } from "./support/action.ts"
import { type Environment, type Event, platform, type Run, root } from "./support/platform.ts"
import { modelOf, test, world } from "./support/world.ts"

const page = readFileSync(join(root, "docs/ci.md"), "utf8")

const blocks = (language: string): ReadonlyArray<string> =>
  [...page.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, "gm"))].map(
    ([, indent = "", text = ""]) => text.replaceAll(new RegExp(`^${indent}`, "gm"), "")
  )

/** The workflows of the page by path. Each begins with a comment that names it. */
const workflows = Object.fromEntries(
  blocks("yaml").flatMap((text) => {
    const [, path = ""] = /^# (\.github\/workflows\/\S+)\n/.exec(text) ?? []
    return path === "" ? [] : [[path, text]]
  })
)

const policyFile = "access/policy.yaml"
const scopes = ["api.fine_tuning.checkpoints.read", "api.management.read", "api.audit_logs.read"] as const
const write = "api.fine_tuning.checkpoints.write"

const keys = {
  read: { key: "sk-admin-list-0123456789", scopes: [...scopes] },
  write: { key: "sk-admin-write-0123456789", scopes: [...scopes, write] }
} as const

const projects = ["ads", "docs", "hr", "pilot", "search"].map((name) => ({
  id: `proj_${name}`,
  name: `The ${name} team`
}))

/** A server on which people granted this access in the dashboard. Every key can list, and only one can write. */
const server = Emulator.layer({
  organization: { projects, adminKeys: [] },
  behavior: { dashboardEvents: 1, keys: [keys.read, keys.write].map((one) => ({ ...one, scopes: [...one.scopes] })) }
})

/** Checks the exit code of a run. */
const ends = (run: Run, code: number): Run => {
  assert.strictEqual(run.code, code, `${run.summary}\n${run.log}`)
  return run
}

const walk = Effect.gen(function* () {
  const { baseUrl } = yield* Emulator.Emulator
  const fake = yield* FakePermissions.FakePermissions
  const { hub, pass, state } = yield* world
  const [search = "", ads = "", hr = ""] = ["search", "ads", "hr"].map((name) => `proj_${name}`)
  for (const project of [search, hr]) yield* fake.grant(modelOf("weather"), project, "ana@example.com")
  yield* fake.grant(modelOf("tone"), ads, "ana@example.com")
  const environments = new Map<string, Environment>()
  const dispatch = platform(hub, environments)
  const run = (event: Event, approves?: (summary: string) => boolean) =>
    Effect.tap(dispatch(event, approves), () => pass(2))

  // the first step of the page
  for (const scope of [...scopes, write]) assert.include(page, `\`${scope}\``)
  const branches = ["main"]
  environments.set("access-read", { branches, secrets: { OPENAI_ADMIN_KEY: keys.read.key } })
  environments.set("access-write", { branches, secrets: { OPENAI_ADMIN_KEY: keys.write.key } })
  environments.set("access-approve", { branches, hasReviewers: true })
  for (const name of environments.keys()) assert.include(page, `\`${name}\``)

  // the second one
  const home = yield* folder
  const env = { OPENAI_ADMIN_KEY: keys.read.key, OPENAI_BASE_URL: baseUrl }
  const [commands = ""] = blocks("sh")
  for (const command of commands.trim().split("\n")) {
    const [program = "", ...args] = command.split(" ")
    if (program === "mkdir") mkdirSync(home.at(args.at(-1) ?? ""))
    // a runtime of its own, as of a process
    else
      yield* exits(
        0,
        Effect.promise(() => Effect.runPromise(cli(args.slice(1), { cwd: home.path, env })))
      )
  }
  const copied = Object.entries(workflows).map(([path, text]) => [
    path,
    text.replace(/^( +)secrets:/m, `$1with: { api-url: "${baseUrl}" }\n$&`)
  ])
  hub.push({ ...Object.fromEntries(copied), [policyFile]: home.read(policyFile) })
  const push = { name: "push", ref: "refs/heads/main" } as const
  const manual = (checkpoints: string, approves?: (summary: string) => boolean) =>
    run({ name: "workflow_dispatch", ref: "main", payload: { inputs: { checkpoints } }, only: "apply" }, approves)
  return {
    fake,
    hub,
    state,
    pass,
    run,
    push: run(push),
    manual,
    daily: run({ name: "schedule", ref: "main", only: "apply" }),
    night: run({ name: "schedule", ref: "main", only: "drift" }),
    /** Opens a pull request that changes the policy, or plans it again after an act. */
    plan: (number: number, action = "opened") => {
      const payload = { ...eventOf(hub, number), action }
      return run({ name: "pull_request_target", ref: payload.pull_request.base.ref, payload })
    },
    policy: (change: (text: string) => string) => ({
      [policyFile]: change(hub.git.at(state.branches.get("main") ?? "").files[policyFile] ?? "")
    }),
    access: (name: string) => Effect.map(fake.projects(modelOf(name)), (found) => [...found].sort())
  }
})

describe.concurrent("the page about CI", () => {
  test(
    "from the first push to a pull request, its merge, access that ends, and the nightly issue",
    server,
    function* () {
      const world = yield* walk
      assert.include(ends(yield* world.push, 4).summary, "no base")
      const first = ends(yield* world.manual(""), 0)
      assert.deepStrictEqual(first.checks, {
        "apply / plan": "success",
        "apply / approve": "skipped",
        "apply / apply": "success"
      })

      const until = new Date(Date.now() + 14 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10)
      const pilot = `- { project: proj_pilot, until: ${until} }`
      const change = world.policy((text) =>
        text.replace("- proj_hr", "- proj_docs").replace(/^( *)- proj_ads.*$/m, `$&\n$1${pilot}`)
      )
      const number = world.hub.open([change])
      const planned = ends(yield* world.plan(number), 0)
      assert.deepStrictEqual(planned.checks, { "plan / plan": "success" })
      const { body = "" } = world.state.comments.find(({ on }) => on === number) ?? {}
      assert.include(body, "### Access plan: 2 to grant, 1 to revoke")
      assert.match(body, /^\+ proj_docs .*The docs team/m)
      assert.deepStrictEqual(yield* world.access("weather"), ["proj_hr", "proj_search"])
      world.hub.merge(number, "squash")
      const merged = ends(yield* world.push, 0)
      assert.match(merged.summary, new RegExp(`proj_docs .*${(world.state.branches.get("main") ?? "").slice(0, 7)}`))
      assert.deepStrictEqual(yield* world.access("weather"), ["proj_docs", "proj_search"])
      ends(yield* world.night, 0)
      assert.deepStrictEqual(world.state.issues, [])

      yield* world.pass(14 * 24 * 60)
      ends(yield* world.daily, 0)
      assert.include(yield* world.access("tone"), "proj_pilot")
      yield* world.pass(24 * 60)
      assert.match(ends(yield* world.daily, 0).summary, /^- .*proj_pilot/m)
      assert.deepStrictEqual(yield* world.access("tone"), ["proj_ads"])
      // a grant after the end is newer
      yield* world.fake.grant(modelOf("tone"), "proj_pilot", "eve@example.com")
      yield* world.pass(24 * 60)
      ends(yield* world.daily, 0)
      assert.include(yield* world.access("tone"), "proj_pilot")
      ends(yield* world.night, 3 - 3)
      assert.match(world.state.issues[0]?.body ?? "", /proj_pilot.*eve@example\.com/)
    }
  )

  test(
    "a manual run waits for a reviewer, makes what was approved, and keeps the base if it was for a part",
    server,
    function* () {
      const world = yield* walk
      const [weather, tone] = [modelOf("weather"), modelOf("tone")]
      world.hub.push(
        world.policy((text) => text.replace("- proj_hr", "- proj_docs").replace("- proj_ads", "- proj_pilot"))
      )
      ends(yield* world.push, 4)
      const refused = yield* world.manual("", () => false)
      assert.deepStrictEqual(refused.checks, {
        "apply / plan": "success",
        "apply / approve": "failure",
        "apply / apply": "skipped"
      })
      assert.deepStrictEqual(yield* world.access("weather"), ["proj_hr", "proj_search"])
      const read: Array<string> = []
      const part = ends(yield* world.manual(weather, (summary) => read.push(summary) > 0), 4)
      assert.strictEqual(part.checks["apply / apply"], "failure")
      assert.include(read.join(), "1 to grant, 1 to revoke")
      assert.deepStrictEqual(yield* world.access("weather"), ["proj_docs", "proj_search"])
      assert.deepStrictEqual(yield* world.access("tone"), ["proj_ads"])
      ends(yield* world.manual("", () => true), 0)
      assert.deepStrictEqual(yield* world.access("tone"), ["proj_pilot"])
      ends(yield* world.daily, 0)
      assert.isAbove(tone.length, 0)
    }
  )

  test("a fork, another base and a branch get no key, and no green check", server, function* () {
    const world = yield* walk
    const fork = world.hub.open([world.policy((text) => text.replace("- proj_hr", "- proj_docs"))], {
      from: "eve/access"
    })
    const before = (yield* world.fake.requests).length
    const planned = yield* world.plan(fork)
    assert.deepStrictEqual(planned.checks, { "plan / plan": "failure" })
    assert.lengthOf(yield* world.fake.requests, before)
    // a change of the base runs again
    const pull = world.hub.open([world.policy((text) => text.replace("- proj_hr", "- proj_docs"))])
    ends(yield* world.plan(pull, "edited"), 0)
    // a branch with a workflow of its own
    const theirs =
      workflows[".github/workflows/access-apply.yml"]?.replace("branches: [main]", "branches: [theirs]") ?? ""
    world.state.branches.set("theirs", world.state.branches.get("main") ?? "")
    world.hub.push({ ".github/workflows/access-apply.yml": theirs }, "theirs")
    const { checks } = yield* world.run({ name: "push", ref: "refs/heads/theirs" })
    assert.deepStrictEqual(checks["apply / apply"], "failure")
  })
})
