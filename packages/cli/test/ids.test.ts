import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Ids from "../src/internal/input/ids.ts"
import { cli, exits } from "./support/inProcess.ts"
import { scoped, test } from "./support/test.ts"
import { policyOf, weather, world } from "./support/world.ts"

const projects = [
  { id: "proj_fraud", name: "Fraud" },
  { id: "proj_voice", name: "Voice" },
  { id: "proj_one", name: "Twin" },
  { id: "proj_two", name: "Twin" },
  { id: "proj_gone", name: "Closed", archived_at: 1_790_000_000 },
  { id: "proj_kept", name: "Closed too", archived_at: 1_790_000_000 }
]
const server = Emulator.layer({ seed: { [weather]: ["proj_deleted", "proj_kept"] }, organization: { projects } })

interface Case {
  readonly args: ReadonlyArray<string>
  readonly terminal?: boolean
  readonly code: number
  readonly stdout?: string
  readonly stderr: RegExp
}

const cases: Readonly<Record<string, Case>> = {
  "a mistyped id is refused with the nearest one": {
    args: ["grant", weather, "proj_voice", "proj_frod"],
    code: 2,
    stderr:
      /^checkpoint-permissions: grant: proj_frod is not a project of this organization: did you mean proj_fraud \(Fraud\)\?\n$/
  },
  "a name is refused in a script, with its id": {
    args: ["grant", weather, "Fraud"],
    code: 2,
    stderr: /grant: Fraud is not a project of this organization: did you mean proj_fraud \(Fraud\)\?\n$/
  },
  "a mistyped name is refused with the id of the nearest": {
    args: ["grant", weather, "Fruad"],
    code: 2,
    stderr: /did you mean proj_fraud \(Fraud\)\?\n$/
  },
  "a name is accepted at a terminal, and its id is shown": {
    args: ["grant", weather, "Fraud"],
    terminal: true,
    code: 0,
    stdout: "granted proj_fraud (Fraud)\n",
    stderr: /grant: proj_fraud \(Fraud\)\n/
  },
  "a name of two projects is refused at a terminal": {
    args: ["revoke", weather, "Twin"],
    terminal: true,
    code: 2,
    stderr: /revoke: Twin is not a project of this organization/
  },
  "an archived project is granted nothing": {
    args: ["grant", weather, "proj_voice", "proj_gone"],
    code: 2,
    stderr: /^checkpoint-permissions: grant: proj_gone \(Closed\) is archived: remove it\n$/
  },
  "an archived project that has its permission is a warning": {
    args: ["grant", weather, "proj_kept"],
    code: 0,
    stdout: "unchanged: proj_kept (Closed too) already has access\n",
    stderr: /^grant: proj_kept \(Closed too\) is archived: it already has a permission\n$/
  },
  "a dry run checks too": {
    args: ["grant", weather, "proj_frod", "--dry-run"],
    code: 2,
    stderr: /did you mean proj_fraud/
  },
  "a project that is in no list but in the listing is revoked": {
    args: ["revoke", weather, "proj_deleted"],
    code: 0,
    stdout: "revoked proj_deleted\n",
    stderr: /^$/
  },
  "a project that neither has is not": {
    args: ["revoke", weather, "proj_deleted", "proj_deletd"],
    code: 2,
    stderr: /revoke: proj_deletd is not a project of this organization\n$/
  }
}

