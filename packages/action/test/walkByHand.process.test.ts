/** The page about CI, walked from the first commit with its own files and commands: several teams, and changes by hand. */
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { test } from "../../cli/test/support/test.ts"
import { approving, ends, hasLine, says } from "./support/walk/reading.ts"
import { planFile, server, team } from "./support/walk/walk.ts"
import { modelOf } from "./support/world.ts"

describe("the page about CI", () => {
  test(
    "a hot fix of 03:00 stays, is in the issue, and is shown by the pull request of its entry",
    server,
    function* () {
      says("A hot fix at 03:00, made on the server by hand, stays, and drift reports it.")
      says('Steps that the change does not explain are listed as "not in this change".')
      says("A changed list adds a comment. Only a night that lists nothing closes the issue.")
      const world = yield* team
      const comments = (on: number) => world.state.comments.filter((one) => one.on === on)
      yield* world.pass(17)
      yield* world.grantByHand("weather", "proj_hotfix")
      const first = yield* world.night
      ends(first.run, 0)
      const [issue = assert.fail("there is no issue")] = first.issues
      hasLine(issue.body, "| `not in the policy`", "proj_hotfix", "eve@example.com")
      // a person takes it, above the marker
      world.state.issues = first.issues.map((one) => ({ ...one, body: `Ana looks at this.\n\n${one.body}` }))
      ends(yield* world.daily(), 0)
      assert.deepStrictEqual(yield* world.access("weather"), ["proj_hotfix", "proj_hr", "proj_search"])

      const pull = yield* world.open(world.policy({ weather: ["proj_search"] }))
      hasLine(pull.comment, "- proj_hotfix", "not in this change")
      assert.include(pull.comment, "**Merging revokes 2 permissions.** 1 step is not in this change")

      yield* world.grantByHand("music", "proj_growth")
      const changed = yield* world.night
      ends(changed.run, 0)
      assert.lengthOf(changed.issues, 1)
      assert.include(changed.issues[0]?.body, "Ana looks at this.")
      assert.lengthOf(comments(issue.number), 1)
      hasLine(comments(issue.number)[0]?.body ?? "", "| `not in the policy`", "proj_growth")

      const amended = yield* world.amend(pull.number, world.policy({ weather: ["proj_search", "proj_hotfix"] }))
      assert.include(amended.comment, "### Access plan: 0 to grant, 1 to revoke")
      assert.lengthOf(comments(pull.number), 1)
      ends(yield* world.merge(pull.number, { method: "rebase" }), 0)
      assert.deepStrictEqual(yield* world.access("weather"), ["proj_hotfix", "proj_search"])
      yield* world.revokeByHand("music", "proj_growth")
      yield* world.fake.inject(Faults.error(400), { operation: "list", checkpoint: modelOf("music"), times: 9 })
      const unread = yield* world.night
      ends(unread.run, 4)
      yield* world.fake.setFaults(Faults.none)
      assert.deepStrictEqual(
        unread.issues.map(({ state }) => state),
        ["open"]
      )
      const quiet = yield* world.night
      ends(quiet.run, 0)
      assert.deepStrictEqual(
        quiet.issues.map(({ state }) => state),
        ["closed"]
      )
    }
  )

  test("an unplanned merge is red for its team alone, and the run by hand makes it", server, function* () {
    says("and the exit code is 4 the first time")
    const world = yield* team
    // the comment of its plan cannot be written
    world.state.answers.push({ to: /^POST \/issues\/\d+\/comments$/, status: 403 })
    const unplanned = yield* world.open(world.policy({ tone: ["proj_ads", "proj_hr", "proj_growth"] }))
    ends(unplanned.run, 1)
    const music = yield* world.open(world.policy({ music: ["proj_docs", "proj_ads"] }))
    const red = yield* world.merge(unplanned.number)
    ends(red, 4)
    assert.include(red.summary, "### Access apply: nothing to apply, 1 not reviewed")
    assert.include(red.summary, `#${unplanned.number}: access-plan.yml made no plan of its last commit`)
    const green = yield* world.merge(music.number)
    ends(green, 0)
    hasLine(green.summary, "+ proj_ads", `reviewed in #${music.number}`)
    hasLine(green.summary, "+ proj_growth")

    says(
      "A manual run plans all due steps, also reviewed unfinished ones. It waits for the reviewers of `access-approve`"
    )
    yield* world.grantByHand("weather", "proj_hotfix")
    const rejected = yield* world.manual({ reviews: () => Effect.succeed(false) })
    assert.deepStrictEqual(rejected.checks, {
      "apply / plan": "success",
      "apply / approve": "failure",
      "apply / apply": "skipped"
    })
    assert.deepStrictEqual(yield* world.access("tone"), ["proj_ads", "proj_hr"])
    // a merge does not wait for the approval
    const meanwhile = yield* world.open(world.policy({ music: ["proj_docs"] }))
    const approval = approving()
    const approved = yield* world.manual({
      reviews: (summary) =>
        Effect.gen(function* () {
          ends(yield* world.merge(meanwhile.number, { method: "squash" }), 0)
          return yield* approval.reviews(summary)
        })
    })
    ends(approved, 0)
    hasLine(approval.read[0] ?? "", "+ proj_growth")
    assert.notInclude(approval.read[0] ?? "", "proj_hotfix")
    assert.notInclude(meanwhile.comment, "proj_hotfix")
    hasLine(approved.summary, "+ proj_growth", `approved in run ${approved.id}, by rita`)
    assert.deepStrictEqual(yield* world.access("music"), ["proj_docs"])

    says("With `everything` it plans the whole policy, and also undoes changes by hand that the approved plan shows.")
    assert.deepStrictEqual(yield* world.access("weather"), ["proj_hotfix", "proj_hr", "proj_search"])
    const all = approving()
    ends(yield* world.manual(all, { everything: "true" }), 0)
    hasLine(all.read[0] ?? "", "- proj_hotfix", "changed by hand")
    assert.deepStrictEqual(yield* world.access("weather"), ["proj_hr", "proj_search"])
  })

  test(
    "re-running the failed jobs of a manual run makes nothing: it needs a new plan and approval",
    server,
    function* () {
      says('"Re-run all jobs"')
      const world = yield* team
      yield* world.push(world.policy({ weather: ["proj_search", "proj_hr", "proj_legal"], tone: ["proj_ads"] }))
      yield* world.fake.inject(Faults.error(400), { operation: "delete", times: 9 })
      const reruns = Effect.gen(function* () {
        assert.include(yield* world.access("weather"), "proj_legal")
        yield* world.revokeByHand("weather", "proj_legal")
        yield* world.fake.setFaults(Faults.none)
      })
      const failed = yield* world.manual({ ...approving(), reruns })
      assert.deepStrictEqual(failed.checks["apply / apply"], "failure")
      assert.deepStrictEqual(yield* world.access("weather"), ["proj_hr", "proj_search"])
    }
  )

  test("a merge queue tests two pull requests of two teams, and one run applies both", server, function* () {
    says("A merge queue needs `merge_group: {}` beside `pull_request_target` there")
    const world = yield* team
    const workflow = world.textAt(planFile).replace(/^on: .*$/m, "on: { pull_request_target: {}, merge_group: {} }")
    assert.deepStrictEqual(yield* world.push({ [planFile]: workflow }), [])
    const wrong = yield* world.open(world.policy({ music: ["proj_docs", "proj-ads"] }))
    ends(wrong.run, 4)
    assert.match(wrong.comment, /^! left out: access\/policy\.yaml:\d+:\d+: .*did you mean proj_ads/m)
    const [replaced, fixed] = yield* world.amendTogether(
      wrong.number,
      world.policy({ music: ["proj_docs", "proj_legal"] }),
      world.policy({ music: ["proj_docs", "proj_ads"] })
    )
    assert.deepStrictEqual([replaced?.conclusion, fixed?.code], ["cancelled", 0])
    const late = world.openUnplanned(world.policy({ tone: ["proj_ads", "proj_legal"] }))
    const tone = yield* world.open(world.policy({ tone: ["proj_ads"] }))
    assert.notInclude(tone.comment, "music")
    const { run, tested } = yield* world.queue(wrong.number, tone.number)
    assert.deepStrictEqual(tested.checks, { "plan / plan": "skipped" })
    assert.strictEqual(tested.conclusion, "success")
    ends(run, 0)
    hasLine(run.summary, "+ proj_ads", `reviewed in #${wrong.number}`)
    hasLine(run.summary, "- proj_hr", `reviewed in #${tone.number}`)
    says("With a conflict, or without a merge commit after a minute, there is no plan: the comment reports this")
    const [conflict = assert.fail("no run")] = yield* world.dispatch([world.planned(late)])
    ends(conflict, 4)
    assert.include(world.state.comments.at(-1)?.body, "This pull request conflicts with main.")
  })
})
