import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { strToU8, zipSync } from "fflate"
import { artifact } from "./support/action.ts"
import type { Artifact } from "./support/github.ts"
import { changed, modelOf, path, policyOf, server, testsOn, weather, world } from "./support/world.ts"

const { endurance, test } = testsOn(server({ weather: ["proj_a", "proj_x"], music: ["proj_a"] }))

const approval = (login: string, state: "approved" | "rejected", ...names: ReadonlyArray<string>) => ({
  state,
  user: { login },
  environments: names.map((name) => ({ name }))
})

/** A repository whose first run found its policy as it is on the server. */
const applied = Effect.gen(function* () {
  const { fake, hub, run, state, ...rest } = yield* world
  hub.push(policyOf({ weather: "proj_a, proj_x", music: "proj_a" }))
  const { summary } = yield* run({ command: "apply" })
  const compared =
    "No record: all 2 entries were compared. The ends of access are taken from the policy without a review."
  assert.include(summary, `### Access apply: nothing to apply\n\n${compared}\n`)
  /** Opens a pull request and plans it. */
  const open = (...policies: ReadonlyArray<Readonly<Record<string, string>>>) =>
    Effect.gen(function* () {
      const pull = hub.open(policies.map(policyOf))
      yield* run({ command: "plan", pull })
      return pull
    })
  /** Runs by hand: the plan is approved, and applied. */
  const byHand = (inputs: Readonly<Record<string, string>> = {}, code = 0) =>
    Effect.gen(function* () {
      const planned = yield* run(
        {
          command: "plan",
          trigger: "workflow_dispatch",
          workflow: "access-apply.yml",
          inputs
        },
        code
      )
      const approved = join(planned.folder, "approved.json")
      writeFileSync(approved, planned.file("plan.json"))
      if (state.approvals.length === 0) state.approvals.push(approval("rita", "approved", "access-approve"))
      const done = yield* run({ command: "apply", trigger: "workflow_dispatch", inputs: { approved } }, code)
      return { planned, done }
    })
  return { fake, hub, run, state, open, byHand, ...rest }
})

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
      function* () {
        const { fake, hub, open, run } = yield* applied
        hub.merge(yield* open(...policies), method)
        const before = (yield* fake.requests).length
        const { file, summary } = yield* run({ command: "apply" })
        assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b"])
        assert.include(summary, "### Access apply: 2 steps applied")
        assert.match(summary, /^\+ proj_b.* {2}reviewed in #1, no approval$/m)
        assert.match(summary, /^- proj_x.* {2}reviewed in #1, no approval$/m)
        assert.include(file("access.journal"), "octocat")
        const asked = (yield* fake.requests).slice(before)
        assert.deepStrictEqual([...new Set(asked.flatMap(({ checkpoint }) => checkpoint ?? []))], [weather])
      }
    )
  }

  test("takes the tip of the branch: two merges in one run, and nothing is left for the run of the first", function* () {
    const { fake, hub, open, run, state } = yield* applied
    const first = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
    const second = yield* open({ weather: "proj_a, proj_x", music: "proj_a, proj_c" })
    const superseded = hub.merge(first, "squash")
    hub.merge(second)
    const { file } = yield* run({ command: "apply", commit: superseded })
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_b"])
    assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_c"])
    assert.strictEqual(JSON.parse(file("applied.json")).commit, state.branches.get("main"))
    const before = changed(yield* fake.requests)
    const again = yield* run({ command: "apply" })
    assert.include(again.summary, "### Access apply: nothing to apply")
    assert.strictEqual(changed(yield* fake.requests), before)
  })

  test("leaves out a direct push, and applies the planned merges after it; an approved manual run makes the rest", function* () {
    const { byHand, fake, hub, open, run } = yield* applied
    hub.push(policyOf({ weather: "proj_a, proj_x", music: "proj_a, proj_c" }))
    const pushed = yield* run({ command: "apply" }, 4)
    assert.include(pushed.summary, "### Access apply: nothing to apply, 1 not reviewed")
    assert.match(pushed.summary, /^\+ proj_c {2}ft:/m)
    assert.notInclude(pushed.summary, "--state")
    const pull = yield* open({ weather: "proj_a", music: "proj_a, proj_c" })
    hub.merge(pull)
    const merged = yield* run({ command: "apply" })
    assert.match(merged.summary, new RegExp(`^- proj_x.* {2}reviewed in #${pull}, no approval$`, "m"))
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a"])
    assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a"])
    const { done, planned } = yield* byHand()
    assert.match(planned.outputs, /^steps<<.*\n1\n/m)
    assert.match(done.summary, /^\+ proj_c.* {2}approved in run 42, by rita$/m)
    assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_c"])
  })

  test("keeps a change by hand, also in a manual run; the pull request of its entry shows it, and so does everything", function* () {
    const { byHand, fake, hub, open, run, state } = yield* applied
    const music = modelOf("music")
    yield* fake.grant(weather, "proj_hand")
    yield* fake.grant(music, "proj_late")
    const pull = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
    assert.match(state.comments[0]?.body ?? "", /^- proj_hand.*not in this change/m)
    yield* fake.grant(weather, "proj_new")
    hub.merge(pull)
    const { summary } = yield* run({ command: "apply" })
    assert.match(summary, new RegExp(`^- proj_hand.* {2}reviewed in #${pull}, no approval$`, "m"))
    assert.match(summary, /^- proj_new {2}cp_\w+ {2}ft:/m)
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_new", "proj_b"])
    const due = yield* run({ command: "plan", trigger: "workflow_dispatch", workflow: "access-apply.yml" })
    assert.match(due.outputs, /^steps<<.*\n0\n/m)
    const { planned } = yield* byHand({ everything: "true" })
    assert.match(planned.outputs, /^steps<<.*\n2\n/m)
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_b"])
    assert.deepStrictEqual(yield* fake.projects(music), ["proj_a"])
  })

  test("names for each step its pull request and the approvals, in the summary and in executed.json", function* () {
    const { byHand, hub, open, run, state } = yield* applied
    const first = yield* open({ weather: "proj_a", music: "proj_a" })
    const second = yield* open({ weather: "proj_a, proj_x", music: "proj_a, proj_c" })
    const review = (
      on: number,
      login: string | undefined,
      state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED",
      commit: string
    ) => {
      const user = login === undefined ? null : { login }
      return { on, user, state, commit_id: commit, submitted_at: "2026-11-30T10:02:11Z" } as const
    }
    const head = state.pulls.get(first)?.head ?? ""
    state.reviews.push(
      review(first, "ann", "CHANGES_REQUESTED", "old"),
      review(first, "ann", "APPROVED", head),
      review(first, "ann", "COMMENTED", head),
      review(first, "bob", "APPROVED", "old"),
      review(first, "eve", "APPROVED", head),
      review(first, "eve", "CHANGES_REQUESTED", head),
      // two users that were deleted
      review(first, undefined, "APPROVED", head),
      review(first, undefined, "CHANGES_REQUESTED", head),
      { ...review(first, "dan", "APPROVED", head), submitted_at: "2101-01-01T00:00:00Z" }
    )
    hub.merge(first)
    hub.merge(second)
    state.answers.push({ to: new RegExp(`^GET /pulls/${second}/reviews`), status: 403 })
    const { file, summary } = yield* run({ command: "apply" })
    const text = `reviewed in #${first}, approved by ann on 2026-11-30 10:02 UTC, bob on 2026-11-30 10:02 UTC (for an older commit), ghost on 2026-11-30 10:02 UTC, dan on 2101-01-01 00:00 UTC (after the merge)`
    assert.match(summary, new RegExp(`^- proj_x .* {2}${text.replaceAll(/[()]/g, "\\$&")}$`, "m"))
    assert.match(summary, new RegExp(`^\\+ proj_c .* {2}reviewed in #${second}, approval unknown$`, "m"))
    const { steps } = JSON.parse(file("executed.json")).executed
    assert.deepStrictEqual(steps.map(({ project, source }: Record<string, string>) => [project, source]).toSorted(), [
      ["proj_c", `reviewed in #${second}, approval unknown`],
      ["proj_x", text]
    ])
    hub.push(policyOf({ weather: "proj_a, proj_b", music: "proj_a, proj_c" }))
    state.approvals.push(
      approval("eve", "rejected", "access-approve"),
      approval("bob", "approved", "access-write"),
      approval("dan", "approved", "access-write", "access-approve"),
      approval("dan", "approved", "access-approve")
    )
    assert.match((yield* byHand()).done.summary, /^\+ proj_b .* {2}approved in run 42, by dan$/m)
  })

  test("takes records of its workflow, events and branch only, whose commit was its tip; a broken one is lost", function* () {
    const { hub, run, state } = yield* applied
    // its first commit changes the workflow, and its second one takes the change back
    const workflow = ".github/workflows/access-apply.yml"
    const pull = hub.open([{ [workflow]: "on: push\n" }, { [workflow]: "" }])
    const [, within = ""] = state.pulls.get(pull)?.commits ?? []
    hub.merge(pull)
    yield* run({ command: "apply" })
    const made = state.runs.at(-1)
    const kept = state.artifacts.at(-1)
    assert.isDefined(made)
    assert.isDefined(kept)
    const apart = hub.git.commit([], {})
    for (const by of [
      { path: ".github/workflows/other.yml" },
      { event: "pull_request" },
      { head_branch: "other" },
      // tags with the name of the branch
      { head_sha: apart },
      { head_sha: within }
    ]) {
      state.runs.splice(0, state.runs.length, { ...made, id: 900, ...by })
      state.artifacts.splice(0, state.artifacts.length, { ...kept, run: 900 })
      assert.include((yield* run({ command: "apply" })).summary, "No record: ", JSON.stringify(by))
    }
    state.runs.splice(0, state.runs.length, made)
    state.artifacts.splice(0, state.artifacts.length, kept)
    assert.notInclude((yield* run({ command: "apply" })).summary, "No record: ")
    state.artifacts.push({ ...kept, id: 99, zip: strToU8("no zip") })
    const { summary } = yield* run({ command: "apply" })
    assert.include(summary, "No record:\n\n```text\nits artifact cannot be used: invalid zip data")
    const tag = { command: "apply", env: { GITHUB_REF: "refs/tags/main" } } as const
    assert.include((yield* run(tag, 2)).log, "this run is not for a branch")
  })

  test("takes the newest plan of the plan workflow for that base branch; another one is named with its reason", function* () {
    const { fake, hub, open, run, state } = yield* applied
    const pull = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
    const [record, good] = state.artifacts
    const [planned] = state.runs.slice(-1)
    assert.isDefined(record)
    assert.isDefined(good)
    assert.isDefined(planned)
    hub.merge(pull)
    const keep = (...plans: ReadonlyArray<Artifact>) => state.artifacts.splice(0, 99, record, ...plans)
    const leftOut = (expected: string) =>
      Effect.gen(function* () {
        const { log, summary } = yield* run({ command: "apply" }, 4)
        assert.include(summary, "nothing to apply, 1 not reviewed")
        assert.include(summary, `#${pull}: ${expected}`)
        assert.notMatch(log + summary, /^\s+at /m)
      })
    const missing = "access-plan.yml made no plan of its last commit for this branch and server before the merge"
    for (const [by, expected] of [
      [{ event: "pull_request" }, missing],
      [{ path: ".github/workflows/other.yml" }, missing],
      [{ path: ".github/workflows/access-plan.yml@refs/heads/theirs" }, missing]
    ] as const) {
      const id = state.runs.length + 900
      state.runs.push({ ...planned, id, ...by })
      keep({ ...good, run: id })
      yield* leftOut(expected)
    }
    // planned for another base branch
    keep({ ...good, name: good.name.replace(/.{12}$/, "0".repeat(12)) })
    yield* leftOut(missing)
    for (const [zip, expected] of [
      [strToU8("no zip"), "its artifact cannot be used: invalid zip data"],
      [zipSync({ "plan.md": strToU8("plan") }), "its artifact cannot be used: it has no plan.json"],
      [artifact(1, "", 1, "{").zip, ""],
      [artifact(1, "", 1, JSON.stringify({ format: "other" })).zip, ""]
    ] as const) {
      // it is newer than the one that is right
      keep(good, { ...good, id: good.id + 1, zip })
      yield* leftOut(expected)
    }
    state.runs.push({ ...planned, id: 950, path: ".github/workflows/access-plan.yml@main" })
    keep({ ...good, run: 950 })
    yield* run({ command: "apply" })
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_b"])
  })

  test("takes the plan of its own pull request, of two with one head, and none that a later run did not make again", function* () {
    const { fake, hub, open, run, state } = yield* applied
    const first = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
    const [head, base] = [state.pulls.get(first)?.head ?? "", state.branches.get("main") ?? ""]
    // many others have the commit, and are not merged
    const twins = Array.from({ length: 40 }, () => hub.open([]))
    for (const number of twins)
      Object.assign(state.pulls.get(number) ?? {}, { head, commits: state.pulls.get(first)?.commits })
    const twin = twins.at(-1) ?? assert.fail("none was opened")
    yield* run({ command: "plan", pull: twin })
    yield* run({ command: "plan", pull: first })
    state.conflicts = true
    yield* run({ command: "plan", pull: twin }, 4)
    state.conflicts = false
    hub.merge(twin, "squash")
    const { summary } = yield* run({ command: "apply" }, 4)
    assert.include(summary, `#${twin}: its artifact cannot be used: it has no plan.json`)
    assert.notInclude(summary, `#${first}`)
    state.branches.set("main", base)
    hub.merge(first, "squash")
    yield* run({ command: "apply" })
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_b"])
  })

  test("finds the record behind artifacts of other runs, and names the bound of its search", function* () {
    const { run, state } = yield* applied
    const [ours] = state.artifacts
    const [made] = state.runs
    assert.isDefined(ours)
    assert.isDefined(made)
    state.runs.push({ ...made, id: 900, path: ".github/workflows/other.yml" })
    const forge = (from: number, count: number) =>
      state.artifacts.push(...Array.from({ length: count }, (_, n) => ({ ...ours, id: from + n, run: 900 })))
    forge(1000, 20)
    assert.notInclude((yield* run({ command: "apply" })).summary, "No record: ")
    forge(2000, 100)
    const { summary } = yield* run({ command: "apply" })
    assert.include(summary, "its artifact cannot be used: the newest 100 of its name are of other runs")
  })

  test("names a record of a commit to which first parents do not lead: only the tip's own plan counts", function* () {
    const { fake, hub, open, run, state } = yield* applied
    const first = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
    const [before = ""] = [state.branches.get("main")]
    const merge = hub.merge(first)
    yield* run({ command: "apply" })
    assert.include(yield* fake.projects(weather), "proj_b")
    const [, , granted] = yield* fake.permissions(weather)
    yield* fake.remove(weather, granted?.id ?? "", "eve@example.com")
    // `git pull && git push` of an administrator with a commit of his own
    const own = hub.git.commit([before], hub.git.at(before).files)
    state.branches.set("main", hub.git.commit([own, merge], hub.git.at(merge).files))
    const pulled = yield* run({ command: "apply" }, 4)
    assert.match(pulled.summary, /^No record:\n\n```text\nthe newest one is of commit \w+, to which first parents/m)
    assert.include(pulled.summary, "No record: all 2 entries were compared.")
    assert.match(pulled.summary, /^\+ proj_b {2}ft:/m)
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x"])
    // a force push
    state.branches.set("main", own)
    assert.include((yield* run({ command: "apply" })).summary, ": a force push, or a push of a merge.")
  })

  test("counts no plan of a pull request that another one brought, although GitHub marks it as merged", function* () {
    const { fake, hub, open, run, state } = yield* applied
    yield* fake.grant(weather, "proj_hand")
    const first = yield* open({ weather: "proj_a", music: "proj_a" })
    assert.match(state.comments[0]?.body ?? "", /^- proj_hand/m)
    const undone = policyOf({ weather: "proj_a, proj_x", music: "proj_a, proj_c" })
    const second = hub.open([undone], { on: state.pulls.get(first)?.head ?? "" })
    yield* run({ command: "plan", pull: second })
    hub.merge(second)
    assert.isDefined(state.pulls.get(first)?.mergedAt)
    const { summary } = yield* run({ command: "apply" })
    assert.match(summary, new RegExp(`^\\+ proj_c.* {2}reviewed in #${second}, no approval$`, "m"))
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_hand"])
  })

  test("leaves out a plan that is newer than the merge, and one whose artifact is gone; other plans count", function* () {
    const { fake, hub, open, run, state } = yield* applied
    const late = yield* open({ weather: "proj_a, proj_b, proj_x", music: "proj_a" })
    const gone = yield* open({ weather: "proj_a, proj_x", music: "proj_a", tone: "proj_d" })
    const good = yield* open({ weather: "proj_a, proj_x", music: "proj_a, proj_c" })
    const [record, ...plans] = state.artifacts
    assert.isDefined(record)
    const [planned, lost, ...others] = plans
    assert.isDefined(planned)
    for (const pull of [late, gone, good]) hub.merge(pull)
    state.artifacts.splice(0, 9, record, { ...planned, at: "2101-01-01T00:00:00Z" }, ...(lost ? [lost] : []), ...others)
    state.answers.push({ to: new RegExp(`^GET /actions/artifacts/${lost?.id}/zip`), status: 410, message: "expired" })
    const { summary } = yield* run({ command: "apply" }, 4)
    assert.match(summary, new RegExp(`^#${late}: access-plan.yml made no plan .* before the merge$`, "m"))
    assert.match(summary, new RegExp(`^#${gone}: its artifact cannot be used: .*expired`, "m"))
    assert.deepStrictEqual(yield* fake.allPermissions.pipe(Effect.map((all) => Object.values(all).flat().length)), 4)
    assert.deepStrictEqual(yield* fake.projects(modelOf("music")), ["proj_a", "proj_c"])
  })

  test("makes only due steps of a pull request that repairs an invalid policy: a grant revoked by hand stays revoked", function* () {
    const { fake, hub, open, run, state } = yield* applied
    const [granted] = yield* fake.permissions(weather)
    yield* fake.remove(weather, granted?.id ?? "", "eve@example.com")
    hub.push({ [path]: "version: 2\n" })
    const pull = yield* open({ weather: "proj_a, proj_x", music: "proj_a, proj_c" })
    const [comment] = state.comments
    assert.include(comment?.body, `plan: the base is not a valid policy, planning everything: (base)/${path}:1:`)
    for (const project of ["proj_a", "proj_c"])
      assert.match(comment?.body ?? "", new RegExp(`^\\+ ${project} .*not in this change$`, "m"))
    hub.merge(pull)
    const { summary } = yield* run({ command: "apply" })
    assert.match(summary, new RegExp(`^\\+ proj_c.* {2}reviewed in #${pull}, no approval$`, "m"))
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_x"])
  })
  describe("leaves a grant that a person revoked since its plan revoked, and names it with exit code 4", () => {
    const music = modelOf("music")
    const revoked = Effect.gen(function* () {
      const world = yield* applied
      const revoke = (checkpoint: string, project: string) =>
        Effect.gen(function* () {
          const found = (yield* world.fake.permissions(checkpoint)).find((one) => one.project_id === project)
          assert.isDefined(found, project)
          yield* world.fake.remove(checkpoint, found?.id ?? "", "eve@example.com")
        })
      const leftOut = (summary: string, project: string) => {
        assert.match(summary, /^### Access apply: .*1 revoked since the plan$/m)
        assert.match(summary, new RegExp(`^\\+ ${project} {2}ft:`, "m"))
      }
      return { ...world, revoke, leftOut }
    })

    test("the approval of a manual run is used again", function* () {
      const { advance, byHand, fake, hub, leftOut, revoke, run } = yield* revoked
      hub.push(policyOf({ weather: "proj_a, proj_x", music: "proj_a, proj_c" }))
      const { planned } = yield* byHand({ everything: "true" })
      yield* revoke(music, "proj_c")
      const approved = join(planned.folder, "approved.json")
      const again = { command: "apply", trigger: "workflow_dispatch", inputs: { approved } } as const
      leftOut((yield* run(again, 4)).summary, "proj_c")
      assert.deepStrictEqual(yield* fake.projects(music), ["proj_a"])
      assert.include((yield* run({ command: "apply" })).summary, "### Access apply: nothing to apply")
      // the log has whole seconds, and a clock that differs by two is that of the server: a later plan makes the grant again
      yield* advance("5 seconds")
      yield* byHand({ everything: "true" })
      assert.deepStrictEqual(yield* fake.projects(music), ["proj_a", "proj_c"])
    })
  })

  test("refuses the plan of a manual run without an approval", function* () {
    const { fake, hub, run, state } = yield* applied
    hub.push(policyOf({ weather: "proj_a, proj_x", music: "proj_a, proj_c" }))
    const byHand = { trigger: "workflow_dispatch", workflow: "access-apply.yml" } as const
    const planned = yield* run({ command: "plan", ...byHand })
    const approved = join(planned.folder, "approved.json")
    writeFileSync(approved, planned.file("plan.json"))
    state.approvals.push(approval("bob", "approved", "access-write"))
    const { log } = yield* run({ command: "apply", ...byHand, inputs: { approved } }, 5)
    assert.include(log, "::error::access-approve has no reviewers: this plan has no approval")
    assert.strictEqual(changed(yield* fake.requests), 0)
    state.answers.push({ to: /approvals$/, status: 403 })
    const { summary } = yield* run({ command: "apply", ...byHand, inputs: { approved } })
    assert.match(summary, /^\+ proj_c.* {2}approved in run 42, approval unknown$/m)
  })

  test("keeps its record for another set of files, and names the record of another server or workflow", function* () {
    const { hub, run } = yield* applied
    hub.push({ "access/second.yaml": `version: 1\ncheckpoints:\n  "${modelOf("second")}": { projects: [] }\n` })
    const inputs = { policy: "access/policy.yaml\naccess/second.yaml" }
    assert.notInclude((yield* run({ command: "apply", inputs })).summary, "No record")
    const other =
      "there is none of this workflow file, api-url and organization. The newest other one is access-applied-"
    for (const job of [
      { inputs: { ...inputs, "openai-organization": "org-other" } },
      { inputs, workflow: "renamed.yml" }
    ])
      assert.include((yield* run({ command: "apply", ...job })).summary, `No record:\n\n\`\`\`text\n${other}`)
  })
})
