import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { strToU8, zipSync } from "fflate"
import { isEndurance } from "../../../scripts/endurance.ts"
import { artifact, commandsOn } from "./support/action.ts"
import { modelOf, policyOf, server, weather, world } from "./support/world.ts"

const seeded = server({ weather: ["proj_a", "proj_x"], music: ["proj_a"] })

/** A repository whose policy was applied, as it is on the server. */
const applied = Effect.gen(function* () {
  const { fake, hub, run, state, ...rest } = yield* world
  hub.push(policyOf({ weather: "proj_a, proj_x", music: "proj_a" }))
  const first = yield* run({ command: "apply", inputs: { reviewed: "false" } })
  assert.strictEqual(first.code, 0, first.log)
  /** Opens a pull request and plans it. */
  const open = (...policies: ReadonlyArray<Readonly<Record<string, string>>>) =>
    Effect.gen(function* () {
      const pull = hub.open(policies.map(policyOf))
      const planned = yield* run({ command: "plan", pull })
      assert.strictEqual(planned.code, 0, planned.log)
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
    it.scopedLive.runIf(isEndurance)(
      `applies the reviewed changes after a ${method} of ${policies.length} commits, and reads nothing else`,
      () =>
        Effect.gen(function* () {
          const { fake, hub, open, run } = yield* applied
          hub.merge(yield* open(...policies), method)
          const before = (yield* fake.requests).length
          const { code, file, log, summary } = yield* run({ command: "apply" })
          assert.strictEqual(code, 0, log)
          assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b"])
          assert.include(summary, "### Access apply: done")
          assert.include(file("access.journal"), "octocat")
          const asked = (yield* fake.requests).slice(before)
          assert.deepStrictEqual([...new Set(asked.flatMap(({ checkpoint }) => checkpoint ?? []))], [weather])
        }).pipe(Effect.provide(seeded))
    )
  }

  it.scopedLive("makes up for a run that was superseded while it waited, and then refuses to run that one again", () =>
    Effect.gen(function* () {
      const { fake, hub, open, run } = yield* applied
      const first = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
      const second = yield* open({ weather: "proj_a, proj_x", music: "proj_a, proj_c" })
      const superseded = hub.merge(first, "squash")
      hub.merge(second)
      const both = yield* run({ command: "apply" })
      assert.strictEqual(both.code, 0, both.log)
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_b"])
      assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_c"])
      const before = changed(yield* fake.requests)
      const older = yield* run({ command: "apply", commit: superseded })
      assert.strictEqual(older.code, 5, older.log)
      assert.match(
        older.summary,
        /refused, an older commit\n\nThe newer commit \d{40} was applied before: nothing was changed/
      )
      assert.strictEqual(changed(yield* fake.requests), before)
    }).pipe(Effect.provide(seeded))
  )

  it.scopedLive(
    "refuses a direct push and an unreviewed step, and shows them; a later reviewed apply includes them",
    () =>
      Effect.gen(function* () {
        const { fake, hub, open, run } = yield* applied
        hub.push(policyOf({ weather: "proj_a, proj_x", music: "proj_a, proj_c" }))
        const pushed = yield* run({ command: "apply" })
        assert.strictEqual(pushed.code, 5, pushed.log)
        assert.include(
          pushed.summary,
          "These steps were not reviewed: no pull request with a plan was merged since the last apply."
        )
        assert.match(pushed.summary, /^\+ proj_c {2}ft:/m)
        const pull = yield* open({ weather: "proj_a", music: "proj_a, proj_c" })
        yield* fake.grant(weather, "proj_late")
        hub.merge(pull)
        const late = yield* run({ command: "apply" })
        assert.strictEqual(late.code, 5, late.log)
        assert.include(late.summary, "refused, 2 steps not reviewed")
        assert.include(late.summary, `not in the plans of the pull requests merged since the last apply (#${pull})`)
        assert.match(late.summary, /^- proj_late {2}cp_\w+ {2}ft:/m)
        assert.notMatch(late.summary, /^- proj_x/m)
        assert.strictEqual((yield* fake.projects(weather)).length, 3)
        const next = yield* open({ weather: "proj_a, proj_b", music: "proj_a, proj_d" })
        hub.merge(next)
        const all = yield* run({ command: "apply" })
        assert.strictEqual(all.code, 0, all.log)
        assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_d"])
      }).pipe(Effect.provide(seeded))
  )

  it.scopedLive.runIf(isEndurance)(
    "plans everything without an earlier apply or after a push by force, with the plans of merged requests",
    () =>
      Effect.gen(function* () {
        const { fake, hub, open, run, state } = yield* applied
        state.runs.splice(0)
        hub.merge(yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" }))
        const first = yield* run({ command: "apply" })
        assert.strictEqual(first.code, 0, first.log)
        // the commit that was applied is in no history any more
        state.branches.set("main", hub.git.commit([], hub.git.at(state.branches.get("main") ?? "").files))
        hub.merge(yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a, proj_c" }), "squash")
        const forced = yield* run({ command: "apply" })
        assert.strictEqual(forced.code, 0, forced.log)
        assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_c"])
      }).pipe(Effect.provide(seeded))
  )

  it.scopedLive.runIf(isEndurance)(
    "uses the newest plan of the plan workflow for that base branch; a broken one is reported in one line",
    () =>
      Effect.gen(function* () {
        const { fake, hub, open, run, state } = yield* applied
        const pull = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
        const [good] = state.artifacts
        const [planned] = state.runs.slice(-1)
        assert.isDefined(good)
        assert.isDefined(planned)
        hub.merge(pull)
        const refusedWith = (expected: string) =>
          Effect.gen(function* () {
            const { code, log, summary } = yield* run({ command: "apply" })
            assert.strictEqual(code, 5, log)
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
        const { code, log } = yield* run({ command: "apply" })
        assert.strictEqual(code, 0, log)
        assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_b"])
      }).pipe(Effect.provide(seeded))
  )

  it.scopedLive.runIf(isEndurance)(
    "with reviewed: false needs no review, keeps the limit on revokes, and plans every entry",
    () =>
      Effect.gen(function* () {
        const { fake, run } = yield* applied
        yield* fake.grant(weather, "proj_late")
        const byHand = { command: "apply", inputs: { reviewed: "false", "max-revokes": "0" } } as const
        const refused = yield* run(byHand)
        assert.strictEqual(refused.code, 5)
        const { code, log } = yield* run({ ...byHand, inputs: { reviewed: "false" } })
        assert.strictEqual(code, 0, log)
        assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x"])
      }).pipe(Effect.provide(seeded))
  )

  it.scopedLive.runIf(isEndurance)("changes nothing if a checkpoint could not be read", () =>
    Effect.gen(function* () {
      const { fake, hub, open, run } = yield* applied
      hub.merge(yield* open({ weather: "proj_a, proj_b", music: "proj_a, proj_c" }))
      yield* fake.inject(Faults.error(400), { operation: "list", checkpoint: weather, times: 50 })
      const before = changed(yield* fake.requests)
      const { code, summary } = yield* run({ command: "apply" })
      assert.strictEqual(code, 4)
      assert.include(summary, "1 not read")
      assert.strictEqual(changed(yield* fake.requests), before)
    }).pipe(Effect.provide(seeded))
  )
})

describe.concurrent("a cancelled apply", () => {
  const wanted = policyOf(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`model-${n}`, "proj_a"])))

  it.scopedLive("lets requests in flight finish, reports its changes, and the next one applies the rest once", () =>
    Effect.gen(function* () {
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
      const { code, file, folder, log, summary } = yield* run({
        ...byHand,
        meanwhile: ({ says, signal }) =>
          Effect.gen(function* () {
            yield* says("| + proj_a  ft:")
            yield* signal("SIGTERM")
            yield* says("finishing requests in flight")
            yield* fake.setFaults(Faults.none)
            const body = JSON.stringify({ advance: "1 hour" })
            yield* Effect.promise(() => fetch(new URL("/__fake/clock", baseUrl), { method: "POST", body }))
          })
      })
      assert.strictEqual(code, 143, log)
      assert.strictEqual(commandsOn(folder).size, 0)
      const has = Object.values(yield* fake.allPermissions).flat().length
      assert.isAbove(has, 0)
      assert.isBelow(has, 40)
      assert.strictEqual(summary.match(/^\+ proj_a /gm)?.length, has, summary)
      assert.match(summary, /### Access apply: exit code 143/)
      assert.strictEqual(file("access.journal").match(/"outcome":"done"/g)?.length, has)

      const again = yield* elsewhere
      const rest = yield* again(byHand)
      assert.strictEqual(rest.code, 0, rest.log)
      assert.strictEqual(Object.values(yield* fake.allPermissions).flat().length, 40)
      assert.strictEqual(changed(yield* fake.requests), 40)
    }).pipe(Effect.provide(server({}, { latency: "50 millis" })))
  )

  it.scopedLive("changes nothing if it had not started to apply, and reports that", () =>
    Effect.gen(function* () {
      const { fake, hub, run } = yield* world
      hub.push(wanted)
      const seen: Array<string> = []
      const { code, folder, log } = yield* run({
        command: "apply",
        inputs: { reviewed: "false" },
        env: { RUNNER_TRACKING_ID: "github_42", GITHUB_TOKEN: "ghs_test", HTTPS_PROXY: "" },
        meanwhile: ({ signal }, folder) =>
          Effect.gen(function* () {
            yield* fake.awaitRequests(1)
            seen.push(...[...commandsOn(folder).values()].flat())
            yield* signal("SIGINT")
          })
      })
      assert.strictEqual(code, 143, log)
      assert.strictEqual(changed(yield* fake.requests), 0)
      // The child has ended too. The runner would find it by the variable of its own.
      assert.strictEqual(commandsOn(folder).size, 0)
      const names = seen.map((variable) => variable.replace(/=.*/s, ""))
      assert.includeMembers(names, ["OPENAI_ADMIN_KEY", "PATH", "RUNNER_TRACKING_ID"])
      assert.deepStrictEqual(
        names.filter((name) => /^INPUT_|TOKEN/.test(name)),
        []
      )
    }).pipe(Effect.provide(server({}, { latency: "500 millis" })))
  )
})
