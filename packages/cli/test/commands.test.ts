import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli } from "./support/inProcess.ts"

const json = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

/** A file of that text, gone afterwards. */
const file = (text: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* fs.makeTempFileScoped()
    yield* fs.writeFileString(path, text)
    return path
  }).pipe(Effect.provide(NodeContext.layer), Effect.orDie)

describe("list", () => {
  it.effect("prints a table of all pages", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["list", "ft:a", "--fake"])
      assert.strictEqual(code, 0)
      assert.strictEqual(stderr, "")
      const lines = stdout.trimEnd().split("\n")
      assert.strictEqual(lines.length, 26)
      assert.strictEqual(lines[0], "PROJECT   GRANTED               PERMISSION")
      assert.strictEqual(lines[1], "proj_025  2026-01-02T00:00:00Z  cp_000000000000000000000025")
      assert.strictEqual(lines[25], "proj_001  2026-01-01T00:00:00Z  cp_000000000000000000000001")
      const seed = yield* file(JSON.stringify({ "ft:a": Array.from({ length: 230 }, (_, i) => `proj_${i}`) }))
      const pages = yield* cli(["list", "ft:a", "--fake", "--seed-file", seed], { terminal: true })
      assert.include(pages.stderr, "230 permissions on 3 pages\n")
      assert.strictEqual(pages.stdout.trimEnd().split("\n").length, 231)
    }).pipe(Effect.scoped)
  )

  it.effect("prints what the API gives with --json, one permission a line", () =>
    Effect.gen(function* () {
      const { stdout } = yield* cli(["list", "--json", "ft:a", "--fake"])
      const permissions = json(stdout)
      assert.strictEqual(permissions.length, 25)
      assert.deepStrictEqual(permissions.at(-1), {
        id: "cp_000000000000000000000001",
        created_at: 1_767_225_600,
        object: "checkpoint.permission",
        project_id: "proj_001"
      })
    })
  )

  it.effect("passes filter and cursor on", () =>
    Effect.gen(function* () {
      const one = yield* cli(["list", "ft:a", "--fake", "--json", "--project", "proj_007"])
      assert.deepStrictEqual(
        json(one.stdout).map(({ project_id }) => project_id),
        ["proj_007"]
      )
      const rest = yield* cli(["list", "ft:a", "--fake", "--json", "--after", "cp_000000000000000000000003"])
      assert.deepStrictEqual(
        json(rest.stdout).map(({ project_id }) => project_id),
        ["proj_002", "proj_001"]
      )
    })
  )

  it.effect("shows what would act on a terminal spelt out, in a table and in JSON", () =>
    Effect.gen(function* () {
      const hostile = "proj_\u202egpj.\u200b\u2028\u{e0041}"
      const seed = yield* file(JSON.stringify({ "ft:a": [hostile] }))
      const args = ["list", "ft:a", "--fake", "--seed-file", seed]
      const table = yield* cli(args, { terminal: true })
      assert.include(table.stdout, "proj_\\u202egpj.\\u200b\\u2028\\u{e0041}")
      const lines = yield* cli([...args, "--json"])
      assert.notMatch(lines.stdout.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}]/u)
      assert.strictEqual(json(lines.stdout)[0]?.["project_id"], hostile)
    }).pipe(Effect.scoped)
  )

  it.effect("tells people how many there are, at a terminal only", () =>
    Effect.gen(function* () {
      const args = ["list", "ft:a", "--fake"]
      assert.include((yield* cli(args, { terminal: true })).stderr, "25 permissions on 1 page\n")
      assert.strictEqual((yield* cli(args)).stderr, "")
      const seed = yield* file("{}")
      const none = yield* cli(["list", "ft:a", "--fake", "--seed-file", seed], { terminal: true })
      assert.strictEqual(none.stdout, "")
      assert.include(none.stderr, "ft:a has no permissions\n")
    }).pipe(Effect.scoped)
  )

  it.effect("ends quietly when its reader has gone, and says so when the disk is full", () =>
    Effect.gen(function* () {
      const args = ["list", "ft:a", "--fake"]
      const gone = yield* cli(args, { closed: Object.assign(new Error("write EPIPE"), { code: "EPIPE" }) })
      assert.deepStrictEqual(gone, { code: 0, stdout: "", stderr: "" })
      const full = yield* cli(args, { closed: Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" }) })
      assert.strictEqual(full.code, 1)
      assert.strictEqual(full.stderr, "checkpoint-permissions: standard output cannot be written: ENOSPC\n")
    })
  )

  it.scoped("exits with 4 when the listing cannot be trusted", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.inject(Faults.page("repeated-cursor"), { operation: "list", times: 9 })
      const env = { OPENAI_ADMIN_KEY: "sk-admin", OPENAI_BASE_URL: baseUrl }
      const { code, stderr, stdout } = yield* cli(["list", "ft:a", "--json"], { env })
      assert.strictEqual(code, 4)
      assert.isAbove(json(stdout).length, 0)
      assert.match(stderr, /cannot be trusted after \d+ permissions.*; resume after cp_/)
    }).pipe(Effect.provide(Emulator.layer({ seed: { "ft:a": Array.from({ length: 250 }, (_, i) => `proj_${i}`) } })))
  )

  it.scoped("sends organization, project and key as it is told, and the key out of a file", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const fake = yield* FakePermissions.FakePermissions
      const key = yield* file("sk-admin-of-file\n")
      const env = { OPENAI_ORG_ID: "org_env", OPENAI_PROJECT_ID: "proj_env", OPENAI_ADMIN_KEY: "sk-admin-of-env" }
      const options = ["--api-url", `${baseUrl}/`, "--admin-key-file", key, "--auth-header=api-key"]
      const { code } = yield* cli(["list", "ft:a", ...options, "--openai-project", "proj_option"], { env })
      assert.strictEqual(code, 0)
      const [request] = yield* fake.requests
      assert.strictEqual(request?.headers["openai-organization"], "org_env")
      assert.strictEqual(request?.headers["openai-project"], "proj_option")
      assert.strictEqual(request?.headers["api-key"], "<redacted>")
      assert.isUndefined(request?.headers["authorization"])
      assert.strictEqual(request?.status, 200)
    }).pipe(
      Effect.provide(
        Emulator.layer({
          behavior: { keys: [{ key: "sk-admin-of-file", scopes: ["api.fine_tuning.checkpoints.read"] }] }
        })
      )
    )
  )
})

