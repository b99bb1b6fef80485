import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { normal, notRun, pages, read, rerun } from "./support/sessions.ts"

describe.concurrent("the sessions of", () => {
  it("every guide are run, except those with a reason on their fence", () => {
    assert.includeMembers([...pages], ["access-as-code.md", "command-line.md", "emulator.md"])
    assert.deepStrictEqual(notRun, [])
  })

  it.live.each(pages)("%s print the output on the page", (name) =>
    Effect.gen(function* () {
      const { page, shown } = read(name)
      assert.isAbove(shown.length, 1)
      const printed = yield* rerun(page, shown)
      // Checkpoints are worked on at the same time: their steps come in any order.
      const sorted = (output: string) => normal(output).split("\n").sort()
      assert.deepStrictEqual(
        printed.map((output, i) => [shown[i]?.command, ...sorted(output)]),
        shown.map(({ command, output }) => [command, ...sorted(output)])
      )
    })
  )
})
