import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { checkpoint, received } from "../src/commands/demo.ts"
import { begin, cli, exits } from "./support/inProcess.ts"
import { silentScreen } from "./support/screen.ts"

describe("demo", () => {
  it.live("shows its three parts in at most 60 lines of at most 80 columns, whatever is set for real servers", () =>
    Effect.gen(function* () {
      const env = { CHECKPOINT_PERMISSIONS_RATE: "1/h", OPENAI_BASE_URL: "http://127.0.0.1:1/v1" }
      const { code, stdout } = yield* VirtualClock.run(cli(["demo"], { env }))
      assert.strictEqual(code, 0)
      const [, page = ""] = /^ {2}(\S*audit\.html)$/m.exec(stdout) ?? []
      assert.include(readFileSync(page, "utf8"), "proj_papers")
      rmSync(dirname(page), { recursive: true })
      const lines = stdout.trimEnd().split("\n")
      assert.isAtMost(lines.length, 60)
      assert.deepStrictEqual(
        lines.filter((line) => line.length > 80 && !line.includes(page)),
        []
      )
      const [first = "", second = ""] = stdout.split("The server received:\n").slice(1)
      const of = (part: string) => Array.from(part.matchAll(/^ {2}\d\.\d\d s {2}\w+ +(.*)$/gm), ([, line]) => line)
      const faults = ["list    502", "list    200", "create  executed, reply lost"]
      const limited = "list    429, retry after 2 s"
      assert.deepStrictEqual(of(first), [...faults, limited, "list    200", "list    200", "list    200"])
      assert.deepStrictEqual(of(second), [...faults, "create  200", limited, "list    200"])
      assert.include(first, "✓ 3 permissions: proj_ads, proj_legal, proj_search\n")
      assert.include(second, "✗ 4 permissions: proj_ads, proj_legal, proj_search, proj_search\n")
      assert.include(second, "1 to grant, 1 to revoke, 2 unchanged\n")
      assert.include(second, "1 granted, 1 revoked\n")
    })
  )

  it("shows the program that it runs, which is that of the README", () => {
    const read = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8")
    const source = read("../src/commands/demo.ts").replaceAll("\\", "")
    const [, text = ""] = /const text = `\n([\s\S]*?)`\n\n/.exec(source) ?? []
    assert.lengthOf(text.trimEnd().split("\n"), 5)
    assert.lengthOf(source.split(text), 3)
    assert.include(read("../../../README.md"), text)
  })

  it.effect("prints the requests and the permissions that its server has recorded", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const create = CheckpointPermissions.create(checkpoint, ["proj_a"])
      yield* Effect.ignore(create)
      yield* Effect.all([CheckpointPermissions.list(checkpoint), create])
      let text = ""
      const screen = silentScreen([], (line) => {
        text += line
      })
      assert.isFalse(yield* Effect.provide(received, screen))
      const requests = yield* fake.requests
      assert.deepStrictEqual(
        text.match(/^ {2}\d.*/gm),
        requests.map(
          ({ method, operation, status }) =>
            `  0.00 s  ${method.padEnd(5)} ${operation?.padEnd(7)} ${status ?? "executed, reply lost"}`
        )
      )
      assert.include(text, `${(yield* fake.projects(checkpoint)).join(", ")}\n`)
    }).pipe(
      Effect.provide(
        CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") }).pipe(
          Layer.provideMerge(
            FakePermissions.layer({ behavior: { regrant: "second" }, faults: Faults.scripted([Faults.dropAfter()]) })
          )
        )
      )
    )
  )

  it.live("exits with the code of a signal, and leaves no files", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "demo-"))
      vi.stubEnv("TMPDIR", folder)
      const demo = yield* begin(["demo"])
      yield* demo.says("It prints:")
      yield* demo.signal("SIGINT")
      yield* exits(130, demo.outcome)
      assert.isEmpty(readdirSync(folder).filter((name) => name.startsWith("demo-")))
      rmSync(folder, { recursive: true })
    }).pipe(Effect.ensuring(Effect.sync(vi.unstubAllEnvs)), Effect.scoped)
  )
})
