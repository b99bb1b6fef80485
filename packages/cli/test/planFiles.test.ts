import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { old, organization, policy, seed, world } from "./support/world.ts"

const server = Emulator.layer({ seed, organization })
const keyless = { OPENAI_ADMIN_KEY: "", OPENAI_BASE_URL: "http://127.0.0.1:1/v1" }

describe.concurrent("a key that may not write", () => {
  for (const [status, message] of [
    [401, "Incorrect API key provided"],
    [403, "Missing scopes: api.fine_tuning.checkpoints.write"]
  ] as const) {
    test(`is refused once, in one line, with exit code 1 (${status})`, server, function* () {
      const { cli, fake, home } = yield* world
      yield* fake.setFaults(
        Faults.scripted(
          (["create", "delete"] as const).map((operation) => ({
            fault: Faults.error(status, { message }),
            operation,
            times: 9
          }))
        )
      )
      const { stderr } = yield* exits(1, cli(["apply", "-f", "policy.yaml", "--yes", "--out", "done.json"]))
      assert.match(stderr, new RegExp(`^checkpoint-permissions: [^\\n]*${message}[^\\n]*\\n$`))
      const writes = (yield* fake.requests).filter(({ method }) => method !== "GET")
      assert.strictEqual(writes.length, 1)
      assert.deepStrictEqual(home.files(), ["policy.yaml"])
    })
  }

  test("ends the apply with 4 after a change", server, function* () {
    const { cli, fake } = yield* world
    yield* fake.inject(Faults.error(401), { operation: "delete" })
    const { stderr } = yield* exits(4, cli(["apply", "-f", "policy.yaml", "--yes"]))
    assert.match(stderr, /^checkpoint-permissions: [^\n]*; [^\n]*granted[^\n]*\n$/)
  })
})

describe.concurrent("a project of the policy", () => {
  test("that is mistyped in 31 places is refused before anything is read", server, function* () {
    const { cli, fake, home } = yield* world
    const many = Array.from({ length: 31 }, (_, i) => `ft:m${i}`)
    const text = `version: 1\ncheckpoints:\n  "${old}": { projects: [proj_z] }\n${many.map((id) => `  "${id}": { projects: [proj_nwe] }\n`).join("")}`
    home.write("typo.yaml", text)
    for (const command of ["plan", "apply"]) {
      const { stderr } = yield* exits(2, cli([command, "-f", "typo.yaml"]))
      assert.match(
        stderr,
        /typo\.yaml:4: proj_nwe is not a project of this organization \(also typo\.yaml:5, .*, typo\.yaml:9, 25 more places\): did you mean proj_new\?/
      )
    }
    const { stdout: json } = yield* exits(2, cli(["plan", "-f", "typo.yaml", "--json"]))
    const { diagnostics } = JSON.parse(json)
    assert.strictEqual(diagnostics.length, 31)
    assert.deepInclude(diagnostics[0], { file: "typo.yaml", line: 4, column: 25 })
    assert.isTrue((yield* fake.requests).every(({ operation }) => operation === "list-projects"))
    // with --changed only changed entries count
    home.write("more.yaml", text.replace("[proj_z]", "[proj_z, proj_y]"))
    const { stdout } = yield* exits(0, cli(["plan", "-f", "more.yaml", "--changed", "typo.yaml"]))
    assert.include(stdout, "1 of 32 entries differs")
  })
})

describe.concurrent("show and validate", () => {
  test("need neither key nor network", server, function* () {
    const { cli, home } = yield* world
    yield* exits(0, cli(["plan", "-f", "policy.yaml", "-o", "plan.json"]))
    const shown = yield* exits(0, cli(["show", "plan.json"], keyless))
    assert.match(shown.stdout, /2 to grant, 3 to revoke, 1 unchanged\.\nPlan sha256:\w{64}\n$/)
    assert.match(shown.stdout, /^- proj_x {2}cp_/m, "no project was read, so there are ids only")
    assert.match(
      (yield* exits(0, cli(["show", "plan.json", "--format", "markdown"], keyless))).stdout,
      /^### Access plan/
    )
    const valid = yield* exits(0, cli(["validate", "-f", "policy.yaml"], keyless))
    assert.strictEqual(valid.stdout, "policy.yaml: valid, 2 checkpoints and 3 projects\n")
    home.write("future.yaml", policy.replace("projects: []", "projects: []\n    lastReview: 9999-12-31"))
    const future = yield* exits(0, cli(["validate", "-f", "future.yaml"], keyless))
    assert.match(
      future.stderr,
      /^future\.yaml:9:17: [^\n]*lastReview 9999-12-31 is after today, [^\n]*the entry is due\n$/
    )
    home.write("broken.yaml", `${policy}  "${old}":\n    projects: []\n`)
    const broken = yield* exits(2, cli(["validate", "-f", "broken.yaml"], keyless))
    assert.match(broken.stderr, /broken\.yaml:9:/)
    home.write("edited.json", home.read("plan.json").replace('"grants": 2', '"grants": 1'))
    assert.include((yield* exits(2, cli(["show", "edited.json"], keyless))).stderr, "edited.json")
  })
})

describe.concurrent("the executed plan", () => {
  test("is saved at the end, and overwrites no other file", server, function* () {
    const { cli, home } = yield* world
    const { stdout } = yield* exits(0, cli(["apply", "-f", "policy.yaml", "--yes", "-o", "done.json"]))
    assert.include(stdout, "✓ Apply complete: ")
    assert.deepStrictEqual(home.files(), ["done.json", "policy.yaml"])
    const { executed } = JSON.parse(home.read("done.json"))
    assert.strictEqual(executed.complete, true)
    const again = yield* exits(2, cli(["apply", "-f", "policy.yaml", "--yes", "-o", "done.json"]))
    assert.include(again.stderr, 'done.json" already exists')
  })
})
