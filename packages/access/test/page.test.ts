import { createHash } from "node:crypto"
import { AccessMatrix } from "@checkpoint-permissions/access"
import { visible } from "@checkpoint-permissions/protocol/text"
import { assert, describe, it } from "vitest"
import { script } from "../src/internal/audit/pageScript.ts"
import { day, held, matrix } from "./support/audit.ts"
import * as hostile from "./support/hostile.ts"

const small = matrix(
  [
    { checkpoint: "ft:weather", access: held("proj_a 0", "proj_b 40", "proj_b 41"), owner: "proj_own" },
    { checkpoint: "ft:legal", unknown: "the server failed" }
  ],
  { names: { proj_a: "Search quality" }, organization: "org-acme" }
)

/** Returns the text of HTML without markup. */
const textOf = (html: string): string =>
  html.replace(/<[^>]*>/g, "").replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))

describe("the page of an audit", () => {
  it("allows nothing but its own script and style, by their hashes", () => {
    const page = AccessMatrix.toHtml(small)
    const [style = ""] = /(?<=<style>)[^<]*/.exec(page) ?? []
    const hash = (text: string) => createHash("sha256").update(text).digest("base64")
    const policies = [...page.matchAll(/http-equiv="Content-Security-Policy" content="([^"]*)"/g)]
    assert.deepStrictEqual(
      policies.map(([, policy]) => policy?.split("; ")),
      [
        [
          "default-src 'none'",
          `script-src 'sha256-${hash(script)}'`,
          `style-src 'sha256-${hash(style)}'`,
          "base-uri 'none'",
          "form-action 'none'",
          "require-trusted-types-for 'script'",
          "trusted-types 'none'"
        ]
      ]
    )
    assert.include(page, `<script>${script}</script>`)
    assert.notMatch(page.replace(script, ""), /\s(src|style|on\w+)=|href="[^#]|url\(/)
  })

  it("has a script of at most 80 lines", () => {
    const lines = script.split("\n").filter((line) => line !== "")
    assert.isAtMost(lines.length, 80)
    assert.isAtMost(Math.max(...lines.map((line) => line.length)), 120)
  })

  it("contains every text, and none of it as markup", () => {
    const shown = (n: number): string => hostile.hostile[n % hostile.hostile.length] ?? ""
    const given = matrix(
      hostile.ids.map((id, n) => ({
        checkpoint: id,
        access: hostile.ids.filter((_, at) => (at + n) % 3 === 0).map((project) => [project, day(n)] as const),
        ...(n % 4 === 0 ? { unknown: shown(n) } : {})
      })),
      { names: Object.fromEntries(hostile.ids.map((id, n) => [id, shown(n)])), organization: "</script><script>" }
    )
    const page = AccessMatrix.toHtml(given, { title: "</title><img src=x>\u202e", notes: hostile.hostile })
    const texts = textOf(page)
    for (const text of [...hostile.ids, ...hostile.hostile]) assert.include(texts, visible(text))
    assert.notMatch(page.replaceAll("\n", ""), hostile.unprintable)
    assert.include(page, "<title>&#60;/title&#62;&#60;img src=x&#62;\\u202e</title>")
    const names = [...page.replace(script, "").matchAll(/<\/?(\w+)/g)].map(([, name]) => name)
    assert.sameMembers(
      [...new Set(names)],
      "html head meta title style body h1 bdi p form label input select option a output h2 table thead tr th tbody td b mark section span div script".split(
        " "
      )
    )
  })

  it("has no empty tables if a review lists nothing", () => {
    const review = { day: "2026-08-01", dueBy: "2026-08-01", entries: 7 }
    const page = AccessMatrix.toHtml({ ...matrix([]), review })
    assert.include(page, "<p>No review of 7 checkpoints is due by 2026-08-01.</p>")
    assert.notInclude(page, "<table")
  })
})
