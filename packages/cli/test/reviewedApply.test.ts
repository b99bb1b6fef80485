import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { old, organization, policyOf, weather, world } from "./support/world.ts"

const server = Emulator.layer({
  seed: { [weather]: ["proj_a"], [old]: ["proj_z"] },
  organization,
  behavior: { dashboardEvents: 1 }
})
const gone = Emulator.layer({
  seed: { [weather]: ["proj_a"], [old]: ["proj_z"] },
  organization,
  behavior: { unknownCheckpoints: "not-found" }
})
const exported = `version: 1\ncheckpoints:\n  "${weather}": { projects: [proj_a] }\n  "${old}": { projects: [proj_z] }\n`
const more = exported.replace("[proj_a]", "[proj_a, proj_b]")
const apply = ["apply", "-f", "policy.yaml", "--state", "applied.json", "--yes"]

/** A repository whose access is as in its policy, with a record. */
const recorded = Effect.gen(function* () {
  const there = yield* world
  there.home.write("policy.yaml", exported)
  yield* exits(0, there.cli(apply))
  there.home.write("base.yaml", exported)
  const planned = (name: string) =>
    exits(0, there.cli(["plan", "-f", "policy.yaml", "--changed", "base.yaml", "--out", name]))
  return { ...there, planned }
})

