import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { cli, type Surroundings } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"
import { folder, policyOf } from "./support/world.ts"

const ids = Array.from({ length: 7 }, (_, i) => `ft:m${i}`)

/** A folder, and command lines that must end with this exit code. */
const desk = Effect.gen(function* () {
  const home = yield* folder
  const at = (name: string) => `${home.path}/${name}`
  const run = (code: number, args: ReadonlyArray<string>, surroundings?: Surroundings) =>
    Effect.tap(cli(args, surroundings), (outcome) => assert.strictEqual(outcome.code, code, outcome.stderr))
  return { home, at, run }
})

describe("a saved audit", () => {
  scoped("is shown again in every form without a server, and --from says what it found", function* () {
    const { at, home, run } = yield* desk
    yield* run(0, ["audit", "ft:a", "ft:b", "--fake", "--json", "--out", at("audit.json")])
    const saved = ["audit", "--from", at("audit.json")]
    const json = yield* run(0, [...saved, "--json"])
    assert.strictEqual(json.stdout, home.read("audit.json"))
    assert.match(
      json.stderr,
      /^audit: .*audit\.json is an audit of 2 checkpoints: no server is asked\. From an audit of \d{4}-.*Z, .* ago: what has/m
    )
    const csv = yield* run(0, [...saved, "--format", "csv"])
    assert.match(csv.stdout, /^checkpoint,read_at,complete,reason,proj_001,/)
    const list = yield* run(0, [...saved, "--format", "csv-list"])
    assert.strictEqual(list.stdout.match(/^ft:a,proj_\d+,,yes,/gm)?.length, 25)
    const text = yield* run(0, [...saved, "--format", "list"])
    assert.match(text.stdout, /^• ft:a\n {4}2026-01-01 {2}proj_001\n/)
    const html = yield* run(0, [...saved, "--format", "html", "--title", "Who & what"])
    assert.include(html.stdout, "<title>Who &amp; what – Made with --fake: no real server was asked.</title>")
    const policy = yield* run(0, ["export", "--from", at("audit.json")])
    assert.match(policy.stdout, /^# Made with --fake: no real server was asked\.\n/)
    assert.match(policy.stderr, /^export: .*audit\.json is an audit of 2 checkpoints/m)
    const stdin = yield* run(0, ["audit", "--from", "-", "--format", "csv"], { stdin: home.read("audit.json") })
    assert.strictEqual(stdin.stdout, csv.stdout)
    assert.match(stdin.stderr, /^audit: standard input is an audit of 2 checkpoints/m)
    for (const [text, what] of [
      ["ft:a\nft:b\nft:a\n", "a list of 2 checkpoints"],
      [policyOf(["ft:a"], "proj_001"), "a policy of 1 checkpoint"]
    ]) {
      const { stderr } = yield* run(0, ["audit", "--from", "-", "--fake"], { stdin: text })
      assert.match(stderr, new RegExp(`^audit: standard input is ${what}$`, "m"))
    }
  })

  scoped("answers what a project may use, each row with its time", function* () {
    const { at, home, run } = yield* desk
    yield* run(0, ["audit", "ft:a", "ft:b", "--fake", "--json", "--out", at("audit.json")])
    const about = (project: string) => ["audit", "--from", at("audit.json"), "--project", project]
    const { stdout } = yield* run(0, [...about("proj_002"), "--format", "csv"])
    const [first, a, b] = stdout.split("\r\n")
    assert.strictEqual(first, "checkpoint,read_at,complete,reason,proj_002")
    const { rows } = JSON.parse(home.read("audit.json"))
    for (const [row, { checkpoint, readAt }] of [[a, rows[0]] as const, [b, rows[1]] as const]) {
      assert.include(row ?? "", `${checkpoint},${readAt.slice(0, 19)}`)
      assert.match(row ?? "", /,yes,,\d{4}-/)
    }
    assert.match((yield* run(0, [...about("proj_new"), "--format", "csv"])).stdout, /^ft:a,.*,yes,,no permission/m)
    yield* run(0, [...about("proj_002"), "--json", "--out", at("two.json")])
    assert.strictEqual(JSON.parse(home.read("two.json")).project, "proj_002")
    const other = yield* run(2, ["audit", "--from", at("two.json"), "--project", "proj_003"])
    assert.include(other.stderr, "the audit asked about project proj_002 only: leave out --project")
  })

  scoped("that is incomplete exits with 4, and is no policy", function* () {
    const { at, home, run } = yield* desk
    yield* run(0, ["audit", "ft:a", "ft:b", "--fake", "--json", "--out", at("audit.json")])
    home.write("audit.json", home.read("audit.json").replace('"complete":true', '"complete":false,"reason":"stopped"'))
    assert.include((yield* run(4, ["audit", "--from", at("audit.json")])).stderr, "1 of 2 checkpoints is unknown")
    assert.strictEqual((yield* run(4, ["export", "--from", at("audit.json")])).stdout, "")
  })

  scoped("goes with no option that chooses what to ask of whom, and is named when it is none", function* () {
    const { at, home, run } = yield* desk
    yield* run(0, ["audit", "ft:a", "--fake", "--json", "--out", at("audit.json")])
    home.write("ids.txt", "ft:a\n")
    const saved = ["--from", at("audit.json")]
    for (const more of [
      ["ft:a"],
      ["--from", at("ids.txt")],
      ["--from", at("audit.json")],
      ["--fake"],
      ["--rate", "10/minute"],
      ["--max-duration", "1h"]
    ]) {
      const { stderr } = yield* run(2, ["audit", ...saved, ...more])
      assert.match(stderr, /audit\.json is a saved audit, and no server is asked: leave out .*, or --from\n$/)
    }
    const { stderr } = yield* run(2, ["export", ...saved, "--rate", "10/minute"])
    assert.include(stderr, "no server is asked: leave out --rate, or --from")
    home.write("audit.json", '{"format":"checkpoint-permissions/matrix"}')
    assert.include((yield* run(2, ["audit", ...saved])).stderr, "audit.json: the audit cannot be read")
    yield* run(2, ["audit", "ft:a", "--fake", "--title", "x"])
  })
})

describe("what is made with --fake", () => {
  scoped("is refused by a real server", function* () {
    const { at, home, run } = yield* desk
    home.write("policy.yaml", policyOf(["ft:a"], "proj_001"))
    const shown = yield* run(0, ["plan", "--file", at("policy.yaml"), "--fake", "--out", at("plan.json")])
    assert.include(shown.stdout, "Made with --fake: no real server was asked.\n")
    assert.strictEqual(JSON.parse(home.read("plan.json")).apiUrl, "https://fake.invalid/v1")
    const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789" }
    const real = yield* run(5, ["apply", "--plan", at("plan.json"), "--yes"], { env })
    assert.include(real.stderr, "the plan was made with --fake: plan anew without it")
  })
})

describe("a table", () => {
  scoped("is not broken through a pipe, and says when it is empty", function* () {
    const { stdout } = yield* cli(["audit", ...ids, "--fake"])
    assert.strictEqual(stdout.match(/^• ft:m\d {2}.*2026-01-02$/gm)?.length, 7)
    const args = ["list", "ft:a", "--fake", "--project", "proj_none"]
    assert.deepStrictEqual(yield* cli(args), { code: 0, stdout: "", stderr: "ft:a has no permissions\n" })
    assert.deepStrictEqual(yield* cli([...args, "--json"]), { code: 0, stdout: "", stderr: "" })
  })
})
