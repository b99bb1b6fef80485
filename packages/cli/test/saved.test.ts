import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli, type Surroundings } from "./support/inProcess.ts"
import { folder } from "./support/world.ts"

const ids = Array.from({ length: 7 }, (_, i) => `ft:m${i}`)
const policyOf = (checkpoints: ReadonlyArray<string>) =>
  `version: 1\ncheckpoints:\n${checkpoints.map((id) => `  "${id}":\n    projects: [proj_001]\n`).join("")}`

/** A folder, and command lines that must end with this exit code. */
const desk = Effect.gen(function* () {
  const home = yield* folder
  const at = (name: string) => `${home.path}/${name}`
  const run = (code: number, args: ReadonlyArray<string>, surroundings?: Surroundings) =>
    Effect.tap(cli(args, surroundings), (outcome) => assert.strictEqual(outcome.code, code, outcome.stderr))
  return { home, at, run }
})

describe("parts", () => {
  it.scoped("of an audit are marked, and are the whole again together", () =>
    Effect.gen(function* () {
      const { at, home, run } = yield* desk
      const whole = yield* run(0, ["audit", ...ids, "--fake", "--format", "csv"])
      const files = [1, 2, 3].map((n) => at(`${n}.json`))
      for (const [i, file] of files.entries()) {
        yield* run(0, ["audit", ...ids, "--fake", "--part", `${i + 1}/3`, "--json", "--out", file])
      }
      assert.deepStrictEqual(JSON.parse(home.read("2.json")).part, { number: 2, of: 3, checkpoints: 7 })
      const one = yield* run(0, ["audit", "--from-json", files[1] ?? ""])
      assert.include(one.stdout, "Only part 2/3 of 7 checkpoints.\n")
      assert.include(one.stdout, "Made with --fake: no real server was asked.\n")
      const again = yield* run(0, ["audit", "--from", files[1] ?? "", "--fake", "--format", "csv"])
      assert.include(again.stderr, "2.json is part 2/3 of 7 checkpoints: those of the other parts are left out")
      const csv = yield* run(0, ["audit", "--from-json", files[1] ?? "", "--format", "csv"])
      assert.include(csv.stderr, "Only part 2/3 of 7 checkpoints.\n")
      const joined = yield* run(0, ["audit", ...files.flatMap((file) => ["--from-json", file]), "--format", "csv-list"])
      assert.notInclude(joined.stderr, "Only part")
      for (const id of ids) assert.include(joined.stdout, `\r\n${id},`)
      assert.isAbove(whole.stdout.length, 0)
      const missing = yield* run(4, ["audit", "--from-json", files[0] ?? "", "--from-json", files[2] ?? ""])
      assert.include(missing.stderr, "5 of 7 checkpoints: part 2 of 3 is missing")
      const twice = yield* run(4, ["audit", "--from-json", files[0] ?? "", "--from-json", files[0] ?? ""])
      assert.include(twice.stderr, "3 of 7 checkpoints: parts 2, 3 of 3 are missing")
      const exported = yield* run(4, ["export", "--from-json", files[1] ?? ""])
      assert.strictEqual(exported.stdout, "")
      assert.include(exported.stderr, "the audit is part 2/3 of 7 checkpoints: give all its parts")
      const policy = yield* run(0, ["export", ...files.flatMap((file) => ["--from-json", file])])
      for (const id of ids) assert.include(policy.stdout, `"${id}":`)
    })
  )

  it.scoped("of a plan are marked, and an apply of one says that it is a part", () =>
    Effect.gen(function* () {
      const { at, home, run } = yield* desk
      home.write("policy.yaml", policyOf(ids))
      const args = ["plan", "--file", at("policy.yaml"), "--fake", "--part", "1/3"]
      const shown = yield* run(0, [...args, "--out", at("plan.json")])
      assert.include(shown.stdout, "Only part 1/3 of 7 checkpoints.\n")
      assert.strictEqual(JSON.parse(home.read("plan.json")).checkpoints.length, 3)
      assert.include((yield* run(0, [...args, "--format", "markdown"])).stdout, "\nOnly part 1/3 of 7 checkpoints.\n")
      const applied = yield* run(0, ["apply", "--plan", at("plan.json"), "--fake", "--yes", "--max-revokes", "99"])
      assert.match(applied.stdout, /✓ 3 of 3 checkpoints of part 1\/3 of 7 checkpoints were as the policy wants/)
    })
  )

  it.effect.each(["0/3", "4/3", "2", "1/0", "a/b", "1/2/3"])("%s is none", (part) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* cli(["audit", "ft:a", "--fake", "--part", part])
      assert.strictEqual(code, 2)
      assert.include(stderr, "--part: not a part: pass one such as 2/5")
    })
  )
})

