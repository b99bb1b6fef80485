import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { root } from "../snippets.ts"
import { messages } from "./support/messages.ts"

const listed = Array.from(
  readFileSync(join(root, "docs/errors.md"), "utf8").matchAll(/^\| `([^`]+)` \|/gm),
  ([, text = ""]) => text
)

it("every error message of the sources is on its page", () => {
  const known = new Set(listed)
  assert.deepStrictEqual(
    messages.filter(({ text }) => !known.has(text)).map(({ origin, text }) => `${origin}: ${text}`),
    []
  )
})

it("every error message on its page is in the sources, and there once", () => {
  const present = new Set(messages.map(({ text }) => text))
  assert.deepStrictEqual(
    listed.filter((text) => !present.has(text)),
    []
  )
  assert.strictEqual(new Set(listed).size, listed.length)
})

it("the exit code beside a message is that of its error", () => {
  const page = readFileSync(join(root, "docs/errors.md"), "utf8")
  const codes = new Map(
    Array.from(page.matchAll(/^\| `([^`]+)` \| ([\d, ]+) \|/gm), ([, text = "", code = ""]) => [text, code.split(", ")])
  )
  const wrong = messages.filter(
    ({ code, origin, text }) =>
      code !== undefined && origin.startsWith("packages/cli/") && !(codes.get(text) ?? []).includes(code)
  )
  assert.deepStrictEqual(wrong, [])
})
