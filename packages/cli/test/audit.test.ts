import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { withoutColors } from "../src/internal/terminal/style.ts"
import { exits, cli as run } from "./support/inProcess.ts"
import { live, test } from "./support/test.ts"
import { folder, old, policyOf, weather, world } from "./support/world.ts"

const serverOf = (auditActor: "session" | "api-key") =>
  Emulator.layer({
    behavior: { dashboardEvents: 1, auditActor, unknownCheckpoints: "not-found" },
    organization: {
      projects: ["proj_a", { id: "proj_b", name: "Fraud" }, { id: "proj_old", name: "Labs", archived_at: 1 }],
      models: [{ id: "ft:gpt-4o-mini-2024-07-18:org:job:E5", shutdown_date: "2027-01-31" }],
      jobs: [{ id: "ftjob-1", fine_tuned_model: "ft:gpt-4o-mini-2024-07-18:org:job:E5", project: "proj_a" }]
    },
    seed: { [weather]: [{ project_id: "proj_a", created_at: 1_760_000_000 }], [old]: [] }
  })

const server = serverOf("session")

const lines = (stdout: string) =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"))

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** A grant by this program, and one in a browser. */
const granted = Effect.gen(function* () {
  const desk = yield* world
  yield* exits(0, desk.cli(["grant", weather, "proj_b"]))
  yield* desk.fake.grant(old, "proj_old", "eve@example.com")
  return desk
})

