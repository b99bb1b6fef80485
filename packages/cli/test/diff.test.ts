import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"
import { folder } from "./support/world.ts"

/** Two audits of ft:a on the fake server, the newer one changed as told. */
const compared = (change: (newer: string) => string, args: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const home = yield* folder
    yield* cli(["audit", "ft:a", "--fake", "--json", "--out", `${home.path}/old.json`])
    home.write("new.json", change(home.read("old.json")))
    return yield* cli(["diff", `${home.path}/old.json`, `${home.path}/new.json`, ...args])
  }).pipe(Effect.scoped)

const other = (text: string) => text.replaceAll("proj_001", "proj_new")
const cut = (text: string) => text.replace('"complete":true', '"complete":false,"reason":"stopped"')

describe("diff", () => {
  it.effect.each([[], ["--json"], ["--format", "markdown"]])("of the same audit %j exits with 0", (args) =>
    Effect.gen(function* () {
      const { code, stdout } = yield* compared((text) => text, args)
      assert.strictEqual(code, 0)
      assert.isAbove(stdout.length, 0)
    })
  )

  it.effect.each([[], ["--json"], ["--format", "markdown"]])(
    "of different audits %j exits with 3 and names the difference",
    (args) =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* compared(other, args)
        assert.strictEqual(code, 3, stderr)
        for (const project of ["proj_001", "proj_new"]) assert.include(stdout, project)
      })
  )

  scoped("exits with 4 if something is unknown, whatever differs", function* () {
    const { code, stderr } = yield* compared((text) => cut(other(text)))
    assert.strictEqual(code, 4)
    assert.include(stderr, "diff: 1 checkpoint incomplete in at least one audit")
  })

  scoped("refuses audits of two servers and other documents", function* () {
    const elsewhere = yield* compared((text) => text.replace("fake.invalid", "example.com"))
    assert.strictEqual(elsewhere.code, 2)
    assert.include(elsewhere.stderr, "cannot be compared")
    const none = yield* compared(() => "{}")
    assert.strictEqual(none.code, 2)
    assert.include(none.stderr, "new.json")
  })
})
