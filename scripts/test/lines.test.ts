import { assert, describe, it } from "vitest"
import { budgets } from "../lines/budgets.ts"
import { count, linesOf } from "../lines/count.ts"

describe("lines", () => {
  const { guides, modules, sources } = count()

  it("every module has a budget", () => {
    assert.sameMembers(Object.keys(modules), Object.keys(budgets.modules))
  })

  it.each(Object.entries(budgets.modules))("%s is within its budget", (name, budget) => {
    for (const column of ["src", "comments", "tests"] as const) {
      const found = modules[name]?.[column] ?? 0
      assert.isAtMost(
        found,
        budget[column],
        `${name}, ${column}: ${found} lines are more than the budget of ${budget[column]}: take some away, or say why in scripts/lines/budgets.ts`
      )
    }
  })

  it.each(Object.entries(budgets.files))("%s has no more than %i source files", (name, budget) => {
    const files = sources.filter(({ module }) => module === name)
    assert.isAbove(files.length, 0, `${name}: no such module: take its budget away`)
    assert.isAtMost(files.length, budget, `${name}: merge files that are read together`)
  })

  it("every source file has a budget, and none is too long", () => {
    assert.deepStrictEqual(
      sources.filter(({ module }) => budgets.files[module] === undefined),
      []
    )
    assert.deepStrictEqual(
      sources.filter(({ lines }) => lines > budgets.longestFile),
      []
    )
  })

  it("guides are within theirs", () => {
    assert.isAtMost(guides, budgets.guides, "guides: take lines away, or say why in scripts/lines/budgets.ts")
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
