/** The page about CI, walked from the first commit: only its files and commands, in their order. */
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { test } from "../../cli/test/support/test.ts"
import * as page from "./support/walk/page.ts"
import type { Run } from "./support/walk/platform.ts"
import { applyFile, driftFile, planFile, policyFile, server, walk } from "./support/walk/walk.ts"
import { modelOf } from "./support/world.ts"

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
  return { ...world, first: first ?? assert.fail("the push starts no run") }
})

const ends = (run: Run, code: number) => assert.strictEqual(run.code, code, `${run.summary}\n${run.log}`)

/** Returns true if the text has a line that begins so, with these words after it. */
const hasLine = (text: string, ...parts: ReadonlyArray<string>) =>
  assert.isTrue(
    text.split("\n").some((line) => line.startsWith(parts[0] ?? "") && parts.every((part) => line.includes(part))),
    `no line ${parts.join(" … ")} in:\n${text}`
  )

const says = (sentence: string) => assert.isTrue(page.has(sentence), `the page no longer says: ${sentence}`)

/** Approves each plan, and returns the summaries that were read. */
const approving = () => {
  const read: Array<string> = []
  return { read, reviews: (summary: string) => Effect.sync(() => read.push(summary) > 0) }
}

describe.concurrent("the page about CI", () => {
  test("sets up: the first run compares every entry, and finds nothing to do", server, function* () {
    assert.sameMembers(Object.keys(page.files), [policyFile, planFile, applyFile, driftFile])
    const { first, ...world } = yield* team
    for (const name of world.environments.keys()) assert.include(page.step(1), `\`${name}\``)
    says("finds nothing to do, and writes the record")
    ends(first, 0)
    assert.include(first.summary, "### Access apply: nothing to apply\n\nNo record: all 3 entries were compared.")

    const pull = yield* world.open(world.policy({ weather: ["proj_search", "proj_docs"] }))
    ends(pull.run, 0)
    assert.include(pull.comment, "### Access plan: 1 to grant, 1 to revoke")
    assert.include(pull.comment, "**Merging revokes 1 permission.**")
    hasLine(pull.comment, "+ proj_docs", "The docs team")
    assert.deepStrictEqual(yield* world.access("weather"), ["proj_hr", "proj_search"])
    const merged = yield* world.merge(pull.number)
    ends(merged, 0)
    hasLine(merged.summary, "+ proj_docs (The docs team)", "reviewed in #1")
    assert.deepStrictEqual(yield* world.access("weather"), ["proj_docs", "proj_search"])
    const night = yield* world.night
    ends(night.run, 0)
    assert.deepStrictEqual(night.issues, [])
  })

  test("a hot fix of 03:00 stays, is reported, and is shown by the pull request of its entry", server, function* () {
    says("A hot fix at 03:00, made on the server by hand, stays, and drift reports it.")
    says(
      'A pull request that changes its entry lists it as "changed by hand". To keep the access, add it to the policy.'
    )
    const world = yield* team
    yield* world.pass(17)
    yield* world.grantByHand("weather", "proj_hotfix")
    const kept = ["proj_hotfix", "proj_hr", "proj_search"]
    const first = yield* world.night
    ends(first.run, 0)
    const [issue, ...more] = first.issues
    assert.deepStrictEqual(more, [])
    hasLine(issue?.body ?? "", "| `not in the policy`", "proj_hotfix", "eve@example.com")
    ends(yield* world.daily(), 0)

    const other = yield* world.open(world.policy({ music: ["proj_docs", "proj_ads"] }))
    assert.notInclude(other.comment, "proj_hotfix")
    const pull = yield* world.open(world.policy({ weather: ["proj_search"] }))
    hasLine(pull.comment, "- proj_hotfix", "changed by hand")
    assert.include(pull.comment, "**Merging revokes 2 permissions.** 1 step undoes a change by hand")
    ends(yield* world.merge(other.number, { method: "squash" }), 0)
    assert.deepStrictEqual(yield* world.access("weather"), kept)
    const amended = yield* world.amend(pull.number, world.policy({ weather: ["proj_search", "proj_hotfix"] }))
    assert.include(amended.comment, "### Access plan: 0 to grant, 1 to revoke")
    assert.lengthOf(
      world.state.comments.filter(({ on }) => on === pull.number),
      1
    )
    ends(yield* world.merge(pull.number, { method: "rebase" }), 0)
    assert.deepStrictEqual(yield* world.access("weather"), ["proj_hotfix", "proj_search"])
  })

  test("an unplanned merge is red for its team alone, and the run by hand makes it", server, function* () {
    says("and the exit code is 4 the first time")
    const world = yield* team
    const unplanned = world.openUnplanned(world.policy({ tone: ["proj_ads", "proj_hr", "proj_growth"] }))
    const music = yield* world.open(world.policy({ music: ["proj_docs", "proj_ads"] }))
    const red = yield* world.merge(unplanned)
    ends(red, 4)
    assert.include(red.summary, "### Access apply: nothing to apply, 1 not reviewed")
    assert.include(red.summary, `#${unplanned}: access-plan.yml made no plan for its last commit`)
    const green = yield* world.merge(music.number)
    ends(green, 0)
    hasLine(green.summary, "+ proj_ads", `reviewed in #${music.number}`)
    hasLine(green.summary, "+ proj_growth")
    assert.include(green.summary, "Or run the workflow by hand")

    says("A manual run plans the steps that are not reviewed, waits for the reviewers of `access-approve`")
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
          ends(yield* world.merge(meanwhile.number), 0)
          return yield* approval.reviews(summary)
        })
    })
    ends(approved, 0)
    hasLine(approval.read[0] ?? "", "+ proj_growth")
    assert.notInclude(approval.read[0] ?? "", "proj_hotfix")
    hasLine(approved.summary, "+ proj_growth", "approved in this run")
    assert.deepStrictEqual(yield* world.access("music"), ["proj_docs"])
    const none = yield* world.manual({})
    assert.strictEqual(none.checks["apply / approve"], "skipped")

    says("With `everything` it plans the whole policy, and also undoes changes by hand that the approved plan shows.")
    assert.deepStrictEqual(yield* world.access("weather"), ["proj_hotfix", "proj_hr", "proj_search"])
    const all = approving()
    ends(yield* world.manual(all, { everything: "true" }), 0)
    hasLine(all.read[0] ?? "", "- proj_hotfix")
    assert.deepStrictEqual(yield* world.access("weather"), ["proj_hr", "proj_search"])
  })

  test("a merge queue tests two pull requests of two teams, and one run applies both", server, function* () {
    says("A merge queue needs `merge_group: {}` beside `pull_request_target` there")
    const world = yield* team
    const workflow = world.textAt(planFile).replace(/^on: .*$/m, "on: { pull_request_target: {}, merge_group: {} }")
    assert.deepStrictEqual(yield* world.push({ [planFile]: workflow }), [])
    const wrong = yield* world.open(world.policy({ music: ["proj_docs", "proj-ads"] }))
    ends(wrong.run, 4)
    assert.match(wrong.run.log, /^::error file=access\/policy\.yaml,line=\d+,col=\d+::.*did you mean proj_ads/m)
    const fixed = yield* world.amend(wrong.number, world.policy({ music: ["proj_docs", "proj_ads"] }))
    ends(fixed.run, 0)
    const tone = yield* world.open(world.policy({ tone: ["proj_ads"] }))
    assert.notInclude(tone.comment, "music")
    const { run, tested } = yield* world.queue(wrong.number, tone.number)
    assert.deepStrictEqual(tested.checks, { "plan / plan": "skipped" })
    assert.strictEqual(tested.conclusion, "success")
    ends(run, 0)
    hasLine(run.summary, "+ proj_ads", `reviewed in #${wrong.number}`)
    hasLine(run.summary, "- proj_hr", `reviewed in #${tone.number}`)
  })

  test("a failed apply, a cancelled one, and a lost record: the next run makes the rest", server, function* () {
    const world = yield* team
    const music = yield* world.open(world.policy({ music: ["proj_docs", "proj_ads", "proj_legal"] }))
    const tone = yield* world.open(world.policy({ tone: ["proj_ads", "proj_growth"] }))
    yield* world.fake.inject(Faults.error(400), { operation: "create", times: 9 })
    const failed = yield* world.merge(music.number)
    ends(failed, 4)
    assert.include(failed.summary, "### Access apply: 0 steps applied, 2 not made")
    yield* world.fake.setFaults(
      Faults.scripted([{ fault: Faults.latency({ before: "1 hour" }), operation: "create", nth: 2 }])
    )
    says("A cancelled run lets requests in flight finish, within the runner's ten seconds (exit code 143).")
    says("The next run makes the rest of the reviewed steps.")
    const before = (yield* world.fake.requests).length
    const cancelled = yield* world.merge(tone.number, {
      cancels: ({ says, signal }) =>
        Effect.gen(function* () {
          for (let count = before, creates = 0; creates < 2; count += 1) {
            yield* world.fake.awaitRequests(count)
            creates = (yield* world.fake.requests).slice(before).filter(({ method }) => method === "POST").length
          }
          yield* signal("SIGINT")
          yield* says("finishing requests in flight")
          yield* world.pass(1)
        })
    })
    ends(cancelled, 143)
    assert.strictEqual(cancelled.conclusion, "cancelled")
    assert.match(cancelled.summary, /^### Access apply: \d steps applied, \d not made$/m)
    yield* world.fake.setFaults(Faults.none)
    const rest = yield* world.daily()
    ends(rest, 0)
    hasLine(rest.summary, "- proj_hr", "reviewed for an earlier apply")
    assert.deepStrictEqual(yield* world.access("music"), ["proj_ads", "proj_docs", "proj_legal"])
    assert.deepStrictEqual(yield* world.access("tone"), ["proj_ads", "proj_growth"])

    says(
      "A run takes the newest commit of the branch, and the plans of the pull requests that were merged since the record."
    )
    const [a, b] = [
      yield* world.open(world.policy({ weather: ["proj_search"] })),
      yield* world.open(world.policy({ tone: ["proj_ads"] }))
    ]
    const [older, newer] = yield* world.mergeTogether(a.number, b.number)
    for (const one of [a, b]) hasLine(newer?.summary ?? "", "- ", `reviewed in #${one.number}`)
    assert.include(older?.summary, "### Access apply: nothing to apply")
    assert.strictEqual(older?.code, 0)

    says("Without a record every entry is compared, and only the plan of the newest commit's pull request counts.")
    const last = yield* world.open(world.policy({ weather: ["proj_search", "proj_docs"] }))
    world.state.artifacts.splice(0, 99, ...world.state.artifacts.filter(({ name }) => name.startsWith("access-plan")))
    const found = yield* world.merge(last.number)
    ends(found, 0)
    assert.include(found.summary, "No record: all 3 entries were compared.")
    hasLine(found.summary, "+ proj_docs", `reviewed in #${last.number}`)
  })

  test("access for 14 days lapses by the daily run, and not again by a later one", server, function* () {
    says("is revoked without a review by the daily run")
    const world = yield* team
    const until = new Date(Date.now() + 14 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10)
    const pull = yield* world.open(
      world.policy({ tone: ["proj_ads", "proj_hr", `{ project: proj_pilot, until: ${until} }`] })
    )
    ends(yield* world.merge(pull.number), 0)
    yield* world.days(14)
    ends(yield* world.daily(), 0)
    assert.include(yield* world.access("tone"), "proj_pilot")
    yield* world.days(1)
    const lapsed = yield* world.daily()
    ends(lapsed, 0)
    hasLine(lapsed.summary, "- proj_pilot", "access has ended")
    assert.deepStrictEqual(yield* world.access("tone"), ["proj_ads", "proj_hr"])
    yield* world.grantByHand("tone", "proj_pilot")
    yield* world.days(1)
    ends(yield* world.daily(), 0)
    assert.include(yield* world.access("tone"), "proj_pilot")
  })

  test("a forged plan, and a tag with the name of the branch, count for nothing", server, function* () {
    says("The environments give such a run no key.")
    const world = yield* team
    const pull = yield* world.open(world.policy({ tone: ["proj_ads", "proj_hr", "proj_growth"] }))
    const plan = world.artifact("access-plan-", "plan.json")
    // as if the plan had never run
    world.state.artifacts.pop()
    for (const run of [
      { path: planFile, event: "push", head_branch: "theirs" },
      { path: planFile, event: "pull_request" },
      { path: ".github/workflows/theirs.yml", event: "pull_request_target" },
      { path: `${planFile}@refs/heads/theirs`, event: "pull_request_target" }
    ])
      world.forge(run, plan.name, { "plan.json": plan.text })
    const merged = yield* world.merge(pull.number)
    ends(merged, 4)
    assert.include(merged.summary, `#${pull.number}: access-plan.yml made no plan for its last commit`)

    const before = (yield* world.fake.requests).length
    const theirs = world.textAt(applyFile).replace(/branches: \[main\], paths: \[.*?\]/, "tags: [main]")
    world.state.branches.set("theirs", world.state.branches.get("main") ?? "")
    const commit = world.hub.push({ [applyFile]: theirs }, "theirs")
    const [tagged] = yield* world.dispatch([{ name: "push", ref: "refs/tags/main", commit }])
    assert.deepStrictEqual(tagged?.checks["apply / apply"], "failure")
    assert.lengthOf(yield* world.fake.requests, before)
    const record = world.artifact("access-applied-", "applied.json")
    const step = { checkpoint: modelOf("tone"), project: "proj_growth" }
    const reviewed = JSON.stringify({ ...JSON.parse(record.text), left: [], reviewed: [step] })
    world.forge({ head_sha: commit }, record.name, { "applied.json": reviewed })
    world.forge({ head_branch: "theirs", head_sha: commit }, record.name, { "applied.json": reviewed })
    const daily = yield* world.daily()
    ends(daily, 0)
    assert.include(daily.summary, "### Access apply: nothing to apply, 1 not reviewed")
    assert.deepStrictEqual(yield* world.access("tone"), ["proj_ads", "proj_hr"])
  })

  test("a second file of the policy, and another server", server, function* () {
    const world = yield* team
    const second = `version: 1\ncheckpoints:\n  "${modelOf("second")}":\n    projects: [proj_legal]\n`
    yield* world.push({ "access/second.yaml": second })
    const withInputs = (inputs: string) =>
      Object.fromEntries(Object.keys(page.workflows).map((path) => [path, world.copied(path, inputs)]))
    const policies = `policy: "access/policy.yaml\\naccess/second.yaml"`
    yield* world.push(withInputs(`${policies}, api-url: "${world.baseUrl}"`))
    const daily = yield* world.daily()
    ends(daily, 4)
    assert.include(daily.summary, "No record: all 4 entries were compared.")
    hasLine(daily.summary, "+ proj_legal", modelOf("second"))
    ends(yield* world.manual(approving()), 0)
    assert.deepStrictEqual(yield* world.access("second"), ["proj_legal"])

    says("A record or plan of another server or organization is refused: nothing is changed (exit code 5).")
    yield* world.push(withInputs(`${policies}, api-url: "${world.baseUrl.replace("127.0.0.1", "localhost")}"`))
    ends(yield* world.daily(), 5)
  })

  test(
    "one issue reports the differences of all nights, whatever a person writes above its marker",
    server,
    function* () {
      says("Only a night without any difference closes the issue.")
      const world = yield* team
      const comments = () => world.state.comments.filter(({ on }) => on === world.state.issues[0]?.number)
      yield* world.grantByHand("weather", "proj_hotfix")
      ends((yield* world.night).run, 0)
      world.state.issues = world.state.issues.map((issue) => ({
        ...issue,
        body: `Ana looks at this.\n\n${issue.body}`
      }))
      ends((yield* world.night).run, 0)
      assert.lengthOf(comments(), 0)
      yield* world.grantByHand("music", "proj_growth")
      ends((yield* world.night).run, 0)
      assert.lengthOf(world.state.issues, 1)
      assert.lengthOf(comments(), 1)
      hasLine(comments()[0]?.body ?? "", "| `not in the policy`", "proj_growth")
      yield* world.fake.inject(Faults.error(400), { operation: "list", checkpoint: modelOf("music"), times: 9 })
      yield* world.revokeByHand("weather", "proj_hotfix")
      const unread = yield* world.night
      ends(unread.run, 4)
      assert.strictEqual(unread.issues[0]?.state, "open")
      yield* world.fake.setFaults(Faults.none)
      yield* world.revokeByHand("music", "proj_growth")
      const quiet = yield* world.night
      ends(quiet.run, 0)
      assert.deepStrictEqual(
        quiet.issues.map(({ state }) => state),
        ["closed"]
      )
    }
  )
})
