import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { Organization } from "@checkpoint-permissions/core"
import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Ids from "../src/internal/input/ids.ts"
import { cli, exits } from "./support/inProcess.ts"
import { scoped, test } from "./support/test.ts"
import { weather, world } from "./support/world.ts"

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

describe("ids of a policy", () => {
  const text = `version: 1
groups:
  team: [proj_frod, proj_voice]
checkpoints:
  "ft:a":
    owner: proj_unknown
    projects: ["@team", proj_frod, { project: proj_ended, until: 2020-01-01 }]
  "ft:b":
    projects: [proj_frod, proj_gone, proj_kept]
`
  const listed = Schema.decodeUnknownSync(Schema.Array(Organization.Project))(
    projects.map((project) => ({ object: "organization.project", created_at: 0, ...project }))
  )
  const sources = [{ text, file: "policy.yaml" }]

  it.effect("that are archived are an error where a plan grants them, and a warning where they have access", () =>
    Effect.gen(function* () {
      const policy = yield* AccessPolicy.parse(text)
      const locate = yield* Ids.locator(policy, sources, Ids.archivedIn(listed))
      const checkpoints = [{ grants: ["proj_gone", "proj_voice"], unchanged: ["proj_kept"] }]
      assert.deepStrictEqual(Ids.archivedAmong(checkpoints, listed, locate), {
        refused: ["policy.yaml:9: proj_gone (Closed) is archived: remove it"],
        warnings: ["policy.yaml:9: proj_kept (Closed too) is archived: it already has a permission"]
      })
    })
  )
})
