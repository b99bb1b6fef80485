import { createMarkdownRenderer } from "vitepress"
import { assert, describe, it } from "vitest"
import { repository } from "../../scripts/address.mjs"
import { links, siteLinks } from "../markdown/links.ts"
import { shortCode } from "../markdown/shortCode.ts"
import { tabs } from "../markdown/tabs.ts"
import { root } from "../pages.ts"

const md = await createMarkdownRenderer(root, { config: (md) => void md.use(links).use(tabs).use(shortCode) }, "/")
const html = (markdown: string): string =>
  md.render(markdown, { path: `${root}docs/paging.md`, relativePath: "paging.md" })
const fence = (info: string, code: string): string => `\`\`\`${info}\n${code}\n\`\`\`\n`

describe("tabs", () => {
  it("are made of the same program for Effect 3 and Effect 4, whatever else their fences say", () => {
    const text = html(`${fence("ts run", "one()")}\n${fence("ts effect4 run", "two()")}`)
    assert.include(text, `<CodeTabs kind="effect" :names="['Effect 3','Effect 4']">`)
    assert.strictEqual(text.match(/<template #tab/g)?.length, 2)
  })

  it("leave out the words that stand between the two on a code host", () => {
    const text = html([fence("ts", "one()"), "On Effect 4:\n", fence("ts effect4", "two()"), "and on"].join("\n"))
    assert.strictEqual(text.match(/<template #tab/g)?.length, 2)
    assert.notInclude(text, "On Effect 4:")
    assert.include(text, "and on")
  })

  it("mark no line of a block for Effect 4", () => {
    assert.notInclude(html(fence("ts effect4", "1\n2\n3\n4\n5")), "highlighted")
  })

  it("are made of one command for npm, pnpm and bun", () => {
    const text = html(`${fence("sh", "npm install x")}\n${fence("sh", "pnpm add x")}\n${fence("sh", "bun add x")}`)
    assert.include(text, `<CodeTabs kind="packages" :names="['npm','pnpm','bun']">`)
  })

  it("are not made of two programs, of what has text between, or of other commands", () => {
    for (const blocks of [
      [fence("ts", "one()"), fence("ts", "two()")],
      [fence("ts", "one()"), "and\n", fence("ts effect4", "two()")],
      [fence("sh", "npm install x"), fence("sh", "curl x")],
      [fence("sh", "npm install x"), fence("ts effect4", "two()")]
    ]) {
      assert.notInclude(html(blocks.join("\n")), "CodeTabs")
    }
  })
})

it("short code is not cut, long code may be", () => {
  assert.include(html("`--yes`"), 'class="short"')
  assert.notInclude(html("`checkpoint-permissions emulator --port 4010`"), "short")
})

describe("links", () => {
  it("lead to pages of the site, with their anchors", () => {
    const text = html(
      "[a](pace.md) [b](../README.md) [c](../packages/client) [d](decisions/0001-effect-3-and-4.md#context)"
    )
    for (const href of ["/pace.html", "/", "/packages/client.html", "/decisions/0001-effect-3-and-4.html#context"]) {
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
