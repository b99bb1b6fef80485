import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { folder } from "./support/folder.ts"
import { cli, exits, jsonLines } from "./support/inProcess.ts"
import { scoped, scopedWith } from "./support/test.ts"

/** A file of that text, gone afterwards. */
const file = (text: string) => Effect.map(folder, (home) => home.write("file", text))

describe("list", () => {
  const named = { organization: { projects: [{ id: "proj_b", name: "Search" }, "proj_a"] } }
  const created = { created_at: 1_767_225_600 }
  const two = {
    "ft:a": [
      { project_id: "proj_a", id: "cp_1", ...created },
      { project_id: "proj_b", id: "cp_2", ...created }
    ],
    ...named
  }
  const forms: ReadonlyArray<readonly [what: string, args: ReadonlyArray<string>, terminal: boolean, out: string]> = [
    ["lines in a pipe", [], false, "proj_b\tSearch\t2026-01-01T00:00:00Z\nproj_a\t\t2026-01-01T00:00:00Z\n"],
    [
      "a table at a terminal",
      ["--no-color"],
      true,
      "PROJECT  NAME    SINCE\nproj_b   Search  2026-01-01T00:00:00Z\nproj_a           2026-01-01T00:00:00Z\n"
    ],
    [
      "JSON with times in ISO 8601",
      ["--json"],
      false,
      '{"project":"proj_b","name":"Search","since":"2026-01-01T00:00:00Z","permission":"cp_2"}\n{"project":"proj_a","since":"2026-01-01T00:00:00Z","permission":"cp_1"}\n'
    ]
  ]
  it.effect.each(forms)("prints project, name and time as %s", ([, args, terminal, out]) =>
    Effect.gen(function* () {
      const seed = yield* file(JSON.stringify(two))
      const { stdout } = yield* exits(0, cli(["list", "ft:a", "--fake", "--seed-file", seed, ...args], { terminal }))
      assert.strictEqual(stdout, out)
    }).pipe(Effect.scoped)
  )

  scoped("prints all pages, and their number at a terminal only", function* () {
    const projects = Array.from({ length: 230 }, (_, i) => `proj_${i}`)
    const args = ["list", "ft:a", "--fake", "--seed-file", yield* file(JSON.stringify({ "ft:a": projects }))]
    const { stderr, stdout } = yield* cli(args, { terminal: true })
    assert.include(stderr, "230 permissions on 3 pages\n")
    assert.strictEqual(stdout.trimEnd().split("\n").length, 231)
    assert.strictEqual((yield* cli(args)).stderr, "")
  })

  scoped("escapes control characters in a table and in JSON", function* () {
    const hostile = "proj_\u202egpj.\u200b\u2028\u{e0041}"
    const seed = yield* file(JSON.stringify({ "ft:a": [hostile] }))
    const args = ["list", "ft:a", "--fake", "--seed-file", seed]
    const table = yield* cli(args, { terminal: true })
    assert.include(table.stdout, "proj_\\u202egpj.\\u200b\\u2028\\u{e0041}")
    const lines = yield* cli([...args, "--json"])
    assert.notMatch(lines.stdout.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}]/u)
    assert.strictEqual(jsonLines(lines.stdout)[0]?.project, hostile)
  })
  scopedWith(
    "exits with 4 when the listing repeats a cursor",
    Emulator.layer({ seed: { "ft:a": Array.from({ length: 250 }, (_, i) => `proj_${i}`) } }),
    function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.inject(Faults.page("repeated-cursor"), { operation: "list", times: 9 })
      const env = { OPENAI_ADMIN_KEY: "sk-admin", OPENAI_BASE_URL: baseUrl }
      const { stderr, stdout } = yield* exits(4, cli(["list", "ft:a", "--json"], { env }))
      assert.isAbove(jsonLines(stdout).length, 0)
      assert.match(stderr, /incomplete after \d+ permissions.*; resume after cp_/)
    }
  )

  scopedWith(
    "sends organization, project and key of variables and a file",
    Emulator.layer({
      behavior: { keys: [{ key: "sk-admin-of-file", scopes: ["api.fine_tuning.checkpoints.read"] }] }
    }),
    function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const fake = yield* FakePermissions.FakePermissions
      const key = yield* file("sk-admin-of-file\n")
      const env = { OPENAI_ORG_ID: "org_env", OPENAI_PROJECT_ID: "proj_env", OPENAI_ADMIN_KEY: "sk-admin-of-env" }
      const options = ["--api-url", `${baseUrl}/`, "--admin-key-file", key, "--auth-header=api-key"]
      yield* exits(0, cli(["list", "ft:a", ...options], { env }))
      const [request] = yield* fake.requests
      assert.strictEqual(request?.headers["openai-organization"], "org_env")
      assert.strictEqual(request?.headers["openai-project"], "proj_env")
      assert.match(request?.headers["user-agent"] ?? "", /^checkpoint-permissions\/\d+\.\d+\.\d+$/)
      assert.strictEqual(request?.headers["api-key"], "<redacted>")
      assert.isUndefined(request?.headers["authorization"])
      assert.strictEqual(request?.status, 200)
    }
  )
})