describe.concurrent("apply --state", () => {
  test("makes the reviewed steps, and names their plans in Markdown", server, function* () {
    const { cli, fake, home, planned } = yield* recorded
    assert.deepStrictEqual(JSON.parse(home.read("applied.json")).access, {
      [weather]: { proj_a: null },
      [old]: { proj_z: null }
    })
    home.write("policy.yaml", more)
    yield* planned("#3.json")
    home.write("policy.yaml", more.replace("[proj_z]", "[]"))
    home.write("#3.json.approval", "approved by ann\n")
    const out = ["--out", "done.json", "--format", "markdown"]
    const partial = yield* exits(4, cli([...apply, "--reviewed", "#3.json", ...out]))
    assert.deepStrictEqual(JSON.parse(home.read("done.json")).executed.steps, [
      { checkpoint: weather, project: "proj_b", source: "reviewed in #3, approved by ann" }
    ])
    assert.include(partial.stdout, "### Access apply: 1 step applied, 1 not reviewed\n")
    assert.include(partial.stdout, `\n+ proj_b  ${weather}  reviewed in #3, approved by ann\n`)
    assert.match(partial.stdout, /Not reviewed, left out:\n\n```diff\n- proj_z {2}cp_\S+ {2}ft:\S+\n```\n/)
    assert.match(partial.stderr, /apply: 1 step not reviewed, left out\n$/)
    assert.deepStrictEqual(yield* fake.projects(old), ["proj_z"])
    // the next run has nothing new: it warns
    const later = yield* exits(0, cli(apply))
    assert.match(later.stderr, /^apply: 1 step of earlier changes not reviewed, left out\n$/)
    // an approval of the due steps
    yield* exits(0, cli(["plan", "-f", "policy.yaml", "--state", "applied.json", "--out", "due.json"]))
    const approved = yield* exits(0, cli([...apply, "--reviewed", "due.json", "--format", "markdown"]))
    assert.match(approved.stdout, /\n- proj_z {2}cp_\S+ {2}ft:\S+ {2}approved in due\n/)
    assert.deepStrictEqual(yield* fake.projects(old), [])
    assert.deepStrictEqual(JSON.parse(home.read("applied.json")).left, [])
    assert.strictEqual(home.mode("applied.json"), 0o600)
    assert.deepStrictEqual(
      home.files().filter((name) => name.includes("tmp")),
      []
    )
  })

  test("leaves a change by hand as it is, and lists it", server, function* () {
    const { cli, fake, home, planned } = yield* recorded
    yield* fake.remove(weather, (yield* fake.permissions(weather))[0]?.id ?? "")
    yield* fake.grant(old, "proj_x")
    home.write("policy.yaml", more)
    yield* planned("plan.json")
    const { stdout } = yield* exits(0, cli([...apply, "--reviewed", "plan.json", "--format", "markdown"]))
    assert.include(stdout, `Changed by hand, left as it is:\n\n\`\`\`diff\n+ proj_a (Search quality)  ${weather}\n`)
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_b"])
    assert.deepStrictEqual(yield* fake.projects(old), ["proj_z", "proj_x"])
  })

  test(
    "leaves out a grant that was revoked since its plan, and lists it each time with exit code 4",
    server,
    function* () {
      const { cli, fake, home, planned } = yield* recorded
      const record = home.read("applied.json")
      home.write("policy.yaml", more)
      yield* planned("#3.json")
      yield* exits(0, cli([...apply, "--reviewed", "#3.json"]))
      yield* fake.remove(weather, (yield* fake.permissions(weather))[1]?.id ?? "")
      // an older record, as after a force push
      home.write("applied.json", record)
      const markdown = [...apply, "--reviewed", "#3.json", "--format", "markdown"]
      const again = yield* exits(4, cli(markdown))
      assert.include(again.stdout, "### Access apply: nothing to apply, 1 revoked since the plan\n")
      assert.include(again.stdout, `Revoked since the plan, left out:\n\n\`\`\`diff\n+ proj_b  ${weather}\n`)
      assert.match(again.stderr, /apply: 1 reviewed grant revoked since the plan, left out\n$/)
      const json = yield* exits(4, cli([...apply, "--reviewed", "#3.json", "--json"]))
      const listed = { revokedSince: [{ checkpoint: weather, project: "proj_b" }], ends: [] }
      assert.deepInclude(JSON.parse(json.stdout.trim().split("\n").at(-1) ?? ""), listed)
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a"])
      // a log that cannot be read is said
      home.write("applied.json", record)
      yield* fake.inject(Faults.error(403), { operation: "list-audit-logs", times: 9 })
      const unchecked = yield* exits(0, cli(markdown))
      assert.match(unchecked.stdout, /\nNot checked against the audit log: [^\n]+\.\n/)
      yield* fake.remove(weather, (yield* fake.permissions(weather))[1]?.id ?? "")
      home.write("applied.json", record)
      const text = yield* exits(0, cli([...apply, "--reviewed", "#3.json"]))
      assert.match(text.stderr, /^apply: reviewed grants not checked against the audit log: .+$/m)
      yield* fake.remove(weather, (yield* fake.permissions(weather))[1]?.id ?? "")
      const used = yield* exits(4, cli(markdown))
      assert.include(used.stdout, "### Access apply: nothing to apply, 1 of a plan that was applied before\n")
      assert.notInclude(used.stdout, "lost this access")
      assert.match(used.stderr, /apply: 1 reviewed grant of a plan that was applied before, left out\n$/)
    }
  )

  test("keeps a recorded end until a review, and names it in the plan for an approval", server, function* () {
    const { cli, fake, home } = yield* recorded
    const until = (day: string) => exported.replace("[proj_a]", `[{ project: proj_a, until: ${day} }]`)
    const end = () => JSON.parse(home.read("applied.json")).access[weather].proj_a
    home.write("policy.yaml", until("2098-12-20"))
    home.write("base.yaml", exported)
    yield* exits(0, cli(["plan", "-f", "policy.yaml", "--changed", "base.yaml", "--out", "#4.json"]))
    yield* exits(0, cli([...apply, "--reviewed", "#4.json"]))
    assert.strictEqual(end(), "2098-12-20")
    home.write("policy.yaml", until("2099-12-20"))
    const pushed = yield* exits(4, cli([...apply, "--format", "markdown"]))
    const line = `! until: proj_a (Search quality) 2098-12-20 → 2099-12-20  ${weather}\n`
    assert.include(pushed.stdout, `End not reviewed:\n\n\`\`\`diff\n${line}`)
    assert.match(pushed.stderr, /apply: 1 end of access not reviewed\n$/)
    const later = yield* exits(0, cli(apply))
    assert.include(
      later.stderr,
      `apply: end not reviewed: ${line}apply: 1 end of access of earlier changes not reviewed\n`
    )
    assert.strictEqual(end(), "2098-12-20")
    home.write("policy.yaml", exported.replace(/ {2}"[^"]+weather[^\n]+\n/, ""))
    const removed = yield* exits(4, cli([...apply, "--format", "markdown"]))
    assert.include(removed.stdout, `No longer managed, permissions stay:\n\n\`\`\`text\n${weather}\n`)
    assert.match(removed.stdout, /^! no end any more: proj_a.* \(was 2098-12-20\) /m)
    assert.strictEqual(end(), "2098-12-20")
    home.write("policy.yaml", until("2099-12-20"))
    const state = ["plan", "-f", "policy.yaml", "--state", "applied.json", "--out", "due.json"]
    assert.include((yield* exits(3, cli([...state, "--exit-code"]))).stdout, line.slice(2))
    yield* exits(0, cli([...apply, "--reviewed", "due.json"]))
    assert.strictEqual(end(), "2099-12-20")
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a"])
  })

  test("keeps the reviews of a pull request as evidence, also without a step", server, function* () {
    const { cli, home, planned } = yield* recorded
    home.write("policy.yaml", exported.replace("{ projects: [proj_a]", "{ lastReview: 2026-11-30, projects: [proj_a]"))
    yield* planned("#5.json")
    home.write("#5.json.approval", "approved by ann")
    const { stdout } = yield* exits(
      0,
      cli([...apply, "--reviewed", "#5.json", "--out", "done.json", "--format", "markdown"])
    )
    const reviews = [
      { checkpoint: weather, day: "2026-11-30", projects: ["proj_a"], pullRequest: "#5", approvals: "approved by ann" }
    ]
    assert.deepStrictEqual(JSON.parse(home.read("done.json")).executed.reviews, reviews)
    assert.deepStrictEqual(JSON.parse(home.read("applied.json")).reviews, reviews)
    assert.include(
      stdout,
      `Reviewed; the policy keeps:\n\n\`\`\`text\n2026-11-30  ${weather}  proj_a  reviewed in #5, approved by ann\n`
    )
  })

  test("names the pull request of a step that an earlier apply did not finish", server, function* () {
    const { cli, fake, home, planned } = yield* recorded
    home.write("policy.yaml", more)
    yield* planned("#6.json")
    yield* fake.inject(Faults.error(400), { operation: "create" })
    yield* exits(4, cli([...apply, "--reviewed", "#6.json"]))
    assert.strictEqual(JSON.parse(home.read("applied.json")).reviewed[0].source, "reviewed in #6")
    const { stdout } = yield* exits(0, cli([...apply, "--format", "markdown"]))
    assert.include(stdout, `\n+ proj_b  ${weather}  reviewed in #6\n`)
  })

  test("notes a checkpoint that is gone, each time, and removes what a kill left of the record", gone, function* () {
    const { cli, home } = yield* recorded
    const missing = "ft:gpt-4o-mini-2024-07-18:org:missing:M1"
    home.write("policy.yaml", `${exported}  "${missing}": { projects: [proj_b] }\n`)
    home.write(".applied.json.0x1y.tmp", "{")
    for (const _ of [1, 2]) {
      const { stdout } = yield* exits(0, cli([...apply, "--format", "markdown"]))
      assert.include(stdout, `${missing}\n! gone: the API has no such checkpoint, policy.yaml:5\n`)
    }
    const lines = (yield* exits(0, cli([...apply, "--json"]))).stdout.trim().split("\n")
    assert.deepInclude(JSON.parse(lines.at(-1) ?? ""), { unread: 0, gone: [missing] })
    assert.deepStrictEqual(
      home.files().filter((name) => name.includes("tmp")),
      []
    )
  })

  test("writes the record when it is interrupted", server, function* () {
    const { begin, fake, home, planned } = yield* recorded
    home.write("policy.yaml", policyOf([weather, old], "proj_b", "proj_c"))
    yield* planned("plan.json")
    yield* fake.inject(Faults.latency({ before: 1000 }), { operation: "create", checkpoint: old })
    const run = yield* begin([...apply, "--reviewed", "plan.json"])
    yield* run.says(`+ proj_c  ${weather}`)
    yield* run.signal("SIGTERM")
    assert.strictEqual((yield* run.outcome).code, 143)
    // the create in flight is finished, and the revoke after it is not sent
    assert.deepStrictEqual(yield* fake.projects(old), ["proj_z", "proj_b", "proj_c"])
    const { access, reviewed } = JSON.parse(home.read("applied.json"))
    assert.deepStrictEqual(access[old], { proj_b: null, proj_c: null, proj_z: null })
    assert.isAbove(reviewed.length, 0)
  })

  test("refuses a record and a plan of another server, and what does not fit", server, function* () {
    const { cli, home, planned } = yield* recorded
    home.write("policy.yaml", more)
    yield* planned("plan.json")
    const record = home.read("applied.json")
    home.write("applied.json", record.replace(/"apiUrl": "[^"]*"/, '"apiUrl": "https://other.test/v1"'))
    const other = yield* exits(5, cli(apply))
    assert.match(
      other.stderr,
      /apply: applied\.json was made for https:\/\/other\.test\/v1, not for \S+: nothing was changed\n$/
    )
    home.write("applied.json", record)
    for (const [args, message] of [
      [["apply", "plan.json", "--state", "applied.json"], "pass the saved plan as --reviewed"],
      [[...apply, "--max-revokes", "3"], "--max-revokes cannot be combined with --state or --reviewed"],
      [["apply", "--format", "markdown"], "--format requires --state or --reviewed"],
      [
        ["plan", "-f", "policy.yaml", "--changed", "base.yaml", "--state", "applied.json"],
        "--changed cannot be combined with --state"
      ],
      [["plan", "-f", "policy.yaml", "--everything"], "--everything requires --state"],
      [[...apply.slice(0, 4), "plan.json"], "plan.json is a plan, as plan --out saves it"]
    ] as const) {
      assert.include((yield* exits(2, cli(args))).stderr, message)
    }
  })
})