describe("api", () => {
  it.effect("list is one request: one page, as the API answers it", () =>
    Effect.gen(function* () {
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
      assert.match(table.stderr, /^there are more: pass --after cp_0+17, or list, which asks for all pages\n$/)
      const none = yield* cli(["api", "list", "ft:a", "--fake", "--project", "proj_none"])
      assert.deepStrictEqual(none, { code: 0, stdout: "", stderr: "ft:a has no permissions on this page\n" })
    })
  )

  it.effect("create and delete show their request with --dry-run, and send none", () =>
    Effect.gen(function* () {
      const env = { OPENAI_BASE_URL: "http://127.0.0.1:9/v1" }
      const create = yield* cli(["api", "create", "ft:a", "proj_x", "proj_y", "--dry-run"], { env })
      assert.deepStrictEqual(create, {
        code: 0,
        stdout:
          'POST http://127.0.0.1:9/v1/fine_tuning/checkpoints/ft%3Aa/permissions\n{"project_ids":["proj_x","proj_y"]}\n',
        stderr: ""
      })
      const remove = yield* cli(["api", "delete", "ft:a", "cp_1", "--dry-run"], { env })
      assert.strictEqual(
        remove.stdout,
        "DELETE http://127.0.0.1:9/v1/fine_tuning/checkpoints/ft%3Aa/permissions/cp_1\n"
      )
    })
  )
})

describe("create and delete", () => {
  it.effect("print what was made, and what was taken away", () =>
    Effect.gen(function* () {
      const table = yield* cli(["api", "create", "ft:a", "proj_x", "proj_y", "--fake"])
      assert.strictEqual(table.code, 0)
      assert.match(table.stdout, /^PROJECT {2}GRANTED .* PERMISSION\nproj_x {2}.*\nproj_y {2}.*\n$/)
      const lines = yield* cli(["api", "create", "--fake", "--json", "ft:a", "proj_x"])
      assert.deepStrictEqual(
        json(lines.stdout).map(({ object, project_id }) => [object, project_id]),
        [["checkpoint.permission", "proj_x"]]
      )
      const id = "cp_000000000000000000000003"
      assert.strictEqual((yield* cli(["api", "delete", "ft:a", id, "--fake"])).stdout, `deleted ${id}\n`)
      assert.deepStrictEqual(json((yield* cli(["api", "delete", "ft:a", id, "--fake", "--json"])).stdout), [
        { id, object: "checkpoint.permission", deleted: true }
      ])
    })
  )

  it.effect("fail with 1 when the server refuses", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["api", "delete", "ft:a", "cp_none", "--fake", "--json"])
      assert.strictEqual(code, 1)
      assert.strictEqual(stdout, "")
      assert.match(stderr, /^checkpoint-permissions: delete ft:a: no such permission or checkpoint: [^\n]*\n$/)
    })
  )
})

describe("seed file", () => {
  const mistakes: ReadonlyArray<readonly [text: string, says: string]> = [
    ["{oops", " is not JSON: "],
    ["", " is not JSON: "],
    ["[]", ": seed: expected an object from checkpoint to a list of projects, got a list"],
    ['{"ft:a": "proj_a"}', ': seed["ft:a"]: expected a list of project ids, got "proj_a"'],
    ['{"ft:a": ["proj_a", 3]}', ': seed["ft:a"][1]: expected a project id, or an object with project_id, got 3'],
    ['{"ft:a": ["proj_a", ""]}', ': seed["ft:a"][1]: the project id is empty'],
    ['{"ft:a": [{"project": "proj_a"}]}', ': seed["ft:a"][0].project: no such setting; did you mean project_id?'],
    ['{"ftckpt_a": ["proj_a"]}', ': seed["ftckpt_a"]: a job checkpoint\'s own id'],
    ['{"ft:a": [], "": []}', ': seed[""]: the checkpoint id is empty'],
    ['{"organization": {"jobs": [{"id": ""}]}}', ": seed.organization.jobs[0]."]
  ]

  it.effect.each(mistakes)("%s is refused by file and place", ([text, says]) =>
    Effect.gen(function* () {
      const seed = yield* file(text)
      for (const args of [["emulator"], ["list", "ft:a", "--fake"]]) {
        const { code, stderr, stdout } = yield* cli([...args, "--seed-file", seed])
        assert.strictEqual(code, 2)
        assert.strictEqual(stdout, "")
        assert.include(stderr, `checkpoint-permissions: seed file ${JSON.stringify(seed)}${says}`)
        assert.match(stderr, /^[^\n]*\n$/)
      }
    }).pipe(Effect.scoped)
  )
})
