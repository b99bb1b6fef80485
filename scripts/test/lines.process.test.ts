import { assert, describe, it } from "vitest"
import { budgets } from "../lines/budgets.ts"
import { count, linesOf, sumOf } from "../lines/count.ts"

describe("lines", () => {
  const { guides, modules, sources } = count()
  const sums = sumOf(modules)

  it.each([
    ["code of the products", sums.sources, budgets.sources],
    ["code of the tests", sums.tests, budgets.tests],
    ["guides", guides, budgets.guides]
  ])("%s: %i lines, at most %i", (name, found, budget) => {
    assert.isAtMost(
      found,
      budget,
      `${name}: a feature names what it replaces. Take lines away; only a decision in docs/decisions raises a budget.`
    )
  })

  it("no source file is too long", () => {
    assert.isAbove(sources.length, 0)
    assert.deepStrictEqual(
      sources.filter(({ lines }) => lines > budgets.longestFile),
      []
    )
  })

  it.each([
    ["x.ts", "/** A. */\nconst a = `b\n\nc` // d\n\n// e\n", { code: 2, comments: 2 }],
    ["x.mjs", "/*\n * A.\n */\nexport const a = /[/*]/\n", { code: 1, comments: 3 }],
    ["x.css", "/* a */\na {\n\n}\n", { code: 2, comments: 1 }],
    ["x.html", "<!-- a\n-->\n<p>\n", { code: 1, comments: 2 }],
    ["x.js", "#!/usr/bin/env node\n`/*`\n", { code: 1, comments: 1 }],
    ["x.sh", "#!/bin/sh\n# a\necho a # b\n", { code: 1, comments: 2 }],
    ["x.json", "{}\n", { code: 0, comments: 0 }]
  ])("counts %s: %j", (name, text, lines) => {
    assert.deepStrictEqual(linesOf(name, text), lines)
  })
})
