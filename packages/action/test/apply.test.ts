import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { strToU8, zipSync } from "fflate"
import type { Running } from "../../cli/test/support/binary.ts"
import { test } from "../../cli/test/support/test.ts"
import { artifact, commandsOn } from "./support/action.ts"
import { endurance, modelOf, policyOf, server, weather, world } from "./support/world.ts"

const seeded = server({ weather: ["proj_a", "proj_x"], music: ["proj_a"] })

/** A repository with the run that applied its policy, as it is on the server. */
const applied = Effect.gen(function* () {
  const { fake, hub, run, state, ...rest } = yield* world
  const sha = hub.push(policyOf({ weather: "proj_a, proj_x", music: "proj_a" }))
  const path = ".github/workflows/access-apply.yml"
  state.runs.push({ id: 1, path, event: "push", branch: "main", sha, conclusion: "success" })
  /** Opens a pull request and plans it. */
  const open = (...policies: ReadonlyArray<Readonly<Record<string, string>>>) =>
    Effect.gen(function* () {
      const pull = hub.open(policies.map(policyOf))
      yield* run({ command: "plan", pull })
      return pull
    })
  return { fake, hub, run, state, open, ...rest }
})

const changed = (requests: ReadonlyArray<{ readonly method: string }>) =>
  requests.filter(({ method }) => method !== "GET").length

