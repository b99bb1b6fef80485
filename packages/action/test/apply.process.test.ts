import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { changed, modelOf, path, policyOf, server, testsOn, weather, world } from "./support/world.ts"

const { endurance, test } = testsOn(server({ weather: ["proj_a", "proj_x"], music: ["proj_a"] }))

const start = { weather: "proj_a, proj_x", music: "proj_a" }
const noBase = "no base, so only access that has ended is revoked"

/** A repository whose policy is that of the server, with a manual run as its base. */
const based = Effect.gen(function* () {
  const { hub, run, ...rest } = yield* world
  /** Runs by hand: the plan is approved if it has steps, and applied. */
  const byHand = (checkpoints = "", code = 0) =>
    Effect.gen(function* () {
      const event = { trigger: "workflow_dispatch", workflow: "access-apply.yml" } as const
      const planned = yield* run({ command: "plan", ...event, inputs: { checkpoints } })
      const [, steps = ""] = /^steps<<.*\n(\d+)$/m.exec(planned.outputs) ?? []
      const approved = join(planned.folder, "approved.json")
      writeFileSync(approved, planned.file("plan.json"))
      rest.state.runs.pop()
      const apply = (expected: number) => run({ command: "apply", ...event, inputs: { approved } }, expected)
      return { planned, steps: Number(steps), done: yield* apply(code), apply }
    })
  hub.push(policyOf(start))
  assert.include((yield* run({ command: "apply" }, 4)).summary, noBase)
  assert.strictEqual((yield* byHand()).steps, 0)
  return { hub, run, byHand, ...rest }
})

describe.concurrent("apply", () => {
  for (const [method, policies] of [
    ["merge", [{ ...start, weather: "proj_a, proj_b" }]],
    ["squash", [{ ...start, weather: "proj_a, proj_b" }]],
    [
      "rebase",
      [
        { ...start, weather: "proj_a, proj_b, proj_x" },
        { ...start, weather: "proj_a, proj_b" }
      ]
    ]
  ] as const) {
    endurance(`makes a ${method} of ${policies.length} commits, names them, and reads nothing else`, function* () {
      const { fake, hub, run } = yield* based
      hub.merge(hub.open(policies.map(policyOf)), method)
      const before = (yield* fake.requests).length
      const { file, summary } = yield* run({ command: "apply" })
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b"])
      const short = (hub.state.branches.get("main") ?? "").slice(0, 7)
      assert.match(summary, new RegExp(`^- proj_x.*${short}`, "m"))
      assert.match(summary, /^\+ proj_b/m)
      const { steps } = JSON.parse(file("executed.json")).checkpoints[0]
      assert.isTrue(steps.every(({ commit }: { commit?: { id: string } }) => commit !== undefined))
      assert.include(file("access.journal"), "octocat")
      const asked = (yield* fake.requests).slice(before)
      assert.deepStrictEqual([...new Set(asked.flatMap(({ checkpoint }) => checkpoint ?? []))], [weather])
    })
  }

  test("takes the tip of the branch: two merges in one run, and nothing is left for the run of the first", function* () {
    const { fake, hub, run } = yield* based
    const first = hub.open([policyOf({ ...start, weather: "proj_a, proj_b, proj_x" })])
    const second = hub.open([policyOf({ ...start, music: "proj_a, proj_c" })])
    const superseded = hub.merge(first, "squash")
    hub.merge(second)
    yield* run({ command: "apply", commit: superseded })
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_b"])
    assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_c"])
    const before = changed(yield* fake.requests)
    const again = yield* run({ command: "apply" })
    assert.include(again.summary, "### Access apply: nothing to apply")
    assert.strictEqual(changed(yield* fake.requests), before)
  })

  test("keeps a change by hand that is newer, with exit code 4, until a manual run shows it, but once", function* () {
    const { byHand, fake, hub, pass, run } = yield* based
    /** A person grants and revokes it. */
    const revoked = Effect.gen(function* () {
      yield* pass(2)
      if (!(yield* fake.projects(weather)).includes("proj_b")) yield* fake.grant(weather, "proj_b", "eve@example.com")
      const found = (yield* fake.permissions(weather)).find(({ project_id }) => project_id === "proj_b")
      yield* fake.remove(weather, found?.id ?? "", "eve@example.com")
      yield* pass(2)
    })
    hub.merge(hub.open([policyOf({ ...start, weather: "proj_a, proj_x, proj_b" })]))
    yield* revoked
    const { summary } = yield* run({ command: "apply" }, 4)
    assert.match(summary, /^apply: 1 step left out, the oldest of \w{7} Commit \d+: changed on the server since$/m)
    assert.match(summary, /^ {2}\+ proj_b .* by eve@example\.com/m)
    assert.match(summary, /^To approve what was left out, run this workflow by hand\.$/m)
    // the base stays
    assert.include((yield* run({ command: "apply" }, 4)).summary, "1 step left out")
    const approved = yield* byHand()
    assert.strictEqual(approved.steps, 1)
    assert.include(yield* fake.projects(weather), "proj_b")
    yield* revoked
    yield* approved.apply(4)
    assert.notInclude(yield* fake.projects(weather), "proj_b")
  })

  test("makes the rest after a failure, also of a reverted change that was made in part", function* () {
    const { byHand, fake, hub, run, state } = yield* based
    hub.push(policyOf({ weather: "proj_a, proj_b, proj_x", music: "proj_a, proj_c" }))
    yield* fake.inject(Faults.error(400), { operation: "create", checkpoint: modelOf("music"), times: 9 })
    assert.include((yield* run({ command: "apply" }, 4)).summary, "grant proj_c failed")
    // a manual run for another checkpoint does not move the base past it
    const base = state.runs.filter(({ conclusion }) => conclusion === "success").length
    assert.strictEqual((yield* byHand(weather, 4)).steps, 0)
    assert.lengthOf(
      state.runs.filter(({ conclusion }) => conclusion === "success"),
      base
    )
    hub.push(policyOf({ ...start, music: "proj_a, proj_c" }))
    yield* fake.setFaults(Faults.none)
    yield* run({ command: "apply" })
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x"])
    assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_c"])
  })

  test("begins at the last successful run of its workflow, branch and events", function* () {
    const { hub, run, state } = yield* based
    const [made] = state.runs.slice(-1)
    assert.isDefined(made)
    for (const by of [
      { path: ".github/workflows/other.yml" },
      { event: "pull_request" },
      { head_branch: "other" },
      { conclusion: "failure" },
      { head_sha: hub.git.commit([], {}) }
    ]) {
      state.runs.splice(0, state.runs.length, { ...made, ...by })
      assert.include((yield* run({ command: "apply" }, 4)).summary, noBase, JSON.stringify(by))
    }
    const forced = { ...made, id: 900, head_sha: hub.push({ [path]: "version: 1\ncheckpoints: {}\n" }) }
    state.runs.push(forced)
    hub.push(policyOf(start))
    assert.notInclude((yield* run({ command: "apply" })).summary, noBase)
    const tag = { command: "apply", ref: "refs/tags/main" } as const
    assert.include((yield* run(tag, 2)).log, "this run is not for a branch")
  })

  test("changes nothing for an invalid policy", function* () {
    const { fake, hub, run } = yield* based
    hub.push({ [path]: "version: 2\n" })
    const before = (yield* fake.requests).length
    assert.include((yield* run({ command: "apply" }, 2)).summary, `${path}:1:10: version: `)
    assert.lengthOf(yield* fake.requests, before)
  })
})