describe("api", () => {
  scoped("list sends one request and prints the page unchanged", function* () {
    const page = yield* cli(["api", "list", "ft:a", "--fake", "--json", "--limit", "7", "--order=ascending"])
    assert.deepStrictEqual([page.code, page.stderr], [0, ""])
    const { data, ...rest } = JSON.parse(page.stdout)
    assert.strictEqual(data.length, 7)
    const last = "cp_000000000000000000000007"
    assert.deepStrictEqual(rest, {
      object: "list",
      first_id: "cp_000000000000000000000001",
      last_id: last,
      has_more: true
    })
    const table = yield* cli(["api", "list", "ft:a", "--fake", "--after", last, "--order", "ascending"])
    assert.match(table.stdout, /^PROJECT .*\nproj_008 /)
    assert.match(table.stderr, /^more permissions available: pass --after cp_0+17, or use list\n$/)
    const none = yield* cli(["api", "list", "ft:a", "--fake", "--project", "proj_none"])
    assert.deepStrictEqual(none, { code: 0, stdout: "", stderr: "ft:a has no permissions on this page\n" })
  })
})

describe("create and delete", () => {
  scoped("print the created and deleted permissions", function* () {
    const table = yield* exits(0, cli(["api", "create", "ft:a", "proj_x", "proj_y", "--fake"]))
    assert.match(table.stdout, /^PROJECT {2}GRANTED .* PERMISSION\nproj_x {2}.*\nproj_y {2}.*\n$/)
    const lines = yield* cli(["api", "create", "--fake", "--json", "ft:a", "proj_x"])
    assert.deepStrictEqual(
      jsonLines(lines.stdout).map(({ object, project_id }) => [object, project_id]),
      [["checkpoint.permission", "proj_x"]]
    )
    const id = "cp_000000000000000000000003"
    assert.strictEqual((yield* cli(["api", "delete", "ft:a", id, "--fake"])).stdout, `deleted ${id}\n`)
    assert.deepStrictEqual(jsonLines((yield* cli(["api", "delete", "ft:a", id, "--fake", "--json"])).stdout), [
      { id, object: "checkpoint.permission", deleted: true }
    ])
  })
})

describe("seed file", () => {
  const mistakes: ReadonlyArray<readonly [text: string, says: string]> = [
    ["{oops", " is not JSON: "],
    ['{"ft:a": "proj_a"}', ': seed["ft:a"]: expected a list of project ids, got "proj_a"'],
    ['{"ft:a": [{"project": "proj_a"}]}', ': seed["ft:a"][0].project: no such setting; did you mean project_id?'],
    ['{"organization": {"jobs": [{"id": ""}]}}', ": seed.organization.jobs[0]."]
  ]

  it.effect.each(mistakes)("%s is refused by file and place", ([text, says]) =>
    Effect.gen(function* () {
      const seed = yield* file(text)
      for (const args of [["emulator"], ["list", "ft:a", "--fake"]]) {
        const { stderr, stdout } = yield* exits(2, cli([...args, "--seed-file", seed]))
        assert.strictEqual(stdout, "")
        assert.include(stderr, `checkpoint-permissions: seed file ${JSON.stringify(seed)}${says}`)
        assert.match(stderr, /^[^\n]*\n$/)
      }
    }).pipe(Effect.scoped)
  )
})
