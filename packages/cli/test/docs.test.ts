import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { normal, read, rerun } from "./support/sessions.ts"

describe.concurrent("the sessions of", () => {
  it.live.each(["command-line.md", "emulator.md"])("%s print the output on the page", (name) =>
    Effect.gen(function* () {
      const { page, shown } = read(name)
      assert.isAbove(shown.length, 2)
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
