import { createMarkdownRenderer } from "vitepress"
import { assert, describe, it } from "vitest"
import { repository } from "../../tools/address.mjs"
import { links, siteLinks } from "../markdown/links.ts"
import { narrow } from "../markdown/narrow.ts"
import { tabs, translated } from "../markdown/tabs.ts"
import { root } from "../pages.ts"

const md = await createMarkdownRenderer(root, { config: (md) => void md.use(links).use(tabs).use(narrow) }, "/")
const html = (markdown: string): string =>
  md.render(markdown, { path: `${root}docs/server.md`, relativePath: "server.md" })
const fence = (info: string, code: string): string => `\`\`\`${info}\n${code}\n\`\`\`\n`

describe("tabs", () => {
  const titles = (text: string) => Array.from(text.matchAll(/data-title="([^"]*)"/g), ([, title]) => title)

  it("are made of the same program for Effect 3 and Effect 4, without the words between the two", () => {
    const text = html(
      [fence("ts run", "one()"), "On Effect 4:\n", fence("ts effect4 run", "two()"), "and on"].join("\n")
    )
    assert.deepStrictEqual(titles(text), ["Effect 3", "Effect 4"])
    assert.notInclude(text, "On Effect 4:")
    assert.include(text, "and on")
  })

  it("are made of one program for both, with the imports of each", () => {
    const text = html(fence("ts both run", 'import { Access } from "@checkpoint-permissions/access"'))
    assert.deepStrictEqual(titles(text), ["Effect 3", "Effect 4"])
    assert.include(text, "@checkpoint-permissions/access")
    assert.include(text, "@checkpoint-permissions/effect4")
  })

  it("mark no line of a block for Effect 4", () => {
    assert.notInclude(html(fence("ts effect4", "1\n2\n3\n4\n5")), "highlighted")
  })

  it("are made of what is installed or run with npm", () => {
    const text = html(fence("sh", "npm install x effect@3\nnpm install --save-dev y\nnpx @z/cli"))
    assert.deepStrictEqual(titles(text), ["npm", "pnpm", "bun"])
    assert.strictEqual(translated("npm install x\nnpm install --save-dev y\n", "bun"), "bun add x\nbun add --dev y\n")
    assert.strictEqual(translated("npx @z/cli demo\n", "pnpm"), "pnpm dlx @z/cli demo\n")
  })

  it("are not made of two programs, of what has text between, or of other commands", () => {
    for (const blocks of [
      [fence("ts", "one()"), fence("ts", "two()")],
      [fence("ts", "one()"), "and\n", fence("ts effect4", "two()")],
      [fence("sh", "npm install x\ncurl x")],
      [fence("sh", "npm install ../x.tgz")],
      [fence("sh", "npm start")]
    ]) {
      assert.isEmpty(titles(html(blocks.join("\n"))))
    }
  })
})

it("a picture can be scrolled with the keyboard", () => {
  assert.include(html("![A plan](images/terminal.svg)"), '<p class="picture" tabindex="0">')
  assert.notInclude(html("no picture"), "tabindex")
})

it("short code is not cut, long code may be", () => {
  assert.include(html("`--yes`"), 'class="short"')
  assert.notInclude(html("`checkpoint-permissions emulator --port 4010`"), "short")
})

describe("links", () => {
  it("lead to pages of the site, with their anchors", () => {
    const text = html(
      "[a](retry-and-rate-limits.md#the-adaptive-strategy) [b](../README.md) [c](../packages/client) [d](decisions/0001-effect-3-and-4.md#context)"
    )
    for (const href of [
      "/retry-and-rate-limits.html#the-adaptive-strategy",
      "/",
      "/packages/client.html",
      "/decisions/0001-effect-3-and-4.html#context"
    ]) {
      assert.include(text, `href="${href}"`)
    }
  })

  it("lead into the repository where the site has no page", () => {
    assert.include(
      html("[a](../packages/client/src/Pacing.ts)"),
      `${repository}/blob/main/packages/client/src/Pacing.ts`
    )
  })

  it("are rewritten in the Markdown of a page too, but not in code", () => {
    assert.strictEqual(
      siteLinks("packages/cli/README.md", "[a](../../docs/ci.md) `[a](b.md)`"),
      "[a](/ci.md) `[a](b.md)`"
    )
  })
})
