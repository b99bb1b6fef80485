import { spawnSync } from "node:child_process"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { exits } from "./support/inProcess.ts"
import { normal, notRun, pages, read, rerun } from "./support/sessions.ts"
import { test } from "./support/test.ts"
import { world } from "./support/world.ts"

describe.concurrent("the sessions of", () => {
  it("every page are run, except those with a reason on their fence", () => {
    assert.includeMembers([...pages], ["docs/access-as-code.md", "docs/command-line.md", "docs/emulator.md"])
    assert.deepStrictEqual(notRun, [
      "docs/access-reviews.md: needs project keys",
      "docs/access-reviews.md: in another terminal",
      "docs/command-line.md: in another terminal",
      "docs/emulator.md: needs pytest",
      "docs/emulator.md: in another terminal",
      "docs/plan-and-apply.md: has a digest of another plan",
      "docs/revoking-everywhere.md: asks at a terminal"
    ])
  })

  it.live.each(pages)("%s succeed, and print the output on the page", (name) =>
    Effect.gen(function* () {
      const { page, shown } = read(name)
      const printed = yield* rerun(page, shown)
      // Checkpoints are worked on at the same time: their steps come in any order.
      const sorted = (output: string) => normal(output).split("\n").sort()
      assert.deepStrictEqual(
        printed.map(({ code, text }, i) => {
          const { command, output } = shown[i] ?? {}
          // 3 is a difference, which a page may show
          const failure = code === 0 || code === 3 ? [] : [`exit code ${code}`, text]
          return [command, ...(output === undefined ? failure : sorted(text))]
        }),
        shown.map(({ command, output }) => [command, ...(output === undefined ? [] : sorted(output))])
      )
    })
  )
})

describe("two audits", () => {
  const [, command = ""] = /## Compare two audits\n[^#]*?`(diff .*?)`/.exec(read("docs/auditing.md").page) ?? []
  const server = Emulator.layer({ seed: { "ft:a": ["proj_a"], "ft:b": ["proj_old"] } })

  test("differ in the lines of changed access alone, by the command of the guide", server, function* () {
    const { cli, home } = yield* world
    const compare = () => spawnSync("bash", ["-c", command], { cwd: home.path, encoding: "utf8" })
    const audit = ["audit", "ft:a", "ft:b"]
    const lines = (yield* exits(0, cli(audit))).stdout
    home.write("yesterday", lines.replaceAll(/\S+$/gm, "2026-01-01T00:00:00Z"))
    home.write("today", lines)
    assert.notStrictEqual(home.read("yesterday"), home.read("today"))
    const same = compare()
    assert.deepStrictEqual([same.status, same.stdout, same.stderr], [0, "", ""])
    yield* exits(0, cli(["revoke", "ft:b", "proj_old"]))
    home.write("today", (yield* exits(0, cli(audit))).stdout)
    const { status, stdout } = compare()
    assert.strictEqual(status, 1)
    assert.match(stdout, /^2d1\n< ft:b\tproj_old\t\tyes\t[^\n]*\n$/)
  })
})