describe.concurrent("ids of projects", () => {
  for (const [what, { args, code, stderr, stdout = "", terminal }] of Object.entries(cases)) {
    test(what, server, function* () {
      const { cliIn, fake } = yield* world
      const outcome = yield* exits(code, cliIn({ terminal }, args))
      assert.strictEqual(outcome.stdout, stdout)
      assert.match(outcome.stderr.replace(/\p{Cc}(\[\d*m|\[2K)|\r/gu, ""), stderr)
      const writes = (yield* fake.requests).filter(({ method }) => method !== "GET")
      assert.strictEqual(writes.length, /^(granted|revoked)/.test(stdout) ? 1 : 0)
    })
  }

  const unread: ReadonlyArray<readonly [status: number, grant: number]> = [
    [401, 0],
    [403, 0],
    [404, 0],
    [429, 4],
    [500, 4]
  ]
  it.effect.each(unread)("a list refused with %d: grant exits with %d, revoke continues", ([status, code]) =>
    Effect.gen(function* () {
      const { cli, fake } = yield* world
      const error = Faults.error(status, { headers: { "x-should-retry": "false" } })
      yield* fake.inject(error, { operation: "list-projects", times: 2 })
      const granted = yield* exits(code, cli(["grant", weather, "proj_frod"]))
      assert.strictEqual(granted.stdout, code === 0 ? "granted proj_frod\n" : "")
      assert.match(
        granted.stderr,
        code === 0 ? /project ids not checked: / : /cannot list projects, nothing was changed/
      )
      const revoked = yield* exits(0, cli(["revoke", weather, "proj_kept"]))
      assert.strictEqual(revoked.stdout, "revoked proj_kept\n")
      assert.match(revoked.stderr, /^revoke: project ids not checked: [^\n]*\n$/)
    }).pipe(Effect.provide(server), Effect.scoped)
  )

  test("a revoke does not wait a minute for the list", server, function* () {
    const { cli, fake } = yield* world
    yield* fake.inject(Faults.rateLimited({ "retry-after": "60" }), { operation: "list-projects" })
    const { stderr, stdout } = yield* exits(0, cli(["revoke", weather, "proj_kept"]))
    assert.strictEqual(stdout, "revoked proj_kept\n")
    assert.match(stderr, /^revoke: project ids not checked: projects: too many requests/)
  })
})

describe("the form of a checkpoint", () => {
  const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789abcdef" }
  scoped("without ft: is refused before a request at OpenAI's host", function* () {
    const { stderr } = yield* exits(2, cli(["grant", "weather", "proj_voice"], { env }))
    assert.strictEqual(stderr, 'checkpoint-permissions: "weather" is not a fine-tuned model: pass an id such as ft:…\n')
  })

  it.each([
    ["weather", "https://api.openai.com/v1", false],
    ["weather", "https://eu.api.openai.com/v1", false],
    ["weather", "https://llm.example.com/v1", true],
    ["weather", "http://127.0.0.1:4010/v1", true],
    ["ft:gpt-4o:org:weather:B7", "https://api.openai.com/v1", true],
    ["gateway/ft:gpt-4o:org:weather:B7", "https://api.openai.com/v1", true],
    ["ft-AF1WoRqd3aJAHsqc9NY7iL8F", "https://api.openai.com/v1", true]
  ] as const)("%s at %s is accepted: %s", (checkpoint, apiUrl, accepted) => {
    assert.strictEqual(Ids.checkForm([checkpoint], apiUrl)._tag, accepted ? "Right" : "Left")
  })
})

describe.concurrent("ids in commands that read", () => {
  const text = `version: 1
checkpoints:
  "${weather}":
    owner: proj_unknown
    projects: [proj_voice, proj_frod]
  "ft:b":
    projects: [proj_frod]
`

  test("an unknown project of a filter is refused before any listing", server, function* () {
    const { cli, fake } = yield* world
    for (const args of [["audit", weather], ["audit"], ["list", weather], ["history"]]) {
      const { stderr, stdout } = yield* exits(2, cli([...args, "--project", "proj_frod"]))
      assert.match(
        stderr,
        /^checkpoint-permissions: \w+: proj_frod is not a project of this organization: did you mean proj_fraud \(Fraud\)\?\n$/
      )
      assert.strictEqual(stdout, "")
    }
    assert.isTrue((yield* fake.requests).every(({ operation }) => operation === "list-projects"))
  })

  test("an unknown project of a policy is reported at its entry, and the command goes on", server, function* () {
    const { cli, fake, home } = yield* world
    home.write("p.yaml", text)
    const reported = [
      "p.yaml:4: proj_unknown is not a project of this organization",
      "p.yaml:5: proj_frod is not a project of this organization (also p.yaml:7): did you mean proj_fraud (Fraud)?"
    ]
    for (const args of [
      ["audit", "-f", "p.yaml"],
      ["audit", "--from", "p.yaml"],
      ["export", "--from", "p.yaml"]
    ]) {
      yield* fake.clearRequests
      const { stderr, stdout } = yield* exits(0, cli(args))
      assert.deepStrictEqual(
        stderr
          .split("\n")
          .flatMap((line) => (/: p\.yaml:/.test(line) ? [line.replace(/^\w+: /, "")] : []))
          .sort(),
        reported,
        args.join(" ")
      )
      assert.include(stdout, weather)
      assert.match(
        stdout,
        /\tproj_unknown\t\towner by the policy\t|owner: proj_unknown/,
        "the owner that the policy names"
      )
      const lists = (yield* fake.requests).filter(({ operation }) => operation === "list-projects")
      assert.strictEqual(lists.length, 1, "the list is read once")
    }
    const drift = yield* exits(3, cli(["drift", "-f", "p.yaml"]))
    assert.match(drift.stdout, /^unknown project +ft:b +proj_frod$/m)
    assert.match(drift.stdout, /^unknown project +ft:\S+weather\S+ +proj_unknown$/m)
  })

  test("a policy of another organization is refused by every command", server, function* () {
    const { cli, fake, home } = yield* world
    home.write("p.yaml", text.replace("proj_voice", "proj_vocie"))
    for (const args of [
      ["audit", "-f"],
      ["audit", "--from"],
      ["export", "--from"],
      ["drift", "-f"],
      ["discover", "-f"],
      ["plan", "-f"],
      ["apply", "-f"]
    ]) {
      const { stderr, stdout } = yield* exits(2, cli([...args, "p.yaml"]))
      assert.match(
        stderr,
        /^checkpoint-permissions: \w+: none of the 3 projects of the policy is in this organization: is this the right key\?\n/
      )
      assert.strictEqual(stdout, "")
    }
    assert.isTrue((yield* fake.requests).every(({ operation }) => operation === "list-projects"))
  })

  test("documents and keys of another organization are refused by every command that reads them", server, function* () {
    const { cli, fake, home } = yield* world
    const inventory = (...ids: ReadonlyArray<string>) =>
      JSON.stringify({
        format: "checkpoint-permissions/inventory",
        version: 2,
        projects: { list: ids.map((id) => ({ id })) },
        checkpoints: [{ checkpoint: weather, owner: null }]
      })
    home.write("i.json", inventory("proj_foreign", "proj_other_org"))
    home.write("keys", "proj_foreign=sk-foreign\n")
    home.write("p.yaml", policyOf(["ft:b"], "proj_fraud"))
    for (const [what, ...args] of [
      ["i\\.json", "audit", "--from", "i.json"],
      ["i\\.json", "discover", "--from", "i.json"],
      ["i\\.json", "export", "--from", "i.json"],
      ["i\\.json", "offboard", "proj_fraud", "--yes", "--from", "i.json"],
      ["--project-keys", "offboard", "proj_fraud", "--yes", "--project-keys", "keys"],
      ["--project-keys", "audit", "--project-keys", "keys"],
      ["--project-keys", "discover", "--project-keys", "keys"],
      ["--project-keys", "drift", "-f", "p.yaml", "--project-keys", "keys"],
      ["--project-keys", "review", "-f", "p.yaml", "--all", "--project-keys", "keys"]
    ]) {
      const { stderr, stdout } = yield* exits(2, cli(args))
      assert.match(
        stderr,
        new RegExp(`^\\S+ \\w+: no project of ${what} is in this organization: is this the right key\\?\n`, "m")
      )
      assert.strictEqual(stdout, "")
    }
    assert.isTrue((yield* fake.requests).every(({ operation }) => operation === "list-projects"))
    home.write("i.json", inventory("proj_fraud", "proj_lost"))
    const { stderr } = yield* exits(0, cli(["audit", "--from", "i.json"]))
    assert.include(stderr, "audit: i.json: proj_lost is not a project of this organization")
  })

  test("a list that cannot be read refuses nothing, and the first line and the document say so", server, function* () {
    const { cli, fake, home } = yield* world
    home.write("p.yaml", text)
    for (const [code, args] of [
      [0, ["audit", "-f", "p.yaml", "--format", "markdown"]],
      [0, ["audit", "-f", "p.yaml", "--json"]],
      [0, ["export", "--from", "p.yaml"]],
      [3, ["drift", "-f", "p.yaml", "--format", "markdown"]],
      [0, ["plan", "-f", "p.yaml", "--format", "markdown"]]
    ] as const) {
      yield* fake.inject(Faults.error(403, { message: "no scope" }), { operation: "list-projects" })
      const { stderr, stdout } = yield* exits(code, cli(args))
      assert.match(stderr.split("\n")[0] ?? "", /^\w+: project ids not checked: .*no scope/, args[0])
      assert.match(stdout, /roject(s| ids not checked).*no scope/, args[0])
      assert.notInclude(stdout, "unknown project")
    }
  })

  for (const status of [401, 403]) {
    test(`a key without access to projects and log (${status}) is reported once`, server, function* () {
      const { cli, fake } = yield* world
      for (const operation of ["list-projects", "list-audit-logs"] as const) {
        yield* fake.inject(Faults.error(status, { message: "no scope" }), { operation, times: 99 })
      }
      for (const [code, args] of [
        [4, ["audit"]],
        [1, ["history", "--project", "proj_voice"]],
        [1, ["offboard", "proj_voice", "--yes", "-f", "policy.yaml"]]
      ] as const) {
        const { stderr } = yield* exits(code, cli(args))
        assert.match(stderr, /^checkpoint-permissions: [^\n]*audit log[^\n]*no scope[^\n]*\n$/, args[0])
      }
      const { stderr } = yield* exits(0, cli(["audit", weather]))
      assert.match(stderr, /^audit: project ids not checked: .*no scope.*\n1 checkpoint: /)
    })
  }

  const many = Array.from({ length: 150 }, (_, n) => `proj_${n}`)
  test(
    "a list that was not read to its end makes no id unknown",
    Emulator.layer({ seed: { [weather]: ["proj_x"] }, organization: { projects: many } }),
    function* () {
      const { cli, fake } = yield* world
      const fault = Faults.error(403, { message: "no" })
      yield* fake.setFaults(Faults.scripted([{ fault, operation: "list-projects", nth: 2 }]))
      const { stderr, stdout } = yield* exits(0, cli(["audit", weather, "--project", "proj_x"]))
      assert.match(stderr, /^audit: project ids not checked: /)
      assert.match(stdout, /\tproj_x\t\tyes\t/)
      yield* fake.clearRequests
      yield* exits(0, cli(["list", weather, "--project", "proj_0"]))
      const lists = (yield* fake.requests).filter(({ operation }) => operation === "list-projects")
      assert.strictEqual(lists.length, 1, "the second page is not needed")
    }
  )

  test("an archived project is reported at the entry that is planned", server, function* () {
    const { cli, home } = yield* world
    home.write(
      "p.yaml",
      `version: 1
groups:
  team: [proj_kept]
checkpoints:
  "${weather}":
    projects: [proj_kept, proj_deleted]
  "ft:b":
    projects:
      - proj_voice
      - proj_kept
  "ft:c":
    projects: ["@team"]
`
    )
    const { stderr } = yield* exits(2, cli(["plan", "-f", "p.yaml"]))
    assert.include(stderr, "p.yaml:6: proj_deleted is not a project of this organization")
    home.write("p.yaml", home.read("p.yaml").replace(", proj_deleted", ""))
    const planned = yield* exits(2, cli(["plan", "-f", "p.yaml"]))
    assert.match(
      planned.stderr,
      /plan: p\.yaml:3: proj_kept \(Closed too\) is archived \(also p\.yaml:10, p\.yaml:6\): remove it\n$/
    )
    home.write("base.yaml", home.read("p.yaml").replace("      - proj_kept\n", ""))
    const changed = yield* exits(4, cli(["plan", "-f", "p.yaml", "--changed", "base.yaml"]))
    assert.match(changed.stderr, /plan: p\.yaml:10:9: \S+: proj_kept \(Closed too\) is archived: remove it\n/)
    assert.notMatch(changed.stderr, /p\.yaml:[36]/)
  })
})
