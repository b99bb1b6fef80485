import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { normal, notRun, pages, read, rerun } from "./support/sessions.ts"

describe.concurrent("the sessions of", () => {
  it("every page are run, except those with a reason on their fence", () => {
    assert.includeMembers(
      [...pages],
      ["README.md", "docs/access-as-code.md", "docs/command-line.md", "docs/emulator.md"]
    )
    assert.deepStrictEqual(notRun, [
      "docs/access-reviews.md: in another terminal",
      "docs/command-line.md: in another terminal",
      "docs/emulator.md: needs pytest",
      "docs/emulator.md: in another terminal",
      "docs/listing-everything.md: needs a key of OpenAI",
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