describe("a saved audit", () => {
  it.scoped("is shown again in every form without a server", () =>
    Effect.gen(function* () {
      const { at, home, run } = yield* desk
      yield* run(0, ["audit", "ft:a", "ft:b", "--fake", "--json", "--out", at("audit.json")])
      const saved = ["audit", "--from-json", at("audit.json")]
      assert.strictEqual((yield* run(0, [...saved, "--json"])).stdout, home.read("audit.json"))
      const csv = yield* run(0, [...saved, "--format", "csv"])
      assert.match(csv.stdout, /^checkpoint,read_at,complete,reason,proj_001,/)
      const list = yield* run(0, [...saved, "--format", "csv-list"])
      assert.strictEqual(list.stdout.match(/^ft:a,proj_\d+,,yes,/gm)?.length, 25)
      const text = yield* run(0, [...saved, "--format", "list"])
      assert.match(text.stdout, /^• ft:a\n {4}2026-01-01 {2}proj_001\n/)
      const html = yield* run(0, [...saved, "--format", "html", "--title", "Who & what"])
      assert.include(html.stdout, "<title>Who &amp; what – Made with --fake: no real server was asked.</title>")
      const policy = yield* run(0, ["export", "--from-json", at("audit.json")])
      assert.match(policy.stdout, /^# Made with --fake: no real server was asked\.\n/)
      const stdin = yield* run(0, ["audit", "--from-json", "-", "--format", "csv"], { stdin: home.read("audit.json") })
      assert.strictEqual(stdin.stdout, csv.stdout)
    })
  )

  it.scoped("is planned from, with its age, and never for --exit-code", () =>
    Effect.gen(function* () {
      const { at, home, run } = yield* desk
      home.write("policy.yaml", policyOf(["ft:a", "ft:b"]))
      yield* run(0, ["audit", "ft:a", "--fake", "--json", "--out", at("audit.json")])
      const args = ["plan", "--file", at("policy.yaml"), "--from-json", at("audit.json")]
      const age = /^From an audit of \d{4}-.*Z, .* ago: what has changed since is not in it\.$/m
      const shown = yield* run(4, args)
      assert.match(shown.stdout, age)
      assert.include(shown.stdout, "24 to revoke, 1 unchanged, 1 not read")
      assert.notInclude(shown.stdout, "Applying it takes")
      assert.match((yield* run(4, [...args, "--format", "markdown"])).stdout, age)
      const json = yield* run(4, [...args, "--json"])
      assert.match(json.stderr, age)
      assert.strictEqual(JSON.parse(json.stdout).counts.revokes, 24)
      assert.include((yield* run(2, [...args, "--exit-code"])).stderr, "leave out --exit-code, or --from-json")
      home.write("audit.json", home.read("audit.json").replaceAll(/"\d{4}(-\d\d-\d\dT)/g, '"2999$1'))
      assert.match((yield* run(4, args)).stdout, /^From an audit of 2999-.*Z, which is .* in the future by the clock/m)
    })
  )

  it.scoped("that is incomplete exits with 4, and is no policy", () =>
    Effect.gen(function* () {
      const { at, home, run } = yield* desk
      yield* run(0, ["audit", "ft:a", "ft:b", "--fake", "--json", "--out", at("audit.json")])
      home.write(
        "audit.json",
        home.read("audit.json").replace('"complete":true', '"complete":false,"reason":"stopped"')
      )
      assert.include(
        (yield* run(4, ["audit", "--from-json", at("audit.json")])).stderr,
        "1 of 2 checkpoints is unknown"
      )
      assert.strictEqual((yield* run(4, ["export", "--from-json", at("audit.json")])).stdout, "")
    })
  )

  it.scoped("goes with no option that chooses what to ask of whom, and is named when it is none", () =>
    Effect.gen(function* () {
      const { at, home, run } = yield* desk
      home.write("audit.json", "{}")
      const saved = ["--from-json", at("audit.json")]
      for (const more of [
        ["ft:a"],
        ["--from", "x"],
        ["--project", "proj_a"],
        ["--part", "1/2"],
        ["--fake"],
        ["--rate", "10/minute"],
        ["--max-duration", "1h"],
        ["--store", "sqlite:jobs.db"]
      ]) {
        const { stderr } = yield* run(2, ["audit", ...saved, ...more])
        assert.include(stderr, "--from-json asks no server: leave out ")
      }
      for (const args of [["export"], ["plan", "--file", home.write("p.yaml", "version: 1\ncheckpoints: {}\n")]]) {
        const { stderr } = yield* run(2, [...args, ...saved, "--rate", "10/minute"])
        assert.include(stderr, "--from-json asks no server: leave out --rate")
      }
      assert.include((yield* run(2, ["audit", ...saved])).stderr, "audit.json")
      yield* run(2, ["audit", "ft:a", "--fake", "--title", "x"])
    })
  )
})

describe("what is made with --fake", () => {
  it.scoped("is refused by a real server, and the other way round", () =>
    Effect.gen(function* () {
      const { at, home, run } = yield* desk
      home.write("policy.yaml", policyOf(["ft:a"]))
      const shown = yield* run(0, ["plan", "--file", at("policy.yaml"), "--fake", "--out", at("plan.json")])
      assert.include(shown.stdout, "Made with --fake: no real server was asked.\n")
      assert.strictEqual(JSON.parse(home.read("plan.json")).apiUrl, "https://fake.invalid/v1")
      const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789" }
      const real = yield* run(5, ["apply", "--plan", at("plan.json"), "--yes"], { env })
      assert.include(real.stderr, "the plan was made with --fake: plan anew without it")
      home.write("real.json", home.read("plan.json").replace("https://fake.invalid/v1", "https://api.openai.com/v1"))
      const fake = yield* run(5, ["apply", "--plan", at("real.json"), "--fake", "--yes", "--max-revokes", "99"])
      assert.include(fake.stderr, "https://fake.invalid/v1")
    })
  )
})

describe("a table", () => {
  it.effect("is not broken through a pipe, and says when it is empty", () =>
    Effect.gen(function* () {
      const { stdout } = yield* cli(["audit", ...ids, "--fake"])
      assert.strictEqual(stdout.match(/^• ft:m\d {2}.*2026-01-02$/gm)?.length, 7)
      const args = ["list", "ft:a", "--fake", "--project", "proj_none"]
      assert.deepStrictEqual(yield* cli(args), { code: 0, stdout: "", stderr: "ft:a has no permissions\n" })
      assert.deepStrictEqual(yield* cli([...args, "--json"]), { code: 0, stdout: "", stderr: "" })
    })
  )
})
