import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { old, organization, policy, policyOf, seed, weather, world } from "./support/world.ts"

const server = Emulator.layer({ seed, organization })
const third = "ft:gpt-4o-mini-2024-07-18:org:third:E3"

/** Days from now in this machine's calendar, which the emulator shares. */
const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

const ending = (until: string) =>
  `version: 1\ncheckpoints:\n  "${old}":\n    projects:\n      - { project: proj_z, until: ${until} }\n`

describe.concurrent("plan --changed", () => {
  test("plans the entries that differ, and lists checkpoints that are no longer managed", server, function* () {
    const { cli, fake, home } = yield* world
    home.write("base.yaml", policyOf([weather, third], "proj_a"))
    const { stderr, stdout } = yield* exits(
      0,
      cli(["plan", "-f", "policy.yaml", "--changed", "base.yaml", "-o", "plan.json"])
    )
    assert.strictEqual(stderr, "")
    assert.include(stdout, `No longer managed: their permissions stay\n  ${third}\n`)
    assert.include(stdout, "2 of 2 entries differ.\n")
    home.write("base.yaml", policy.replace("projects: []", "projects: [proj_z]"))
    const one = yield* exits(0, cli(["plan", "-f", "policy.yaml", "--changed", "base.yaml", "-o", "plan.json"]))
    assert.include(one.stdout, "1 of 2 entries differs; the other 1 was not read.\n")
    yield* fake.clearRequests
    yield* exits(0, cli(["apply", "plan.json", "--yes"]))
    const touched = (yield* fake.requests).flatMap(({ checkpoint = [] }) => checkpoint)
    assert.deepStrictEqual([...new Set(touched)], [old])
  })

  test("sends nothing and needs no key if nothing differs", server, function* () {
    const { cli, fake, home } = yield* world
    const same = ["plan", "-f", "policy.yaml", "--changed", "policy.yaml", "--exit-code"]
    const { stdout } = yield* exits(0, cli(same, { OPENAI_ADMIN_KEY: "" }))
    assert.include(stdout, "None of 2 entries differs: nothing was read.\nNothing to change.\n")
    for (const days of [40, 0, -9]) {
      home.write("ends.yaml", ending(day(days)))
      yield* exits(0, cli(["plan", "-f", "ends.yaml", "--changed", "ends.yaml"]))
    }
    assert.deepStrictEqual(yield* fake.requests, [])
  })

  test("names the entries of a review, without a request for them", server, function* () {
    const { cli, fake, home } = yield* world
    home.write("base.yaml", policy)
    home.write("policy.yaml", policy.replaceAll("    projects:", "    lastReview: 2026-11-30\n    projects:"))
    const { stdout } = yield* exits(
      0,
      cli(["plan", "-f", "policy.yaml", "--changed", "base.yaml", "--format", "markdown"])
    )
    assert.include(stdout, `! lastReview: none → 2026-11-30\n    ${weather}\n    ${old}\n`)
    assert.include(stdout, "### Access plan: no step, 2 other changes of the policy\n")
    assert.include(stdout, "None of 2 entries differs in access: nothing was read.")
    const plan = (base: string, next: string) => {
      home.write("base.yaml", base)
      home.write("policy.yaml", next)
      return Effect.map(exits(0, cli(["plan", "-f", "policy.yaml", "--changed", "base.yaml"])), ({ stdout }) => stdout)
    }
    const future = yield* plan(policy, policy.replace("    projects:", "    lastReview: 9999-01-01\n    projects:"))
    assert.include(future, `! lastReview: none → 9999-01-01 (after today: it does not count)  ${weather}\n`)
    const every = (days: string) => policy.replace("version: 1", `version: 1\nreviewEvery: ${days}`)
    assert.include(yield* plan(every("90d"), every("9999d")), "reviewEvery: 90d → 9999d\n")
    assert.include(yield* plan(every("90d"), policy), "reviewEvery: 90d → none: no review is ever due\n")
    assert.notInclude(yield* plan(every("90d"), every("90d")), "reviewEvery")
    assert.deepStrictEqual(yield* fake.requests, [])
  })

  test("names every difference, what gives access first, and exits with 3 for it", server, function* () {
    const { cli, home } = yield* world
    const entry = (text: string) => `version: 1\ncheckpoints:\n  "${old}":\n${text}`
    const sandbox = (until: string) => entry(`    projects: [{ project: proj_z, until: ${until} }]\n`)
    const base = sandbox("2098-12-20")
    const cases = [
      [sandbox("2099-12-20"), `The policy gives access:\n+ until: proj_z 2098-12-20 → 2099-12-20  ${old}\n`],
      [sandbox("2097-12-20"), `Also changed in the policy:\n! until: proj_z 2098-12-20 → 2097-12-20  ${old}\n`],
      [entry("    projects: [proj_z]\n"), `+ no end any more: proj_z (was 2098-12-20)  ${old}\n`],
      [base.replace("}]", ", reason: demo }]"), `! reason: proj_z none → demo  ${old}\n`]
    ] as const
    for (const [next, line] of cases) {
      home.write("base.yaml", base)
      home.write("policy.yaml", next)
      const plan = ["plan", "-f", "policy.yaml", "--changed", "base.yaml", "--exit-code"]
      const { stdout } = yield* exits(3, cli(plan))
      assert.include(stdout, line)
      assert.include(stdout, "No step, 1 other change of the policy.\n")
      const markdown = yield* exits(3, cli([...plan, "--format", "markdown"]))
      assert.include(markdown.stdout, "### Access plan: no step, 1 other change of the policy\n")
      assert.include(markdown.stdout, line)
      assert.lengthOf(JSON.parse((yield* exits(3, cli([...plan, "--json"]))).stdout).scope.differences, 1)
    }
    home.write("base.yaml", policyOf([weather, old], "proj_a"))
    home.write(
      "policy.yaml",
      `version: 1\ncheckpoints:\n  "${weather}": { mode: at-least, projects: [proj_a, proj_b] }\n  "${third}": { owner: proj_z, projects: [proj_c] }\n`
    )
    const { stdout } = yield* exits(0, cli(["plan", "-f", "policy.yaml", "--changed", "base.yaml"]))
    assert.match(stdout, /^The policy gives access:\n\+ mode: exact → at-least \(nothing is revoked here from now on\)/)
    assert.include(stdout, `! new entry: mode exact, owner proj_z  ${third}\n`)
    assert.notInclude(stdout, "listed:", "the steps show it")
    assert.match(stdout, /to grant, 0 to revoke, .*3 other changes of the policy\.\n/)
  })

  test("names a checkpoint without a permission that differs from a known one by two letters", server, function* () {
    const { cli, home } = yield* world
    const [wrong, other] = [weather.replace("R9V", "R6W"), weather.replace("B7R9VjQd", "Xy12Zw34")]
    home.write("base.yaml", policyOf([weather], "proj_a"))
    home.write("policy.yaml", policyOf([wrong, other], "proj_a"))
    const plan = ["plan", "-f", "policy.yaml", "--changed", "base.yaml"]
    const { stderr, stdout } = yield* exits(0, cli(plan))
    assert.strictEqual(stderr, `plan: ${wrong}: no permission there: did you mean ${weather}?\n`)
    assert.include(stdout, `${other}\n  no permission there yet\n+ proj_a`)
    assert.include(stdout, `No longer managed: their permissions stay\n  ${weather} (new: ${wrong})\n`)
    const markdown = yield* exits(0, cli([...plan, "--format", "markdown"]))
    assert.include(markdown.stdout, `did you mean ${weather}?`)
    const empty = weather.replace("R9V", "R6X")
    assert.include((yield* exits(0, cli(["export", empty]))).stderr, `export: ${empty}: no permission`)
    const history = yield* exits(0, cli(["history", "--checkpoint", empty, "--json"]))
    assert.include(history.stderr, `history: no change at ${empty} since `)
  })

  test("a grant at a checkpoint that may be misspelt asks before its first create", server, function* () {
    const { cli, cliIn, fake, home } = yield* world
    home.folder("access")
    const step = `${third}:ckpt-step-100`
    home.write("access/policy.yaml", policyOf([weather, old, step], "proj_a"))
    const wrong = weather.replace("R9V", "R6W")
    const meant = `grant: ${wrong}: no permission of these projects there: did you mean ${weather}?\n`
    const asked = (stdin: string, ...flags: ReadonlyArray<string>) =>
      cliIn({ terminal: true, stdin }, ["grant", wrong, "proj_a", ...flags])
    for (const answer of ["", "n\n"]) {
      const { stderr } = yield* exits(5, asked(answer))
      assert.include(stderr, `${meant}Grant access to ${wrong}? [y/N] `)
      assert.include(stderr, "grant: not confirmed, nothing changed")
    }
    assert.deepStrictEqual(yield* fake.projects(wrong), [])
    assert.include((yield* exits(0, asked("y\n"))).stdout, "granted proj_a")
    assert.notInclude((yield* exits(0, asked(""))).stderr, "did you mean", "it has a permission")
    yield* exits(0, cli(["revoke", wrong, "proj_a", "--yes"]))
    assert.notInclude((yield* exits(0, asked("", "--yes"))).stderr, "[y/N]")
    yield* exits(0, cli(["revoke", wrong, "proj_a"]))
    assert.strictEqual((yield* exits(0, cli(["grant", wrong, "proj_a"]))).stderr, meant, "without a terminal")
    for (const other of [weather.replace("B7R9VjQd", "Xy12Zw34"), step.replace("100", "200")]) {
      assert.strictEqual((yield* exits(0, cli(["grant", other, "proj_a"]))).stderr, "")
    }
  })

  test("takes a missing base as empty, and plans everything if the base is no policy", server, function* () {
    const { cli, home } = yield* world
    const missing = yield* exits(0, cli(["plan", "-f", "policy.yaml", "--changed", "none.yaml"]))
    assert.include(missing.stdout, "2 of 2 entries differ.\n")
    assert.include(missing.stderr, "plan: none.yaml does not exist: every entry counts as new\n")
    home.write("base.yaml", policyOf([weather], "proj_a"))
    const part = yield* exits(0, cli(["plan", "-f", "policy.yaml", "--changed", "base.yaml", "none.yaml"]))
    assert.include(part.stderr, "plan: none.yaml does not exist: its entries count as new\n")
    home.write("broken.yaml", "version: 1\ncheckpoints: [")
    const broken = yield* exits(0, cli(["plan", "-f", "policy.yaml", "--changed", "broken.yaml"]))
    assert.match(broken.stderr, /^plan: the base is not a valid policy, planning everything: broken.yaml:2:[^\n]*\n$/)
    assert.include(broken.stdout, "2 of 2 entries differ.\n")
  })

  test("has access/policy.yaml as the default policy, or else the policies of the folder", server, function* () {
    const { cli, home } = yield* world
    const none = yield* exits(2, cli(["plan"]))
    assert.include(none.stderr, "no policy: pass --file <policy> or create access/policy.yaml")
    home.folder("access")
    home.folder("access/old")
    assert.include((yield* exits(2, cli(["plan"]))).stderr, "no policy: pass --file <policy>")
    assert.include((yield* exits(2, cli(["plan", "-f", "access"]))).stderr, "no policy in access\n")
    home.write("access/old/none.yaml", "no policy")
    home.write("access/.draft.yaml", "no policy")
    home.write("access/README.md", "no policy")
    home.write("access/b.yml", policyOf([old], '"@team"'))
    home.write("access/a.json", JSON.stringify({ version: 1, groups: { team: ["proj_a"] }, checkpoints: {} }))
    const plan = yield* exits(0, cli(["plan", "-o", "access/plan.json"]))
    assert.include(plan.stdout, "1 to grant")
    const again = yield* exits(0, cli(["plan", "-f", "access/", "--changed", "access"]))
    assert.include(again.stdout, "None of 1 entry differs: nothing was read.")
    const skipped = "access/plan.json is not a policy (checkpoint-permissions/plan): skipped\n"
    assert.strictEqual(again.stderr.split(skipped).length, 3)
    const { format, ...sorted } = JSON.parse(home.read("access/plan.json"))
    home.folder("flow")
    home.write("flow/plan.json", JSON.stringify({ ...sorted, format }))
    const reason = '"format": "checkpoint-permissions/plan"'
    const project = `{ project: proj_b, until: ${day(9)}, reason: '${reason}' }`
    home.write("flow/policy.yaml", `{ version: 1, checkpoints: { "ft:flow": { projects: [${project}] } } }`)
    const flow = yield* exits(0, cli(["validate", "-f", "flow"]))
    assert.include(flow.stdout, "flow/policy.yaml: valid, 1 checkpoint")
    assert.strictEqual(flow.stderr, skipped.replace("access", "flow"))
    assert.include((yield* exits(0, cli(["validate"]))).stdout, "access/a.json, access/b.yml: valid, 1 checkpoint")
    const words = ["validate", "-f", "access/a.json", "access/b.yml"]
    assert.include((yield* exits(0, cli(words))).stdout, "access/a.json, access/b.yml: valid, 1 checkpoint")
    home.write("access/c.yaml", "- no policy")
    assert.match((yield* exits(2, cli(["plan"]))).stderr, /access\/c\.yaml:1:1: the policy is a list/)
    home.write("access/policy.yaml", policy)
    assert.include((yield* exits(0, cli(["plan"]))).stdout, "2 to grant, 3 to revoke")
  })
})