describe.concurrent("an entry with a mistake", () => {
  test("stops its own entry only, and has file, line and column", server, function* () {
    const { cli, fake, home } = yield* recorded
    home.write(
      "policy.yaml",
      `version: 1\ncheckpoints:\n  "${weather}":\n    projects: [proj_a, proj_nope]\n  "${old}":\n    projects: [proj_b]\n`
    )
    const plan = ["plan", "-f", "policy.yaml", "--changed", "base.yaml"]
    const { stderr, stdout } = yield* exits(4, cli([...plan, "--format", "markdown"]))
    assert.include(stdout, "! left out: policy.yaml:4:24: ")
    assert.include(stdout, "### Access plan: 1 to grant, 1 to revoke")
    assert.match(stderr, /plan: policy\.yaml:4:24: \S+: proj_nope is not a project of this organization/)
    const [leftOut] = JSON.parse((yield* cli([...plan, "--json"])).stdout).leftOut
    assert.strictEqual(leftOut.checkpoint, weather)
    assert.deepInclude(leftOut.diagnostics[0], { file: "policy.yaml", line: 4, column: 24 })
    yield* exits(4, cli([...plan, "--out", "plan.json"]))
    const applied = yield* exits(4, cli([...apply, "--reviewed", "plan.json.partial"]))
    assert.match(applied.stdout, /\n! Partly applied: 1 granted, 1 revoked, 0 unchanged /)
    assert.deepStrictEqual(yield* fake.projects(old), ["proj_b"])
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a"])
  })

  test("stops its own entry only in a plan of the whole policy, which can be approved", server, function* () {
    const { cli, fake, home } = yield* recorded
    home.write(
      "policy.yaml",
      `version: 1\ncheckpoints:\n  "${weather}":\n    projects: [proj_nope]\n  "${old}":\n    projects: [proj_b]\n`
    )
    const everything = ["plan", "-f", "policy.yaml", "--state", "applied.json", "--everything"]
    yield* exits(4, cli([...everything, "--out", "plan.json"]))
    assert.isTrue(JSON.parse(home.read("plan.json.partial")).scope.everything)
    assert.strictEqual(JSON.parse(home.read("plan.json.partial")).leftOut.length, 1)
    const { stdout } = yield* exits(4, cli([...apply, "--reviewed", "plan.json.partial", "--format", "markdown"]))
    assert.match(stdout, /^\+ proj_b.* {2}approved in plan\.json\.partial$/m)
    assert.deepStrictEqual(yield* fake.projects(old), ["proj_b"])
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a"])
  })

  test("stops everything if the file does not parse, and is printed as JSON", server, function* () {
    const { cli, home } = yield* recorded
    home.write("policy.yaml", "version: 1\ncheckpoints: [")
    for (const args of [
      ["validate", "-f", "policy.yaml", "--format", "json"],
      ["plan", "-f", "policy.yaml", "--json"]
    ]) {
      const { stdout } = yield* exits(2, cli(args))
      assert.deepInclude(JSON.parse(stdout).diagnostics[0], { file: "policy.yaml", line: 2 })
    }
    home.write("policy.yaml", exported)
    const valid = yield* exits(0, cli(["validate", "-f", "policy.yaml", "--format", "json"]))
    assert.deepStrictEqual(JSON.parse(valid.stdout), { diagnostics: [] })
  })
})
