/** The page about CI, walked from the first commit: only its files and commands, in their order. */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { test } from "../../cli/test/support/test.ts"
import * as page from "./support/walk/page.ts"
import { applyFile, driftFile, planFile, policyFile, server, walk } from "./support/walk/walk.ts"

/** A repository that was set up as the page says. */
const team = Effect.gen(function* () {
  const world = yield* walk({
    weather: ["proj_search", "proj_hr"],
    music: ["proj_docs"],
    tone: ["proj_ads", "proj_hr"]
  })
  yield* world.makeEnvironments
  const policy = yield* world.exportPolicy
  const workflows = Object.fromEntries(Object.keys(page.workflows).map((path) => [path, world.copied(path)]))
  const [first] = yield* world.push({ [policyFile]: policy, ...workflows })
  return { ...world, first }
})

describe.concurrent("the page about CI", () => {
  test("sets up: the first run compares every entry, and finds nothing to do", server, function* () {
    const { first, ...world } = yield* team
    assert.sameMembers(Object.keys(page.files), [policyFile, planFile, applyFile, driftFile])
    assert.strictEqual(first?.code, 0, first?.log)
    assert.include(first?.summary, "### Access apply: nothing to apply\n\nNo record: all 3 entries were compared.")

    const pull = yield* world.open(world.policy({ weather: ["proj_search", "proj_docs"] }))
    assert.strictEqual(pull.run.conclusion, "success", pull.run.log)
    assert.include(pull.comment, "### Access plan: 1 to grant, 1 to revoke")
    const merged = yield* world.merge(pull.number)
    assert.strictEqual(merged.conclusion, "success", merged.log)
    assert.match(merged.summary, /^\+ proj_docs .*reviewed in #1$/m)
    assert.deepStrictEqual(yield* world.access("weather"), ["proj_docs", "proj_search"])
    const { issues, run } = yield* world.night
    assert.strictEqual(run.conclusion, "success", run.log)
    assert.deepStrictEqual(issues, [])
  })
})
