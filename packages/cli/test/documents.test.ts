import { join } from "node:path"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { cli, exits } from "./support/inProcess.ts"
import { live } from "./support/test.ts"
import { folder, old, policyOf, weather } from "./support/world.ts"

/** A file of each kind, made by the commands that make it, and a list of ids. */
const documents = Effect.gen(function* () {
  const home = yield* folder
  const at = (name: string) => join(home.path, name)
  const run = (...args: ReadonlyArray<string>) => cli([...args, "--fake"])
  home.write("policy.yaml", policyOf([weather, old], "proj_001"))
  home.write("ids.txt", `${weather}\n${old}\n`)
  for (const args of [
    ["plan", "--file", at("policy.yaml"), "--out", at("plan.json")],
    ["audit", "--from", at("policy.yaml"), "--json", "--out", at("audit.json")],
    ["audit", "--from", at("policy.yaml"), "--format", "csv", "--out", at("audit.csv")],
    ["audit", "--from", at("policy.yaml"), "--format", "html", "--out", at("audit.html")],
    ["apply", "--file", at("policy.yaml"), "--yes", "--max-revokes", "99", "--journal", at("journal")],
    ["export", "--from", at("ids.txt"), "--json", "--out", at("policy.json")]
  ]) {
    yield* exits(0, run(...args))
  }
  return { at, home, run }
})

const says = {
  "plan.json": /plan\.json is a plan, .*: pass it to apply or show\n$/,
  "audit.json": /audit\.json is an audit, .*: pass it as --from\n$/,
  "audit.csv": /audit\.csv is an audit as CSV, .*: pass the JSON of audit --json\n$/,
  "audit.html": /audit\.html is an audit as HTML, .*: pass the JSON of audit --json\n$/,
  journal: /journal is a journal, .*: pass it as --from, for the ids in it\n$/,
  "policy.yaml": /policy\.yaml is a policy: pass it as --file to plan or apply, or as --from/,
  "policy.json": /policy\.json is a policy: pass it as --file to plan or apply, or as --from/
}

describe("a file", () => {
  live("of the wrong kind is refused by its kind, with the option that takes it", function* () {
    const { at, home, run } = yield* documents
    const uses: ReadonlyArray<readonly [args: ReadonlyArray<string>, names: ReadonlyArray<keyof typeof says>]> = [
      [
        ["plan", "--file"],
        ["plan.json", "audit.json", "audit.csv", "audit.html", "journal"]
      ],
      [["apply"], ["policy.yaml"]],
      [["audit", "--from"], ["audit.csv"]]
    ]
    for (const [args, names] of uses) {
      for (const name of names) {
        const { code, stderr, stdout } = yield* run(...args, at(name))
        assert.deepStrictEqual([code, stdout], [2, ""], `${args.join(" ")} ${name}: ${stderr}`)
        assert.match(stderr, /^checkpoint-permissions: [^\n]*\n$/)
        assert.match(stderr, says[name])
      }
    }
    home.write("old.json", home.read("audit.json").replace('"version": 3', '"version": 2'))
    const earlier = yield* exits(2, run("audit", "--from", at("old.json")))
    assert.match(earlier.stderr, /old\.json: the audit cannot be read \(it has version 2, not 3\): make it again /)
    const input = yield* cli(["plan", "--file", "-", "--fake"], { stdin: '{"format":"checkpoint-permissions/plan"}' })
    assert.match(input.stderr, /: standard input is a plan, /)
  })

  live("that was made with --fake is refused by a real server", function* () {
    const { at, home, run } = yield* documents
    const shown = yield* exits(0, run("plan", "--file", at("policy.yaml")))
    assert.include(shown.stdout, "Made with --fake: no real server was used.\n")
    assert.strictEqual(JSON.parse(home.read("plan.json")).apiUrl, "https://fake.invalid/v1")
    const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789" }
    const { stderr } = yield* exits(5, cli(["apply", at("plan.json"), "--yes"], { env }))
    assert.include(stderr, "the plan was made with --fake: make a new plan without it")
  })

  live("of an earlier run is overwritten by the same command, and any other with --force only", function* () {
    const { at, home, run } = yield* documents
    for (const [args, earlier] of [
      [["plan", "--file", at("policy.yaml")], "plan.json"],
      [["audit", weather, "--json"], "audit.csv"]
    ] as const) {
      yield* exits(0, run(...args, "--out", at(earlier)))
      assert.strictEqual(home.mode(earlier), 0o600)
      for (const name of ["policy.yaml", "journal"]) {
        const before = home.read(name)
        const { stderr } = yield* exits(2, run(...args, "--out", at(name)))
        assert.match(stderr, /already exists: pass --force to overwrite it\n$/)
        assert.strictEqual(home.read(name), before)
      }
    }
    yield* exits(2, run("export", weather, "--out", at("policy.yaml")))
    yield* exits(0, run("plan", "--file", at("policy.yaml"), "--out", at("ids.txt"), "--force"))
  })
})
