import { createHash } from "node:crypto"
import { AccessMatrix } from "@checkpoint-permissions/access"
import { invisible } from "@checkpoint-permissions/protocol/text"
import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import { script, style } from "#page"
import { dataOf } from "../src/internal/audit/page.ts"
import { day, held, matrix } from "./support/audit.ts"
import * as hostile from "./support/hostile.ts"

const small = matrix(
  [
    { checkpoint: "ft:weather", access: held("proj_a 0", "proj_b 40", "proj_b 41"), owner: "proj_own" },
    { checkpoint: "ft:legal", unknown: "the server failed" }
  ],
  { names: { proj_a: "Search quality" }, organization: "org-acme" }
)

const html = (of: AccessMatrix.AccessMatrix, title?: string): Promise<string> =>
  Effect.runPromise(AccessMatrix.toHtml(of, { title }))

const embedded = (html: string): string => /id="data">([^<]*)<\/script>/.exec(html)?.[1] ?? ""

describe("the page of an audit", () => {
  it("contains the matrix", () => {
    const readAt = Date.parse("2026-08-01T12:00:00Z") / 1000
    assert.deepStrictEqual(dataOf(small), {
      apiUrl: "https://api.openai.com/v1",
      organization: "org-acme",
      createdAt: readAt,
      projects: [
        ["proj_b", ""],
        ["proj_own", ""],
        ["proj_a", "Search quality"]
      ],
      checkpoints: [
        {
          id: "ft:weather",
          readAt,
          owner: 1,
          permissions: [
            [2, day(0), "cp_0"],
            [0, day(40), "cp_1"],
            [0, day(41), "cp_2"]
          ]
        },
        { id: "ft:legal", readAt, error: "the server failed", permissions: [] }
      ]
    })
  })

  it("allows nothing but its own script and style, by their hashes", async () => {
    const page = await html(small)
    const hash = (text: string) => createHash("sha256").update(text).digest("base64")
    const [policy, ...others] = [...page.matchAll(/http-equiv="Content-Security-Policy" content="([^"]*)"/g)]
    assert.isEmpty(others)
    assert.deepStrictEqual(policy?.[1]?.split("; "), [
      "default-src 'none'",
      `script-src 'sha256-${hash(script)}'`,
      `style-src 'sha256-${hash(style)}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'"
    ])
    assert.include(page, `<script>${script}</script>`)
    assert.include(page, `<style>${style}</style>`)
    assert.notMatch(page.replace(script, ""), /\s(src|href|style|on\w+)=|\{\{/)
  })

  it("contains every text, and none of it as markup", async () => {
    const given = matrix(
      hostile.ids.map((id, n) => ({
        checkpoint: id,
        access: hostile.ids.filter((_, at) => (at + n) % 3 === 0).map((project) => [project, day(n)] as const),
        ...(n % 4 === 0 ? { unknown: hostile.hostile[n % hostile.hostile.length] ?? "" } : {})
      })),
      {
        names: Object.fromEntries(hostile.ids.map((id, n) => [id, hostile.hostile[n % hostile.hostile.length] ?? ""])),
        organization: "</script><script>alert(2)</script>"
      }
    )
    const page = await html(given, "</title><img src=x>\u202e{{data}}$&")
    const data = embedded(page)
    assert.notMatch(data, /[<>&]/)
    assert.notMatch(data, hostile.unprintable)
    assert.deepStrictEqual(JSON.parse(data), JSON.parse(JSON.stringify(dataOf(given))))
    assert.include(page, "<title>&lt;/title&gt;&lt;img src=x&gt;\\u202e{{data}}$&amp;</title>")
    assert.strictEqual(page.split("<script").length - 1, 2 + (script.split("<script").length - 1))
  })

  it("escapes the same characters as all other output", () => {
    assert.include(script, `/${invisible.source}/${invisible.flags}`)
  })
})