describe("a policy and a model's job that disagree about the owner", () => {
  const model = "ft:gpt-4o-mini-2024-07-18:org:job:E5"
  const line = "policy.yaml:4: owner proj_b, the model's job says proj_a\n"
  const keys = ["--project-keys", "keys"]
  const rows: ReadonlyArray<readonly [code: number, ...args: ReadonlyArray<string>]> = [
    [0, "audit", "-f", "policy.yaml", ...keys],
    [0, "audit", "--from", "policy.yaml", ...keys],
    [0, "discover", "-f", "policy.yaml", ...keys],
    [0, "review", "-f", "policy.yaml", "--all", ...keys],
    [3, "drift", "-f", "policy.yaml", ...keys],
    [0, "audit", "--from", "inventory.json", "-f", "policy.yaml"]
  ]
  test("are one line of each command that knows both, and a difference of drift", server, function* () {
    const { cli, fake, home } = yield* world
    home.write("keys", "proj_a=sk-a\n")
    home.write("policy.yaml", `version: 1\ncheckpoints:\n  "${model}":\n    owner: proj_b\n    projects: []\n`)
    yield* cli(["discover", ...keys, "--out", "inventory.json"])
    for (const [code, ...args] of rows) {
      const { stderr, stdout } = yield* exits(code, cli(args))
      assert.strictEqual(stderr.split(line).length, 2, `${args.join(" ")}: ${stderr}`)
      if (code === 3) assert.match(stdout, /^another owner +ft:\S+ +proj_b {2}Fraud +the model's job says proj_a$/m)
    }
    assert.match((yield* exits(0, cli(["drift", "-f", "policy.yaml"]))).stdout, /^No difference/)
    assert.match((yield* cli(["audit", "-f", "policy.yaml"])).stdout, /\tproj_b\tFraud\towner by the policy\t/)
    yield* fake.inject(Faults.error(401, { message: "expired" }), { operation: "list-models" })
    const { stderr, stdout } = yield* exits(4, cli(["drift", "-f", "policy.yaml", "--json", ...keys]))
    assert.match(stderr, /drift: owners are not compared: .*expired/)
    assert.deepInclude(JSON.parse(stdout), { exitCode: 4, differences: [] })
  })
})

describe("audit without arguments", () => {
  for (const actor of ["session", "api-key"] as const) {
    test(`reads the checkpoints of the log, and shows who granted access, by ${actor}`, serverOf(actor), function* () {
      const { cli, cliIn, home } = yield* granted
      const { stderr, stdout } = yield* exits(0, cli(["audit"]))
      assert.match(stderr, /^2 checkpoints: log since \d{4}-\d\d-\d\d$/m)
      const rows = lines(stdout)
      assert.deepStrictEqual(
        rows.map(([checkpoint, project, name, access]) => [checkpoint, project, name, access]),
        [
          [old, "proj_old", "Labs (archived)", "yes"],
          [weather, "proj_b", "Fraud", "yes"],
          [weather, "proj_a", "", "yes"]
        ]
      )
      const by = new Map(rows.map((cells) => [cells[1], cells[6]]))
      assert.match(by.get("proj_old") ?? "", /^eve@example\.com \(Mozilla\/5\.0\)$/)
      assert.match(by.get("proj_b") ?? "", actor === "session" ? /@.* \(checkpoint-permissions\/\S+\)$/ : /^key_\w+/)
      assert.strictEqual(by.get("proj_a"), "not in the log")
      // history and drift show the same actor
      const shown = by.get("proj_b") ?? ""
      const log = withoutColors((yield* exits(0, cli(["history", "--since", "1h", "--format", "table"]))).stdout)
      assert.match(log, new RegExp(`\\+ proj_b +\\S+ +${escaped(shown)}$`, "m"))
      home.write("policy.yaml", policyOf([weather, old], "proj_a"))
      const drift = (yield* exits(3, cli(["drift", "--file", "policy.yaml"]))).stdout
      assert.match(
        drift,
        new RegExp(`^not in the policy +${escaped(weather)} +proj_b {2}Fraud +${escaped(shown)} +`, "m")
      )
      assert.notMatch(log + drift + stdout, /dashboard|by hand|127\.0\.0\.1/)
      const text = withoutColors((yield* cliIn({ terminal: true }, ["audit"])).stdout)
      assert.match(
        text,
        /^ {4}\d{4}-\d\d-\d\d {2}proj_old {2}Labs \(archived\) {2}by eve@example\.com \(Mozilla\/5\.0\)$/m
      )
    })
  }

  test("reads checkpoints of keys and policies too, and shows owners and retirement", server, function* () {
    const { cli, fake, home } = yield* world
    home.write("keys", "proj_a=sk-proj-a\n")
    home.chmod("keys", 0o600)
    home.write("policy.yaml", policyOf([weather], "proj_a"))
    const args = ["audit", "--project-keys", "keys", "--file", "policy.yaml"]
    const { stderr, stdout } = yield* exits(0, cli(args))
    assert.match(stderr, /^2 checkpoints: no event in the log, 1 of 3 projects with a key, 1 in policies$/m)
    assert.match(stdout, /^\S+:job:E5\tproj_a\t\towner\t\t\t\t2027-01-31\t/m)
    assert.match(stdout, /^\S+:weather:\S+\tproj_a\t\tyes\t/m)
    yield* fake.clearRequests
    const soon = yield* cli([...args, "--retiring", "36500d"])
    assert.notInclude(soon.stdout, "weather")
    assert.match(soon.stderr, /^audit: 1 checkpoint skipped: retirement date unknown$/m)
    assert.isFalse((yield* fake.requests).some(({ checkpoint }) => checkpoint === weather))
  })

  test("exits with 4 if no checkpoint is known, and names the options to pass", server, function* () {
    const { cli, fake } = yield* world
    const none = yield* exits(4, cli(["audit"]))
    assert.match(none.stderr, /audit: no checkpoint in the audit log: pass checkpoints, --from or --project-keys\n$/)
    yield* fake.setBehavior({ auditLog: "off" })
    const off = yield* exits(4, cli(["audit"]))
    assert.include(
      off.stderr,
      "audit: the audit log is off or cannot be read: pass checkpoints, --from or --project-keys ("
    )
    assert.strictEqual(off.stdout, "")
  })

  test("is incomplete if the log cannot be read", server, function* () {
    const { cli, fake, home } = yield* granted
    home.write("policy.yaml", policyOf([weather], "proj_a"))
    yield* fake.setBehavior({ auditLog: "off" })
    const { stderr } = yield* exits(4, cli(["audit", "--file", "policy.yaml", "--out", "audit.csv"]))
    assert.match(stderr, /audit: [^\n]*audit\.csv\.partial\n$/)
    assert.include(home.read("audit.csv.partial"), weather)
  })
})

describe("audit of named checkpoints", () => {
  test("reads these only: for a file also the log, for arguments the log around grants", server, function* () {
    const { cli, fake, home } = yield* granted
    home.write("ids.txt", `${old}\n`)
    yield* fake.clearRequests
    const { stderr, stdout } = yield* exits(0, cli(["audit", "--from", "ids.txt"]))
    assert.match(stderr, /^1 checkpoint: named by arguments or --from$/m)
    assert.match(stdout, /^\S+old:D2\tproj_old\tLabs \(archived\)\tyes\t\S+\t1\teve@example\.com \(Mozilla/)
    const operations = Effect.map(fake.requests, (all) => all.map(({ operation }) => operation))
    assert.deepStrictEqual(yield* operations, ["list-projects", "list-audit-logs", "list"])
    yield* fake.clearRequests
    const given = yield* exits(0, cli(["audit", old, weather]))
    assert.deepStrictEqual((yield* operations).slice(0, 3), ["list-projects", "list", "list"])
    assert.match(given.stdout, /^\S+weather\S+\tproj_a\t\tyes\t\S+\t1\tnot in the log\t/m)
    yield* fake.setBehavior({ auditLog: "off" })
    for (const named of [[old], ["--from", "ids.txt"]]) {
      const off = yield* exits(0, cli(["audit", ...named]))
      assert.match(off.stderr, /^audit: actors of grants may be missing: .*not enabled.*$/m)
      assert.match(off.stdout, /\t1\tnot searched\t/)
      const forms = ["text", "markdown", "csv", "html"].map((format) => ["--format", format])
      for (const form of [...forms, ["--json"]]) {
        const shown = yield* exits(0, cli(["audit", ...named, ...form]))
        assert.include(shown.stdout, "not searched", form.join(" "))
      }
    }
  })

  test("warns of an archived project of a filter, and of ids that were not checked", server, function* () {
    const { cli, cliIn, fake } = yield* granted
    const audit = (project: string) => cli(["audit", weather, "--project", project])
    assert.match((yield* exits(0, audit("proj_old"))).stderr, /^audit: proj_old \(Labs\) is archived$/m)
    const named = yield* cliIn({ terminal: true }, ["audit", weather, "--project", "Fraud"])
    assert.match(withoutColors(named.stdout), /proj_b {2}Fraud/)
    yield* fake.inject(Faults.error(403, { message: "no" }), { operation: "list-projects" })
    const unchecked = yield* exits(0, audit("proj_c"))
    assert.strictEqual(unchecked.stderr.match(/^audit: project ids not checked: /gm)?.length, 1)
  })
})

describe("a checkpoint without access", () => {
  const wrong = weather.replace("weather", "wether")
  const absent = "the audit log"
  const lenient = Emulator.layer({
    behavior: { dashboardEvents: 1 },
    organization: { projects: ["proj_a", "proj_b", "proj_old"] },
    seed: { [weather]: ["proj_a"], [old]: [] }
  })

  test("that was named is accounted for in every form", lenient, function* () {
    const { cli, home } = yield* granted
    home.write("ids.txt", `${weather}\n${wrong}\n`)
    for (const [args, line] of [
      [[wrong], `${wrong}: no permission`],
      [
        ["--from", "ids.txt"],
        `${wrong}: no permission; not named in ${absent} since ${new Date().toISOString().slice(0, 10)}`
      ]
    ] as const) {
      for (const format of ["lines", "csv"]) {
        const { stderr, stdout } = yield* exits(0, cli(["audit", ...args, "--format", format]))
        assert.include(stderr.split("\n"), `audit: ${line}`)
        assert.notInclude(stdout, "wether")
      }
      for (const format of ["text", "markdown", "html"]) {
        const { stdout } = yield* exits(0, cli(["audit", ...args, "--format", format]))
        assert.include(stdout, wrong, format)
        if (format !== "html") assert.match(stdout, /no permission/, format)
        if (args.length > 1) assert.match(stdout, /not named in the audit log since/, format)
      }
      const { rows } = JSON.parse((yield* exits(0, cli(["audit", ...args, "--json"]))).stdout)
      const row = rows.find((one: { checkpoint: string }) => one.checkpoint === wrong)
      assert.deepStrictEqual([row.permissions, row.notInLog], [[], args.length > 1 ? true : undefined])
    }
    const of = (...args: ReadonlyArray<string>) =>
      exits(0, cli(["audit", "--format", "text", "--project", "proj_a", ...args]))
    const shown = (yield* of("--from", "ids.txt")).stdout
    assert.match(shown, new RegExp(`^• ${weather}\n[^]*\n${wrong}: no permission of proj_a; not named in `))
    const sum = (yield* of("--file", "policy.yaml")).stdout
    assert.notInclude(sum, old)
    assert.match(sum, /\n1 more checkpoint without access \(--all\)\n$/)
    assert.include((yield* of("--file", "policy.yaml", "--all")).stdout, `• ${old}\n    none `)
    const none = yield* exits(0, cli(["audit", weather, "--project", "proj_old"]))
    assert.include(none.stderr, `audit: ${weather}: no permission of proj_old\n`)
    for (const [args, text] of [
      [[wrong], `${wrong} has no permissions\n`],
      [[wrong, "--json"], `${wrong} has no permissions\n`],
      [[weather, "--project", "proj_old"], `${weather} has no permissions of proj_old\n`]
    ] as const) {
      assert.include((yield* exits(0, cli(["list", ...args]))).stderr, text)
    }
    for (const more of [[], ["--dry-run"]]) {
      const { stderr } = yield* exits(0, cli(["revoke", wrong, "proj_a", ...more]))
      assert.strictEqual(stderr, `revoke: ${wrong}: no permission there; check the checkpoint's id\n`)
    }
    const { stderr } = yield* exits(0, cli(["revoke", weather, "proj_a", "proj_old"]))
    assert.strictEqual(stderr, "")
  })
})

describe("an id with a letter outside ASCII", () => {
  const twin = "proj_\u043erange"
  const hostile = Emulator.layer({
    behavior: { dashboardEvents: 1 },
    organization: { projects: ["proj_orange", { id: twin, name: "Orange" }] },
    seed: { [weather]: [twin] }
  })
  test("is printed escaped by every command", hostile, function* () {
    const { cli, cliIn, fake, home } = yield* world
    yield* fake.grant(old, twin, "eve@example.com")
    home.write("policy.yaml", policyOf([weather], "proj_orange"))
    for (const args of [
      ["list", weather],
      ["audit", weather, old],
      ["audit", weather, old, "--format", "csv"],
      ["audit", weather, old, "--format", "text"],
      ["audit", weather, old, "--format", "markdown"],
      ["history"],
      ["history", "--format", "table"],
      ["drift", "--file", "policy.yaml"],
      ["drift", "--file", "policy.yaml", "--format", "markdown"],
      ["review", "--file", "policy.yaml", "--all"],
      ["review", "--file", "policy.yaml", "--all", "--format", "text"],
      ["plan", "--file", "policy.yaml"],
      ["plan", "--file", "policy.yaml", "--format", "markdown"],
      ["discover"],
      ["revoke", weather, twin, "--dry-run"]
    ]) {
      const { stderr, stdout } = yield* cli(args)
      assert.notMatch(stdout + stderr, /[^\0-\x7f–…•✓]/u, args.join(" "))
      assert.include(stdout, "\\u043erange", args.join(" "))
    }
    assert.include((yield* cliIn({ terminal: true }, ["discover"])).stdout, "Orange")
  })
})

describe("the forms of an audit", () => {
  it.effect("follow the extension of the file, or --format, and the format is printed", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* folder
        const fake = (...args: ReadonlyArray<string>) =>
          exits(0, run(["audit", "ft:a", "--fake", ...args], { cwd: home.path }))
        for (const [name, begins] of [
          ["a.html", /^<!doctype html>/],
          ["a.csv", /^checkpoint,project,name,access,since,permissions,granted_by,retires,reason,read_at\r\n/],
          ["a.json", /^\{\n {2}"format": "checkpoint-permissions\/matrix"/],
          ["a.md", /^### Who can use what\n\n1 checkpoint, 25 projects: 25 with a permission/],
          ["a.txt", /^• ft:a\n/]
        ] as const) {
          yield* fake("--out", name)
          assert.match(home.read(name), begins)
        }
        const unknown = yield* exits(2, run(["audit", "ft:a", "--fake", "--out", "a.xlsx"], { cwd: home.path }))
        assert.match(unknown.stderr, /--out: unknown extension \.xlsx: pass \.csv, /)
        yield* fake("--out", "a.xlsx", "--format", "csv")
        home.write("keys", "# none\n")
        home.chmod("keys", 0o600)
        const none = yield* exits(2, run(["audit", "--fake", "--project-keys", "keys"], { cwd: home.path }))
        assert.match(none.stderr, /key file "keys" has no key: write proj_…=sk-…/)
        yield* fake("--out", "b.html", "--format", "csv")
        assert.match(home.read("b.html"), /^checkpoint,/)
        const shown = yield* run(["audit", "ft:a", "--fake", "--out", "c.md"], { cwd: home.path, terminal: true })
        assert.match(withoutColors(shown.stderr), /audit: format markdown\n/)
        const page = yield* fake("--format", "html")
        assert.include(page.stdout, "<title>Who can use what – Made with --fake: no real server was used.</title>")
      })
    )
  )

  live("show projects without access with --all", function* () {
    const home = yield* folder
    const seed = home.write("seed.json", JSON.stringify({ "ft:a": ["proj_a"], "ft:b": [] }))
    const audit = (...more: ReadonlyArray<string>) =>
      exits(0, run(["audit", "ft:a", "ft:b", "--fake", "--seed-file", seed, ...more]))
    assert.strictEqual(lines((yield* audit()).stdout).length, 1)
    assert.match((yield* audit("--all")).stdout, /^ft:b\tproj_a\t\tno permission\t/m)
    assert.match((yield* audit("--format", "text")).stdout, /^• ft:b\n {4}none {8}no permission\n/m)
  })
  live("have the columns of the help text", function* () {
    const columns = /Columns of lines and csv: ([\s\S]*?)\./
    const help = (command: string) =>
      Effect.map(run(["help", command]), ({ stdout }) => columns.exec(stdout)?.[1]?.replaceAll(/\s+/g, "").split(","))
    const head = (stdout: string) => stdout.split("\r\n")[0]?.split(",")
    const audit = yield* run(["audit", "ft:a", "--fake", "--format", "csv"])
    assert.deepStrictEqual(yield* help("audit"), head(audit.stdout))
    const history = yield* run(["history", "--fake", "--format", "csv"])
    assert.deepStrictEqual(yield* help("history"), head(history.stdout))
  })
})
