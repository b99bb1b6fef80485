import { assert, describe, it } from "vitest"
import { presets, run } from "../playground/run.ts"

describe("the playground", () => {
  it("comes through every preset by the rules of the library", async () => {
    for (const preset of presets) {
      for (const task of ["list", "apply"] as const) {
        const { isDone, text } = await run({ task, preset, quota: "preset", manner: "adaptive" })
        assert.isTrue(isDone, `${task} on ${preset}: ${text}`)
      }
    }
  })

  it("shows that two quick retries do not get past a quota of ten a minute, and that the pace does", async () => {
    const choice = { task: "list", preset: "none", quota: "10" } as const
    const simple = await run({ ...choice, manner: "simple" })
    const adaptive = await run({ ...choice, manner: "adaptive" })
    assert.isFalse(simple.isDone)
    assert.include(simple.text, "resume after")
    assert.strictEqual(adaptive.text, "2,000 permissions were listed.")
    assert.isAtLeast(Math.max(...adaptive.sent.map(({ end }) => end)), 60_000)
  })

  it("comes to the same each time", async () => {
    const choice = { task: "apply", preset: "flaky", quota: "10", manner: "adaptive" } as const
    assert.deepStrictEqual(await run(choice), await run(choice))
  })
})
