import { assert, describe, it } from "vitest"

describe("the guard of words", async () => {
  const { problemsOf } = await import(new URL("../words/check.mjs", import.meta.url).href)
  const retired = new Set(["settleDoubles"])

  it.each([
    ["/** What it is. */", [1]],
    ["/**\n * Whose it is.\n */\nexport const x = 1", [2]],
    ["interface X {\n  /** Those of a page. */\n  readonly y: string\n}", [2]],
    ["const x = settleDoubles()\nsettleDoubles()", [1, 2]],
    ["/** Returns what it is. Whatever it is. */\nconst resettleDoubles = 1 // What", []]
  ])("%s: %o", (text, lines) => {
    assert.deepStrictEqual(
      problemsOf(text, retired).map(({ line }: { readonly line: number }) => line),
      lines
    )
  })
})
