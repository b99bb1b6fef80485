/** The page about CI, walked from the first commit with its own files and commands: from the setup to applies that fail. */
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { test } from "../../cli/test/support/test.ts"
import * as page from "./support/walk/page.ts"
import { approving, ends, hasLine, says } from "./support/walk/reading.ts"
import { applyFile, driftFile, planFile, policyFile, server, team, walk } from "./support/walk/walk.ts"
import { modelOf } from "./support/world.ts"

// one after the other: each has processes enough for a machine
describe("the page about CI", () => {
  test(
    "sets up, applies a pull request, and revokes its access for 14 days by the daily run, but once",
    server,
    function* () {
      assert.sameMembers(Object.keys(page.files), [policyFile, planFile, applyFile, driftFile])
      const world = yield* walk
      yield* world.makeEnvironments
      const policy = yield* world.exportPolicy
      const [first = assert.fail("the push starts no run")] = yield* world.push({
        [policyFile]: policy,
        ...world.copied()
      })
      for (const name of world.environments.keys()) assert.include(page.step(1), `\`${name}\``)
      says("finds nothing to do, and writes the record")
      ends(first, 0)
      assert.include(first.summary, "### Access apply: nothing to apply\n\nNo record: all 3 entries were compared.")

      const until = new Date(Date.now() + 14 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10)
      const pilot = `{ project: proj_pilot, until: ${until} }`
      const pull = yield* world.open(
        world.policy({ weather: ["proj_search", "proj_docs"], tone: ["proj_ads", "proj_hr", pilot] })
      )
      ends(pull.run, 0)
      assert.include(pull.comment, "### Access plan: 2 to grant, 1 to revoke")
      assert.include(pull.comment, "**Merging revokes 1 permission.**")
      hasLine(pull.comment, "+ proj_docs", "The docs team")
      assert.deepStrictEqual(yield* world.access("weather"), ["proj_hr", "proj_search"])
      world.approve(pull.number, "rita")
      const merged = yield* world.merge(pull.number)
      ends(merged, 0)
      hasLine(merged.summary, "+ proj_docs (The docs team)", "reviewed in #1, approved by rita")
      assert.deepStrictEqual(yield* world.access("weather"), ["proj_docs", "proj_search"])
      const night = yield* world.night
      ends(night.run, 0)
      assert.deepStrictEqual(night.issues, [])

      says("is revoked without a review by the daily run")
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
    }
  )

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
    hasLine(rest.summary, "- proj_hr", `reviewed in #${tone.number}`)
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
    assert.include(merged.summary, `#${pull.number}: access-plan.yml made no plan of its last commit`)

    const before = (yield* world.fake.requests).length
    const theirs = world.textAt(applyFile).replace(/branches: \[main\], paths: \[.*?\]/, "tags: [main]")
    world.state.branches.set("theirs", world.state.branches.get("main") ?? "")
    const commit = world.hub.push({ [applyFile]: theirs }, "theirs")
    const [tagged] = yield* world.dispatch([{ name: "push", ref: "refs/tags/main", commit }])
    assert.deepStrictEqual(tagged?.checks["apply / apply"], "failure")
    assert.lengthOf(yield* world.fake.requests, before)
    const record = world.artifact("access-applied-", "applied.json")
    const step = { checkpoint: modelOf("tone"), project: "proj_growth", plannedAt: "2027-01-01T00:00:00Z" }
    const reviewed = JSON.stringify({ ...JSON.parse(record.text), left: [], reviewed: [step] })
    world.forge({ head_sha: commit }, record.name, { "applied.json": reviewed })
    world.forge({ head_branch: "theirs", head_sha: commit }, record.name, { "applied.json": reviewed })
    says("it never adds a step.")
    const daily = yield* world.daily()
    ends(daily, 4)
    assert.include(daily.summary, "### Access apply: nothing to apply, 1 not reviewed")
    assert.include(
      daily.summary,
      `No record:\n\n\`\`\`text\nthe newest one is of commit ${commit}, to which first parents`
    )
    assert.deepStrictEqual(yield* world.access("tone"), ["proj_ads", "proj_hr"])
  })

  test("a second file of the policy, and another server", server, function* () {
    const world = yield* team
    const second = `version: 1\ncheckpoints:\n  "${modelOf("second")}":\n    projects: [proj_legal]\n`
    const [pushed = assert.fail("the push starts no run")] = yield* world.push({ "access/second.yaml": second })
    ends(pushed, 4)
    assert.notInclude(pushed.summary, "No record")
    hasLine(pushed.summary, "+ proj_legal", modelOf("second"))
    ends(yield* world.manual(approving()), 0)
    assert.deepStrictEqual(yield* world.access("second"), ["proj_legal"])

    says("Each server and organization has its own record.")
    const other = yield* world.otherServer({
      [modelOf("weather")]: ["proj_search", "proj_hr", "proj_ads"],
      [modelOf("music")]: ["proj_docs"]
    })
    yield* world.push(world.copied(`api-url: "${other}"`))
    const elsewhere = yield* world.daily()
    ends(elsewhere, 4)
    assert.include(elsewhere.summary, "### Access apply: nothing to apply, 3 not reviewed")
    assert.include(elsewhere.summary, "No record: all 4 entries were compared.")
    hasLine(elsewhere.summary, "there is none of this workflow file, api-url and organization.")
    hasLine(elsewhere.summary, "- proj_ads", modelOf("weather"))
    hasLine(elsewhere.summary, "! left out: access/second.yaml:4:", "proj_legal is not a project of this organization")
    // the entry with a mistake stops no other one
    const partial = yield* world.manual(approving())
    ends(partial, 4)
    assert.deepStrictEqual(partial.checks, {
      "apply / plan": "failure",
      "apply / approve": "success",
      "apply / apply": "failure"
    })
    assert.include(partial.summary, "### Access apply: 3 steps applied\n")
  })

  test("two servers: each has its own plan and comment on one pull request, and its own apply", server, function* () {
    says("Each server, and each set of policies, has three workflow files of its own.")
    const world = yield* team
    const other = yield* world.otherServer({
      [modelOf("weather")]: ["proj_search", "proj_hr", "proj_ads"],
      [modelOf("music")]: ["proj_docs"],
      [modelOf("tone")]: ["proj_ads", "proj_hr"]
    })
    const theirs = "access-plan-eu.yml"
    const elsewhere = world.copied(`api-url: "${other}", plan-workflow: ${theirs}`)
    const [, job = ""] = /^jobs:\n {2}apply:\n([\s\S]*)$/m.exec(elsewhere[applyFile] ?? "") ?? []
    yield* world.push({
      [`.github/workflows/${theirs}`]: elsewhere[planFile] ?? "",
      [applyFile]: `${world.textAt(applyFile)}  eu:\n${job}`
    })
    const pull = world.openUnplanned(world.policy({ weather: ["proj_search", "proj_docs"] }))
    for (const run of yield* world.dispatch([world.planned(pull)])) ends(run, 0)
    const comments = world.state.comments.filter(({ on }) => on === pull)
    assert.lengthOf(comments, 2)
    const [ours = "", eu = ""] = comments.map(({ body }) => body).toSorted((a, b) => a.length - b.length)
    hasLine(ours, "- proj_hr")
    assert.notInclude(ours, "proj_ads")
    hasLine(eu, "- proj_ads")
    hasLine(eu, `For \`${world.state.pulls.get(pull)?.head}\`, \`access\`, \`${other}\`.`)
    const [merged = assert.fail("no run")] = yield* world.mergeTogether(pull)
    assert.deepStrictEqual([merged.checks["apply / apply"], merged.checks["eu / apply"]], ["success", "success"])
    for (const project of ["proj_hr", "proj_ads"]) hasLine(merged.summary, `- ${project}`, `reviewed in #${pull}`)
    assert.deepStrictEqual(yield* world.access("weather"), ["proj_docs", "proj_search"])
  })
})
