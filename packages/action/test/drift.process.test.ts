import { assert, describe } from "@effect/vitest"
import { bot } from "./support/github.ts"
import { modelOf, path, policyOf, server, testsOn, weather, world } from "./support/world.ts"

const { endurance, test } = testsOn(server({ weather: ["proj_a", "proj_x"] }, { dashboardEvents: 1 }))

describe.concurrent("drift", () => {
  test("opens no issue if the server is as the policy; then one, with the author each night, closes it, and opens it for unmanaged access", function* () {
    const { fake, hub, run, state } = yield* world
    yield* fake.grant(weather, "proj_b", "ana@example.com")
    yield* fake.remove(weather, "cp_weather1", "ana@example.com")
    hub.push(policyOf({ weather: "proj_a, proj_b" }))
    const quiet = yield* run({ command: "drift" })
    assert.include(quiet.summary, "### Access drift: no difference")
    assert.deepStrictEqual(state.issues, [])
    yield* fake.grant(weather, "proj_hand", "eve@example.com")
    for (const _night of [1, 2]) {
      yield* run({ command: "drift" })
      assert.strictEqual(state.issues.length, 1)
      assert.strictEqual(state.issues[0]?.title, `Access to check: ${path}`)
      assert.match(
        state.issues[0]?.body ?? "",
        /^\| `not in the policy` \| `ft:.*` \| `proj_hand` \| `[^|]*eve@example.com/m
      )
    }
    assert.deepStrictEqual(state.comments, [])
    const commit = state.branches.get("main") ?? ""
    hub.push(policyOf({ weather: "proj_a, proj_b, proj_hand" }))
    // a run that waited for a runner takes the tip
    yield* run({ command: "drift", commit })
    assert.deepStrictEqual(
      state.issues.map((issue) => issue.state),
      ["closed"]
    )
    assert.include(state.comments[0]?.body, "### Access drift: no difference")
    yield* fake.grant(modelOf("music"), "proj_hand", "eve@example.com")
    yield* run({ command: "drift" })
    assert.deepStrictEqual(
      state.issues.map((issue) => issue.state),
      ["open"]
    )
    assert.match(state.issues[0]?.body ?? "", /^\| `ft:.*music.*` \| `proj_hand` \| `eve@example.com/m)
    yield* run({ command: "drift", inputs: { unmanaged: "true" } })
    assert.match(state.issues[0]?.body ?? "", /^\| `unmanaged` \| `ft:.*music.*` \| `proj_hand` \|/m)
  })

  endurance("reports the next night a difference that could not be written", function* () {
    const { fake, hub, run, state } = yield* world
    hub.push(policyOf({ weather: "proj_a, proj_x" }))
    yield* fake.grant(weather, "proj_hand")
    const unsaid = yield* run({ command: "drift", env: { GITHUB_STEP_SUMMARY: "/nowhere/summary" } }, 1)
    assert.match(unsaid.log, /::error::GitHub: the summary could not be written: /)
    yield* run({ command: "drift" })
    yield* fake.grant(weather, "proj_other")
    state.answers.push({ to: /^PATCH \/issues/, status: 403 })
    const lost = yield* run({ command: "drift" }, 1)
    assert.include(lost.log, "::error::GitHub: the issue could not be written")
    yield* run({ command: "drift" })
    assert.include(state.issues[0]?.body ?? "", "proj_other")
  })

  endurance("updates only issues that the user of its own token wrote", function* () {
    const { fake, hub, run, state } = yield* world
    hub.push(policyOf({ weather: "proj_a, proj_x" }))
    yield* fake.grant(weather, "proj_hand")
    state.login = "access-app[bot]"
    const inputs = { author: state.login }
    yield* run({ command: "drift", inputs })
    yield* run({ command: "drift", inputs })
    const [ours] = state.issues
    assert.deepStrictEqual([state.issues.length, ours?.user.login], [1, "access-app[bot]"])
    assert.isDefined(ours)
    state.login = bot.login
    state.issues.push({ ...ours, number: 9000, user: bot })
    yield* fake.grant(weather, "proj_other")
    yield* run({ command: "drift" })
    assert.deepStrictEqual(state.issues[0], ours)
    assert.include(state.issues.find(({ number }) => number === 9000)?.body, "proj_other")
  })
})
