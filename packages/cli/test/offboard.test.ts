import { AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { withoutColors } from "../src/internal/terminal/style.ts"
import { exits, withoutPauses } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { policyOf, world } from "./support/world.ts"

const leaver = "proj_leaver"
const event = (id: string, place: string, at: number, project = leaver) => ({
  type: "checkpoint.permission.created",
  effective_at: at,
  permission_id: id,
  project_id: project,
  fine_tuned_model_checkpoint: place
})
const seed = {
  "ft:a": [{ id: "cp_a", project_id: leaver, created_at: 1000 }, "proj_keep"],
  "ft:b": [leaver],
  "ft:c": ["proj_keep"]
}
const organization = {
  projects: [{ id: leaver, name: "Fraud" }, "proj_keep", "proj_idle"],
  events: [event("cp_a", "ft:a", 1000), event("cp_c", "ft:c", 1100, "proj_keep")]
}
const server = (behavior: Emulator.Options["behavior"] = {}) => Emulator.layer({ seed, organization, behavior })

const desk = Effect.map(world, (there) => {
  there.home.write("ids.txt", "ft:b\n")
  const cli = (args: ReadonlyArray<string>) => withoutPauses("2 seconds")(there.cli(args))
  return {
    ...there,
    cli,
    offboard: (...args: ReadonlyArray<string>) => cli(["offboard", leaver, "--permissions-only", ...args]),
    left: Effect.map(there.fake.allPermissions, (all) =>
      Object.entries(all).flatMap(([place, some]) => (some.some((one) => one.project_id === leaver) ? [place] : []))
    ),
    writes: Effect.map(there.fake.requests, (all) => all.filter(({ operation }) => operation === "delete").length)
  }
})

describe("offboard", () => {
  test("removes access in the log and in files, and saves the audit", server(), function* () {
    const { home, left, offboard } = yield* desk
    const { stdout } = yield* exits(0, offboard("--yes", "--from", "ids.txt", "--out", "v.json", "--journal", "j"))
    assert.include(stdout, "- proj_leaver (Fraud)  ft:a, cp_a\n")
    assert.match(stdout, /^✓ No permission left at all 3 known checkpoints \(read .* UTC\)$/m)
    assert.include(stdout, "\n2 permissions revoked, 3 checkpoints known\n")
    const matrix = yield* AccessMatrix.fromJson(home.read("v.json"))
    assert.lengthOf(matrix.rows, 3)
    assert.isTrue(matrix.rows.every((row) => row.complete && row.permissions.every((one) => one.project_id !== leaver)))
    const lines = home.read("j").trimEnd().split("\n")
    assert.deepStrictEqual(
      lines.map((line) => JSON.parse(line)).map(({ event, outcome }) => [event, outcome]),
      [...Array(2)].flatMap(() => [
        ["intent", null],
        ["result", "done"]
      ])
    )
    assert.strictEqual(home.mode("v.json"), 0o600)
    assert.deepStrictEqual(yield* left, [])
    yield* exits(2, offboard("--yes", "--out", "x", "--journal", "x"))
    assert.include((yield* exits(0, offboard("--yes", "--out", "v.json"))).stdout, "0 permissions revoked")
  })

  const many = Array.from({ length: 38 }, (_, i) => `ft:${i}`)
  const crowded = Emulator.layer({
    seed: Object.fromEntries(many.map((name, i) => [name, [{ id: `cp_${i}`, project_id: leaver, created_at: 1000 }]])),
    organization: { projects: [leaver], events: many.map((name, i) => event(`cp_${i}`, name, 1000 + i)) }
  })
  for (const [fullAfter, fullCode, what] of [
    [48, "ENOSPC", "disk full (ENOSPC)"],
    [0, "ENOSPC", "disk full (ENOSPC)"],
    [0, "EDQUOT", "[^;]*EDQUOT[^;]*"]
  ] as const) {
    test(
      `on a disk that is full after ${fullAfter} writes (${fullCode}), deletes everything, and names what was not saved`,
      crowded,
      function* () {
        const { cliIn, home, left } = yield* desk
        const args = ["offboard", leaver, "--yes", "--permissions-only", "--journal", "j", "--out", "v.json"]
        const { stderr, stdout } = yield* exits(4, cliIn({ fullAfter, fullCode }, args))
        assert.deepStrictEqual(yield* left, [])
        assert.match(
          stderr,
          new RegExp(
            `^(offboard: 38 checkpoints to read, .*\n)?checkpoint-permissions: offboard: 38 permissions revoked; not saved: [^;]*j[^;]*${fullCode}[^;]*; audit "v\\.json": ${what.replace(/[()]/g, "\\$&")}\n$`
          )
        )
        assert.match(stdout, /^✓ No permission left at all 38 known checkpoints/m)
        assert.isFalse(home.exists("v.json"))
      }
    )
  }

  test("reports a key that may not delete once", server(), function* () {
    const { fake, left, offboard } = yield* desk
    const message = "You have insufficient permissions. Missing scopes: api.fine_tuning.checkpoints.write"
    yield* fake.inject(Faults.error(401, { message }), { operation: "delete", times: 99 })
    const { stderr, stdout } = yield* exits(1, offboard("--yes", "--from", "ids.txt"))
    assert.notInclude(stdout, "revoked")
    assert.match(
      stderr,
      /^checkpoint-permissions: offboard: no delete was confirmed: [^\n]*api\.fine_tuning\.checkpoints\.write[^\n]*\n$/
    )
    assert.notInclude(stderr, "--without-log")
    assert.lengthOf(yield* left, 2)
  })

  test("does not call a delete whose reply was lost not executed when the key is refused", server(), function* () {
    const { fake, left, offboard } = yield* desk
    yield* fake.inject(Faults.dropAfter(), { operation: "delete" })
    const message = "You have insufficient permissions. Missing scopes: api.fine_tuning.checkpoints.write"
    yield* fake.inject(Faults.error(401, { message }), { operation: "delete", times: 99 })
    const { stderr } = yield* exits(1, offboard("--yes", "--from", "ids.txt"))
    assert.match(stderr, /offboard: no delete was confirmed: [^\n]*\n$/)
    assert.lengthOf(yield* left, 1)
  })

  test("asks for the number of known permissions at a terminal, and needs --yes without one", server(), function* () {
    const { cliIn, fake, offboard, writes } = yield* desk
    const { stderr } = yield* exits(5, offboard())
    assert.include(stderr, "no terminal to ask for confirmation: review the plan, then pass --yes")
    assert.deepStrictEqual(yield* fake.requests, [])
    const answered = (answer: string, ...args: ReadonlyArray<string>) =>
      cliIn({ terminal: true, stdin: answer }, ["offboard", "--permissions-only", ...args])
    const refused = yield* exits(5, answered("y\n", leaver))
    const question =
      "Known: 1 permission of proj_leaver (Fraud). Type 1 to delete these and all that the listings show, at most 100 revocations: "
    // nothing is written on the question, which ends the run
    assert.match(
      withoutColors(refused.stderr).split(question)[1] ?? "",
      /^checkpoint-permissions: offboard: not confirmed/
    )
    assert.strictEqual(yield* writes, 0)
    yield* exits(0, answered("1\n", "Fraud"))
    assert.strictEqual(yield* writes, 1)
    assert.include(
      withoutColors((yield* exits(0, answered("0\n", leaver, "--max-revokes", "1"))).stderr),
      "Known: 0 permissions of proj_leaver (Fraud). Type 0 to delete all that the listings show, at most 1 revocation: "
    )
  })

  for (const status of [401, 403]) {
    test(
      `a log that the key may not read (${status}) ends it before any delete, unless it is left out`,
      server(),
      function* () {
        const { fake, offboard, writes } = yield* desk
        yield* fake.inject(Faults.error(status), { operation: "list-audit-logs", times: 99 })
        const { stderr } = yield* exits(1, offboard("--yes", "--from", "ids.txt", "--out", "e"))
        assert.match(
          stderr,
          /^checkpoint-permissions: offboard: nothing was deleted: .*; pass --without-log to leave out the log\n$/
        )
        assert.strictEqual(yield* writes, 0)
        yield* exits(0, offboard("--yes", "--from", "ids.txt", "--without-log"))
      }
    )
  }

  test("names a log whose first page failed as not read, never as empty", server(), function* () {
    const { fake, offboard } = yield* desk
    yield* fake.inject(Faults.error(400, { message: "no log" }), { operation: "list-audit-logs", times: 99 })
    const { stderr } = yield* exits(4, offboard("--yes", "--from", "ids.txt"))
    assert.match(stderr, /offboard: Audit log incomplete: other checkpoints may exist \(.*no log/)
  })

  const rows = [
    ["an unknown project", {}, ["proj_leavr", "--yes"], 4, "did you mean proj_leaver (Fraud)?"],
    ["an unknown project", {}, ["proj_leavr", "--yes"], 4, "No trace of proj_leavr: nothing was removed"],
    ["a project without a trace", {}, ["proj_idle", "--yes"], 4, "No trace of proj_idle: nothing was removed"],
    [
      "no log",
      { auditLog: "off" },
      [leaver, "--yes", "--from", "ids.txt"],
      1,
      "if audit logging is off, an owner of the organization can turn it on"
    ],
    [
      "no log by choice",
      { auditLog: "off" },
      [leaver, "--yes", "--from", "ids.txt", "--without-log", "--permissions-only"],
      0,
      "No permission left at the 1 known checkpoint (read"
    ],
    [
      "nothing known",
      { auditLog: "off" },
      [leaver, "--yes", "--without-log"],
      4,
      "No checkpoint is known, nothing was removed: pass --from or --project-keys"
    ],
    ["an owner", { owners: { "ft:a": leaver } }, [leaver, "--yes"], 4, "Still has access to 1 checkpoint as the owner"],
    [
      "a limit",
      {},
      [leaver, "--yes", "--from", "ids.txt", "--max-revokes", "1"],
      4,
      "Stopped after 1 delete: 1 permission remaining"
    ]
  ] as const
  for (const [what, behavior, args, code, sentence] of rows) {
    test(`${what}: exits with ${code}`, server(behavior), function* () {
      const { cli } = yield* desk
      const done = yield* exits(code, cli(["offboard", ...args]))
      assert.include(code === 0 ? done.stdout : done.stderr, sentence)
    })
  }

  const unlisted = (more: object = {}) =>
    Emulator.layer({ seed, organization: { ...organization, projects: ["proj_keep"], ...more } })
  const line = "offboard: proj_leaver is not a project of this organization\n"

  test("removes a project that only a listing of a named checkpoint has", unlisted({ events: [] }), function* () {
    const { home, left, offboard } = yield* desk
    home.write("ids.txt", "ft:a\nft:b\n")
    assert.include((yield* exits(0, offboard("--yes", "--from", "ids.txt"))).stderr, line)
    assert.deepStrictEqual(yield* left, [])
  })

  test(
    "finds no trace of a project of another organization, and deletes nothing",
    unlisted({ events: [] }),
    function* () {
      const { fake, home, left, offboard, writes } = yield* desk
      home.write("ids.txt", "ft:c\nft:d\n")
      const { stderr } = yield* exits(4, offboard("--yes", "--from", "ids.txt"))
      assert.include(stderr, line)
      assert.include(stderr, "No trace of proj_leaver: nothing was removed")
      yield* fake.inject(Faults.error(400), { operation: "list", checkpoint: "ft:d", times: 99 })
      const unread = yield* exits(4, offboard("--yes", "--from", "ids.txt"))
      assert.include(unread.stderr, "1 of 2 checkpoints could not be read")
      assert.lengthOf(yield* left, 2)
      assert.strictEqual(yield* writes, 0)
    }
  )

  test(
    "refuses no project if the list of projects breaks off",
    unlisted({ projects: Array.from({ length: 120 }, (_, i) => `proj_${i}`) }),
    function* () {
      const { fake, left, offboard } = yield* desk
      yield* fake.setFaults(
        Faults.scripted([{ fault: Faults.error(400), operation: "list-projects", nth: 2, times: 9 }])
      )
      const { stderr } = yield* exits(0, offboard("--yes", "--from", "ids.txt"))
      assert.include(stderr, "offboard: project ids not checked: ")
      assert.deepStrictEqual(yield* left, [])
    }
  )

  test("names a checkpoint that cannot be read, and saves a partial verdict", server(), function* () {
    const { fake, home, offboard } = yield* desk
    yield* fake.inject(Faults.error(400), { operation: "list", checkpoint: "ft:c", times: 9 })
    const { stderr, stdout } = yield* exits(4, offboard("--yes", "--out", "v.json", "--json"))
    assert.include(stderr, "offboard: Not removed everywhere: 1 of 2 checkpoints could not be read")
    assert.match(stderr, /^ft:c: .*400/m)
    const verdict = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")
    assert.deepInclude(verdict, { _tag: "Offboarded", project: leaver, revoked: ["cp_a"], checkpoints: 2 })
    assert.isFalse(home.exists("v.json"))
    const { rows } = yield* AccessMatrix.fromJson(home.read("v.json.partial"))
    assert.deepStrictEqual(
      rows.map(({ complete }) => complete),
      [true, false]
    )
  })

  test("with --dry-run shows its deletes, and sends none", server(), function* () {
    const { offboard, writes } = yield* desk
    const { stderr, stdout } = yield* exits(0, offboard("--dry-run", "--from", "ids.txt"))
    const lines = stdout.split("\n").filter((line) => /^(ft:|- )|to revoke/.test(line))
    assert.match(lines.join("\n"), /^ft:b\n- proj_leaver .*\nft:a\n- proj_leaver .* cp_a.*\n.*2 to revoke/)
    assert.deepStrictEqual([stderr, yield* writes], ["", 0])
  })

  test(
    "a signal lets requests finish, and the verdict counts the remaining checkpoints",
    server({ latency: 300 }),
    function* () {
      const { begin, fake, left } = yield* desk
      const running = yield* begin(["offboard", leaver, "--yes", "--from", "ids.txt"])
      yield* fake.awaitRequests(3)
      yield* running.signal("SIGINT")
      const { code, stderr, stdout } = yield* running.outcome
      assert.lengthOf(stderr.match(/SIGINT: finishing/g) ?? [], 1)
      assert.strictEqual(code, 130)
      assert.match(
        stderr,
        /offboard: Interrupted: \d permissions? revoked, \d checkpoints? not verified.*: run the same command again/
      )
      assert.notInclude(stdout, "✓")
      assert.isNotEmpty(yield* left)
    }
  )
})

const owned = Emulator.layer({
  seed: { "ft:a": [], "ft:b": [leaver] },
  organization: {
    ...organization,
    jobs: ["ft:a", "ft:b", "ft:c"].map((name, i) => ({
      id: `ftjob-${i}`,
      fine_tuned_model: name,
      project: i === 0 ? leaver : "proj_keep"
    }))
  }
})

describe("owners of an offboarding", () => {
  const first = (stdout: string) => stdout.split("\n").find((line) => /^[✓!] [A-Z]/.test(line))
  const inventory = (owners: Readonly<Record<string, string | null>>) =>
    JSON.stringify({
      format: "checkpoint-permissions/inventory",
      version: 2,
      checkpoints: Object.entries(owners).map(([checkpoint, owner]) => ({ checkpoint, owner, ownerSource: "job" }))
    })
  const audit = (owners: Readonly<Record<string, string>>, ownerSource?: "job" | "policy" | "refusal") =>
    AccessMatrix.toJson({
      format: "checkpoint-permissions/matrix",
      version: 3,
      createdAt: DateTime.unsafeMake(0),
      apiUrl: "https://api.openai.com/v1",
      names: {},
      projects: [],
      rows: Object.entries(owners).map(([checkpoint, owner]) => ({
        checkpoint: CheckpointId.make(checkpoint),
        owner: ProjectId.make(owner),
        ...(ownerSource === undefined ? {} : { ownerSource }),
        readFrom: DateTime.unsafeMake(0),
        readAt: DateTime.unsafeMake(0),
        complete: true,
        permissions: []
      }))
    })
  const all = ["ft:a", "ft:b", "ft:c"]
  const rows: ReadonlyArray<
    readonly [what: string, file: string, text: string, code: number, line: RegExp, stderr: RegExp]
  > = [
    [
      "unknown",
      "ids.txt",
      all.join("\n"),
      4,
      /^! No permission left at 3 known checkpoints \(read from .* UTC\), but it may own 3 of these models: pass --project-keys or an inventory$/,
      /^checkpoint-permissions: offboard: No permission left at 3 known checkpoints .*, but it may own 3 of these models: pass --project-keys or an inventory\n$/
    ],
    [
      "known in part",
      "inventory.json",
      inventory({ "ft:a": "proj_keep", "ft:b": null }),
      4,
      /^! No permission left at 3 known checkpoints \(read .*\), but it may own 2 of these models/,
      /it may own 2 of these models/
    ],
    [
      "known by an inventory",
      "inventory.json",
      inventory({ "ft:a": "proj_keep", "ft:b": "proj_keep", "ft:c": "proj_idle" }),
      0,
      /^✓ Removed from all 3 known checkpoints \(read/,
      /^$/
    ],
    [
      "known by an audit",
      "audit.json",
      audit({ "ft:a": "proj_keep", "ft:b": "proj_keep", "ft:c": "proj_idle" }, "job"),
      0,
      /^✓ Removed from all 3 known checkpoints \(read/,
      /^$/
    ],
    [
      "stated by an audit without their source",
      "audit.json",
      audit({ "ft:a": "proj_keep", "ft:b": "proj_keep" }),
      4,
      /^! No permission left at 3 known checkpoints /,
      /it may own 3 of these models/
    ],
    [
      "stated by an audit with a policy",
      "audit.json",
      audit({ "ft:a": "proj_keep" }, "policy"),
      4,
      /^! No permission left at 2 known checkpoints /,
      /it may own 2 of these models/
    ],
    [
      "stated by a policy",
      "p.yaml",
      `version: 1\ncheckpoints:\n${all.map((one, i) => `  "${one}": { owner: ${i === 0 ? leaver : "proj_keep"}, projects: [] }\n`).join("")}`,
      4,
      /^! No permission left at 3 known checkpoints /,
      /it may own 3 of these models/
    ],
    [
      "the project itself, by an inventory",
      "inventory.json",
      inventory({ "ft:a": leaver, "ft:b": "proj_keep", "ft:c": "proj_idle" }),
      4,
      /^! Still has access to 1 checkpoint as the owner$/,
      /offboard: Still has access to 1 checkpoint as the owner\n/
    ]
  ]
  for (const [what, file, text, code, line, message] of rows) {
    test(`${what}: exits with ${code}`, server(), function* () {
      const { cli, home } = yield* desk
      home.write(file, text)
      const { stderr, stdout } = yield* exits(code, cli(["offboard", leaver, "--yes", "--from", file]))
      assert.match(first(stdout) ?? "", line)
      assert.match(stderr, message)
    })
  }

  test("come from jobs, a policy is compared with them, and the verdict names the source", owned, function* () {
    const { cli, home } = yield* desk
    home.write("keys", `${leaver}=sk-leaver\nproj_keep=sk-keep\n`)
    home.write(
      "p.yaml",
      policyOf(all.slice(0, 2), "[]").replaceAll("    projects: [[]]", "    owner: proj_keep\n    projects: []")
    )
    const args = ["offboard", leaver, "--yes", "--file", "p.yaml", "--out", "v.json"]
    const unknown = yield* exits(4, cli(args))
    assert.include(unknown.stderr, "it may own ")
    yield* exits(0, cli([...args, "--permissions-only"]))
    const { stderr } = yield* exits(4, cli([...args, "--project-keys", "keys"]))
    assert.include(stderr, "p.yaml:4: owner proj_keep, the model's job says proj_leaver\n")
    assert.include(stderr, "offboard: Still has access to 1 checkpoint as the owner")
    const { rows } = yield* AccessMatrix.fromJson(home.read("v.json"))
    const owned = rows.find((one) => one.checkpoint === "ft:a")
    assert.deepInclude<object | undefined>(owned, { owner: leaver, ownerSource: "job" })
  })

  test("an owner from a refusal keeps its source", server(), function* () {
    const { home, offboard } = yield* desk
    home.write("audit.json", audit({ "ft:a": "proj_keep", "ft:b": "proj_keep", "ft:c": "proj_keep" }, "refusal"))
    yield* exits(0, offboard("--yes", "--from", "audit.json", "--out", "v.json"))
    const { rows } = yield* AccessMatrix.fromJson(home.read("v.json"))
    assert.isTrue(rows.every(({ ownerSource }) => ownerSource === "refusal"))
  })

  test("a refusal of the server is not called a job", server({ owners: { "ft:a": leaver } }), function* () {
    const { home, offboard } = yield* desk
    home.write("p.yaml", 'version: 1\ncheckpoints:\n  "ft:a": { owner: proj_keep, projects: [] }\n')
    const { stderr } = yield* exits(4, offboard("--yes", "--file", "p.yaml"))
    assert.notInclude(stderr, "the model's job says")
  })

  test("says that other checkpoints may exist if a project key fails", owned, function* () {
    const { cli, fake, home } = yield* desk
    home.write("keys", `proj_idle=sk-idle\nproj_keep=sk-keep\n`)
    yield* fake.inject(Faults.error(401, { message: "expired" }), { operation: "list-models" })
    const { stderr, stdout } = yield* exits(
      4,
      cli(["offboard", leaver, "--yes", "--permissions-only", "--project-keys", "keys", "--out", "v.json"])
    )
    const reason = /Other checkpoints may exist: 1 key could not be used \(proj_idle: .*expired.*\)\n$/
    assert.match(stderr, reason)
    assert.notInclude(stdout, "✓")
    assert.isTrue(home.exists("v.json.partial"))
  })
})

test("prints the places in a policy that would grant again", server(), function* () {
  const { home, offboard } = yield* desk
  home.write(
    "p.yaml",
    `version: 1
groups:
  some: [proj_keep, proj_leaver]
checkpoints:
  "ft:a":
    projects:
      - "@some"
  "ft:b":
    projects: # by hand
      - proj_leaver
  "ft:c":
    projects: [proj_keep]
  "ft:d":
    projects:
      - proj_keep
      - {project: proj_leaver, until: 2030-01-31}`
  )
  const { stderr } = yield* exits(0, offboard("--yes", "--file", "p.yaml"))
  assert.deepStrictEqual(
    stderr.split("\n").filter((line) => line.startsWith("p.yaml:")),
    [
      "p.yaml:3:21: @some would grant proj_leaver again at the next apply: remove it",
      "p.yaml:10:9: ft:b would grant proj_leaver again at the next apply: remove it",
      "p.yaml:16:19: ft:d would grant proj_leaver again at the next apply: remove it"
    ]
  )
})
