/** Compares the guides for applications with each other and with the examples. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { root, snippets } from "../snippets.ts"

const read = (path: string): string => readFileSync(join(root, path), "utf8")
const page = read("docs/in-an-application.md")

const table = Array.from(page.matchAll(/^\| ((?:`\w+Error`(?:, )?)+) \| (\d+)/gm)).flatMap(([, names = "", status]) =>
  Array.from(names.matchAll(/\w+Error/g), ([name]) => `${name}: ${status}`)
)

it("a block that shows a listing shows all of it, or says that it is one page", () => {
  const shown = snippets.filter(
    ({ code, origin }) =>
      /^(docs|README|packages\/\w+\/README)/.test(origin) && /ermissions\.list\(/.test(code) && /\bdata\b/.test(code)
  )
  assert.isAbove(shown.length, 2)
  assert.deepStrictEqual(
    shown.filter(({ code }) => !/\bpage\b/.test(code)).map(({ origin }) => origin),
    []
  )
})

it("the test of a server has the statuses of the table", () => {
  assert.lengthOf(table, 14)
  const [, block = ""] = page.split("const statusOf = ")
  const [record = ""] = block.split(" as const")
  assert.sameMembers(
    Array.from(record.matchAll(/\w+Error: \d+/g), ([entry]) => entry),
    table
  )
})

it.each(["access-service", "access-service-effect4"])("%s replies 503 to the same errors", (name) => {
  const [, set = ""] = read(`examples/${name}/src/Http.ts`).split("new Set([")
  const [names = ""] = set.split("]")
  const passing = table.filter((entry) => entry.endsWith(": 503")).map((entry) => entry.slice(0, -": 503".length))
  assert.sameMembers(
    Array.from(names.matchAll(/\w+Error/g), ([entry]) => entry),
    passing
  )
})
