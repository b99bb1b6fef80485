// cspell:ignore manieth
import { assert, describe, it } from "vitest"

describe("the guard of words", async () => {
  const { problemsOf } = await import(new URL("../words/check.mjs", import.meta.url).href)
  const retired = new Set(["settleDoubles"])

  it.each([
    ["/** What it is. */", [1]],
    ["/**\n * Whose it is.\n */\nexport const x = 1", [2]],
    ["interface X {\n  /** Those of a page. */\n  readonly y: string\n}", [2]],
    ["const x = settleDoubles()\nsettleDoubles()", [1, 2]],
    ["a:\n  # What it is.\n  # Which it is.\nb: 1", [2]],
    ["x()\n// Of several lines, of which a later one begins with\n// What it is.\n", []],
    ["const x = 1 // What it is", []],
    ['assert(x, "only who waits is let go")', [1]],
    ["/** It is told, in its so manieth turn. */", [1, 1]],
    ["// a grant that nobody asked for\n", [1]],
    ['const groups = { nobody: [], b: ["@nobody"] }', []],
    ["/** Returns what it is. Whatever it is. */\nconst resettleDoubles = 1 // What", []]
  ])("%s: %o", (text, lines) => {
    assert.deepStrictEqual(
      problemsOf(text, retired).map(({ line }: { readonly line: number }) => line),
      lines
    )
  })
})
