import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { root } from "../snippets.ts"
import { messages } from "./support/messages.ts"

const rows = Array.from(
  readFileSync(join(root, "docs/errors.md"), "utf8").matchAll(/^\| (`.+?`) \| (?:([\d, ]+) \|)?/gm),
  ([, texts = "", codes]) => ({
    texts: Array.from(texts.matchAll(/(`+)(.+?)\1(?!`)/g), ([, , text = ""]) => text),
    codes: codes?.split(", ")
  })
)
const listed = rows.flatMap(({ texts }) => texts)

/** A remedy in a message: a clause in the imperative, the expected value, or the two options of which one is too many. */
const remedy =
  /(?:^|[:;.] |, or |, then )(?:add|advance|allow|check|commit|copy|correct|fetch|free|install|keep|leave|list|make|name|pass|remove|review the|run|set|trim|try|unset|use|write)\b|\bread … again|did you mean|expected |cannot be combined with|--\w+ requires --|a saved plan$|must be different/i

it("each message has its remedy, or is on the page of messages", () => {
  const known = new Set(listed)
  assert.deepStrictEqual(
    messages
      .filter(({ text }) => !remedy.test(text) && !known.has(text))
      .map(({ origin, text }) => `${origin}: ${text}`),
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
  const codes = new Map(rows.flatMap((row) => row.texts.map((text) => [text, row.codes] as const)))
  const wrong = messages.filter(
    ({ code, origin, text }) =>
      code !== undefined && origin.startsWith("packages/cli/") && codes.get(text)?.includes(code) === false
  )
  assert.deepStrictEqual(wrong, [])
})