describe.concurrent("apply", () => {
  for (const [method, policies] of [
    ["merge", [{ weather: "proj_a, proj_b", music: "proj_a" }]],
    ["squash", [{ weather: "proj_a, proj_b", music: "proj_a" }]],
    [
      "rebase",
      [
        { weather: "proj_a, proj_x", music: "proj_a, proj_c" },
        { weather: "proj_a, proj_b, proj_x", music: "proj_a, proj_c" },
        { weather: "proj_a, proj_b", music: "proj_a" }
      ]
    ]
  ] as const) {
    endurance(
      `applies the reviewed changes after a ${method} of ${policies.length} commits, and reads nothing else`,
      seeded,
      function* () {
        const { fake, hub, open, run } = yield* applied
        hub.merge(yield* open(...policies), method)
        const before = (yield* fake.requests).length
        const { file, summary } = yield* run({ command: "apply" })
        assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b"])
        assert.include(summary, "### Access apply: done")
        assert.include(file("access.journal"), "octocat")
        const asked = (yield* fake.requests).slice(before)
        assert.deepStrictEqual([...new Set(asked.flatMap(({ checkpoint }) => checkpoint ?? []))], [weather])
      }
    )
  }

  test(
    "makes up for a run that was superseded while it waited, and then refuses to run that one again",
    seeded,
    function* () {
      const { fake, hub, open, run } = yield* applied
      const first = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
      const second = yield* open({ weather: "proj_a, proj_x", music: "proj_a, proj_c" })
      const superseded = hub.merge(first, "squash")
      hub.merge(second)
      yield* run({ command: "apply" })
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_b"])
      assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_c"])
      const before = changed(yield* fake.requests)
      const older = yield* run({ command: "apply", commit: superseded }, 5)
      assert.match(
        older.summary,
        /refused, an older commit\n\nThe newer commit \d{40} was applied before: nothing was changed/
      )
      assert.strictEqual(changed(yield* fake.requests), before)
    }
  )

  test(
    "refuses a direct push and an unreviewed step, and shows them; a later reviewed apply includes them",
    seeded,
    function* () {
      const { fake, hub, open, run } = yield* applied
      hub.push(policyOf({ weather: "proj_a, proj_x", music: "proj_a, proj_c" }))
      const pushed = yield* run({ command: "apply" }, 5)
      assert.include(
        pushed.summary,
        "These steps were not reviewed: no pull request with a plan was merged since the last apply."
      )
      assert.match(pushed.summary, /^\+ proj_c {2}ft:/m)
      const pull = yield* open({ weather: "proj_a", music: "proj_a, proj_c" })
      yield* fake.grant(weather, "proj_late")
      hub.merge(pull)
      const late = yield* run({ command: "apply" }, 5)
      assert.include(late.summary, "refused, 2 steps not reviewed")
      assert.include(late.summary, `not in the plans of the pull requests merged since the last apply (#${pull})`)
      assert.match(late.summary, /^- proj_late {2}cp_\w+ {2}ft:/m)
      assert.notMatch(late.summary, /^- proj_x/m)
      assert.strictEqual((yield* fake.projects(weather)).length, 3)
      const next = yield* open({ weather: "proj_a, proj_b", music: "proj_a, proj_d" })
      hub.merge(next)
      yield* run({ command: "apply" })
      assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_d"])
    }
  )

  endurance(
    "plans everything without an earlier apply or after a push by force, with the plans of merged requests",
    seeded,
    function* () {
      const { fake, hub, open, run, state } = yield* applied
      state.runs.splice(0)
      hub.merge(yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" }))
      yield* run({ command: "apply" })
      // the commit that was applied is in no history any more
      state.branches.set("main", hub.git.commit([], hub.git.at(state.branches.get("main") ?? "").files))
      hub.merge(yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a, proj_c" }), "squash")
      yield* run({ command: "apply" })
      assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_c"])
    }
  )

  endurance(
    "uses the newest plan of the plan workflow for that base branch; a broken one is reported in one line",
    seeded,
    function* () {
      const { fake, hub, open, run, state } = yield* applied
      const pull = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
      const [good] = state.artifacts
      const [planned] = state.runs.slice(-1)
      assert.isDefined(good)
      assert.isDefined(planned)
      hub.merge(pull)
      const refusedWith = (expected: string) =>
        Effect.gen(function* () {
          const { log, summary } = yield* run({ command: "apply" }, 5)
          assert.include(summary, expected)
          assert.notMatch(log + summary, /^\s+at /m)
        })
      const missing = `#${pull}: there is no plan of access-plan.yml for its last commit`
      for (const by of [
        { id: 900, event: "pull_request" },
        { id: 901, path: ".github/workflows/other.yml" }
      ]) {
        state.runs.push({ ...planned, ...by })
        state.artifacts.splice(0, 1, { ...good, run: by.id })
        yield* refusedWith(missing)
      }
      // planned for another base branch
      state.artifacts.splice(0, 1, { ...good, name: good.name.replace(/.{12}$/, "0".repeat(12)) })
      yield* refusedWith(missing)
      for (const [zip, expected] of [
        [strToU8("no zip"), `#${pull}: the plan cannot be used: its artifact is not a zip file`],
        [zipSync({ "plan.md": strToU8("plan") }), "the plan cannot be used: its artifact has no plan.json"],
        [artifact(1, "", 1, "{").zip, "the plan cannot be used: "],
        [artifact(1, "", 1, JSON.stringify({ format: "other" })).zip, "the plan cannot be used: "]
      ] as const) {
        // it is newer than the one that is right
        state.artifacts.splice(0, 2, good, { ...good, id: good.id + 1, zip })
        yield* refusedWith(expected)
      }
      state.artifacts.splice(0, 2, good)
      yield* run({ command: "apply" })
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_b"])
    }
  )

  endurance(
    "with reviewed: false needs no review, keeps the limit on revokes, and plans every entry",
    seeded,
    function* () {
      const { fake, run } = yield* applied
      yield* fake.grant(weather, "proj_late")
      const byHand = { command: "apply", inputs: { reviewed: "false", "max-revokes": "0" } } as const
      yield* run(byHand, 5)
      yield* run({ ...byHand, inputs: { reviewed: "false" } })
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x"])
    }
  )

  endurance("changes nothing if a checkpoint could not be read", seeded, function* () {
    const { fake, hub, open, run } = yield* applied
    hub.merge(yield* open({ weather: "proj_a, proj_b", music: "proj_a, proj_c" }))
    yield* fake.inject(Faults.error(400), { operation: "list", checkpoint: weather, times: 50 })
    const before = changed(yield* fake.requests)
    const { summary } = yield* run({ command: "apply" }, 4)
    assert.include(summary, "1 not read")
    assert.strictEqual(changed(yield* fake.requests), before)
  })
})

describe.concurrent("a cancelled apply", () => {
  const wanted = policyOf(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`model-${n}`, "proj_a"])))

  test(
    "lets requests in flight finish, reports its changes, and the next one applies the rest once",
    server({}, { latency: "50 millis" }),
    function* () {
      const { elsewhere, fake, hub, run } = yield* world
      hub.push(wanted)
      const byHand = { command: "apply", inputs: { reviewed: "false", rate: "600/minute" } } as const
      // It ends after it has received the signal.
      const unanswered = {
        fault: Faults.latency({ before: "1 hour" }),
        operation: "create",
        nth: 10,
        times: 40
      } as const
      yield* fake.setFaults(Faults.scripted([unanswered]))
      const { baseUrl } = yield* Emulator.Emulator
      const meanwhile = ({ says, signal }: Running) =>
        Effect.gen(function* () {
          yield* says("| + proj_a  ft:")
          yield* signal("SIGTERM")
          yield* says("finishing requests in flight")
          yield* fake.setFaults(Faults.none)
          const body = JSON.stringify({ advance: "1 hour" })
          yield* Effect.promise(() => fetch(new URL("/__fake/clock", baseUrl), { method: "POST", body }))
        })
      const { file, folder, summary } = yield* run({ ...byHand, meanwhile }, 143)
      assert.strictEqual(commandsOn(folder).size, 0)
      const has = Object.values(yield* fake.allPermissions).flat().length
      assert.isAbove(has, 0)
      assert.isBelow(has, 40)
      assert.strictEqual(summary.match(/^\+ proj_a /gm)?.length, has, summary)
      assert.match(summary, /### Access apply: exit code 143/)
      assert.strictEqual(file("access.journal").match(/"outcome":"done"/g)?.length, has)

      const again = yield* elsewhere
      yield* again(byHand)
      assert.strictEqual(Object.values(yield* fake.allPermissions).flat().length, 40)
      assert.strictEqual(changed(yield* fake.requests), 40)
    }
  )

  test(
    "changes nothing if it had not started to apply, and reports that",
    server({}, { latency: "500 millis" }),
    function* () {
      const { fake, hub, run } = yield* world
      hub.push(wanted)
      const seen: Array<string> = []
      const meanwhile = ({ signal }: Running, folder: string) =>
        Effect.gen(function* () {
          yield* fake.awaitRequests(1)
          seen.push(...[...commandsOn(folder).values()].flat())
          yield* signal("SIGINT")
        })
      const env = { RUNNER_TRACKING_ID: "github_42", GITHUB_TOKEN: "ghs_test", HTTPS_PROXY: "" }
      const { folder } = yield* run({ command: "apply", inputs: { reviewed: "false" }, env, meanwhile }, 143)
      assert.strictEqual(changed(yield* fake.requests), 0)
      // The child has ended too. The runner would find it by the variable of its own.
      assert.strictEqual(commandsOn(folder).size, 0)
      const names = seen.map((variable) => variable.replace(/=.*/s, ""))
      assert.includeMembers(names, ["OPENAI_ADMIN_KEY", "PATH", "RUNNER_TRACKING_ID"])
      assert.deepStrictEqual(
        names.filter((name) => /^INPUT_|TOKEN/.test(name)),
        []
      )
    }
  )
})
