/** Compares the guides for applications with each other and with the examples. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { root, snippets } from "../snippets.ts"
import { forEffect4 } from "../versions.ts"

const read = (path: string): string => readFileSync(join(root, path), "utf8")
const page = read("docs/in-an-application.md")

it("a block that shows a listing shows all of it, or says that it is one page", () => {
  const shown = snippets.filter(
    ({ code, origin }) =>
      /^(docs|README|packages\/\w+\/README)/.test(origin) && /ermissions\.list\(/.test(code) && /\bdata\b/.test(code)
  )
  assert.isAbove(shown.length, 1)
  assert.deepStrictEqual(
    shown.filter(({ code }) => !/\bpage\b/.test(code)).map(({ origin }) => origin),
    []
  )
})

it("the page shows the replies to errors of the applications, which are the same", () => {
  const replies = read("examples/access-service/src/HttpErrors.ts")
  assert.include(page, `\`\`\`ts both\n${replies}\`\`\`\n`)
  const translated = read("examples/access-service-effect4/src/HttpErrors.ts")
  assert.strictEqual(translated, forEffect4(replies))
})
