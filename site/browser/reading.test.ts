import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "vitest"
import { addressOf, allPages } from "../pages.ts"
import { address, browser, hasBrowser } from "./site.ts"

const wide = { width: 1440, colorScheme: "light" } as const
const phone = { width: 390, colorScheme: "dark" } as const
const chunks = fileURLToPath(new URL("../build/site/assets/chunks", import.meta.url))

it("the index of the search has at most 400 KB", () => {
  const indexes = readdirSync(chunks).filter((file) => file.startsWith("@localSearchIndex"))
  assert.isNotEmpty(indexes)
  for (const file of indexes) assert.isBelow(gzipSync(readFileSync(`${chunks}/${file}`)).length, 400 * 1024)
})

describe.skipIf(!hasBrowser)("the site", () => {
  const { visit } = browser()

  it("can be read on a phone: no page is wider than the screen", () =>
    visit(phone, async ({ open, page }) => {
      for (const { file } of allPages) {
        await open(addressOf(file).replace(/\.md$/, ".html"))
        assert.isAtMost(await page.evaluate("document.documentElement.scrollWidth"), phone.width, file)
      }
    }))

  it.each([960, 1440, 1700])("has a sidebar that cuts no title in a window of %i", (width) =>
    visit({ width, colorScheme: "light" }, async ({ open, page }) => {
      await open("quick-start.html")
      assert.isAtMost(
        await page.evaluate("document.querySelector('.VPSidebar').scrollWidth"),
        await page.evaluate("document.querySelector('.VPSidebar').clientWidth")
      )
      assert.isAtLeast(await page.evaluate("document.querySelector('.VPSidebar').clientWidth"), 260)
    })
  )

  it("leads from each guide to the next, and says which package it is about", () =>
    visit(wide, async ({ open, page }) => {
      for (const { file, packages } of allPages) {
        await open(addressOf(file).replace(/\.md$/, ".html"))
        assert.strictEqual(await page.locator(".pager-link.next").count(), 1, file)
        assert.deepStrictEqual(
          await page.locator(".page-package").allTextContents(),
          packages.map((name) => `@checkpoint-permissions/${name}`)
        )
      }
    }))

  it("remembers on every page, and for the next visit, which tab was chosen", () =>
    visit(wide, async ({ context, open, page }) => {
      await open("quick-start.html")
      await page.getByRole("tab", { name: "pnpm" }).first().click()
      assert.include(await page.getByRole("tabpanel").first().textContent(), "pnpm add")
      await page.getByRole("link", { name: "Access as code in ten minutes" }).first().click()
      await page.waitForURL("**/access-as-code.html")
      assert.include(await page.getByRole("tabpanel").first().textContent(), "pnpm add")
      const later = await context.newPage()
      await later.goto(`${address}quick-start.html`)
      await later.getByRole("tab", { name: "pnpm", selected: true }).first().waitFor()
    }))

  it("moves between tabs by the arrow keys", () =>
    visit(wide, async ({ open, page }) => {
      await open("quick-start.html")
      await page.getByRole("tab", { name: "npm", exact: true }).first().focus()
      await page.keyboard.press("ArrowLeft")
      assert.include(await page.getByRole("tabpanel").first().textContent(), "bun add")
    }))

  it("finds what is written anywhere, and loads the index no sooner than it is used", () =>
    visit(wide, async ({ open, page }) => {
      const loaded: Array<string> = []
      page.on("request", (request) => loaded.push(request.url()))
      await open("quick-start.html")
      assert.isFalse(loaded.some((url) => url.includes("localSearchIndex")))
      await page.keyboard.press("Control+k")
      await page.getByRole("searchbox").fill("retry after")
      await page.locator(".search-results a").first().waitFor()
      assert.isTrue(loaded.some((url) => url.includes("localSearchIndex")))
      await page.keyboard.press("Enter")
      await page.waitForURL("**/retry-and-rate-limits.html#retry-after")
      assert.strictEqual(await page.locator("dialog").count(), 0)
      await page.keyboard.press("Control+k")
      await page.getByRole("searchbox").fill("makeFetch")
      await page.locator(".search-results a[href*='reference/fake/fetch']").first().waitFor()
      await page.keyboard.press("Escape")
      await page.locator("dialog").waitFor({ state: "detached" })
    }))

  it("copies code, and changes between light and dark", () =>
    visit(wide, async ({ context, open, page }) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"])
      await open("listing-everything.html")
      await page.locator(".vp-doc div[class*='language-']").first().hover()
      await page.locator("button.copy").first().click()
      assert.isNotEmpty(await page.evaluate("navigator.clipboard.readText()"))
      assert.isFalse(await page.evaluate("document.documentElement.classList.contains('dark')"))
      await page.locator(".VPSwitchAppearance").first().click()
      assert.isTrue(await page.evaluate("document.documentElement.classList.contains('dark')"))
    }))

  it("has the Markdown of each page beside it, and an llms.txt that leads to it", () =>
    visit(wide, async ({ page }) => {
      const llms = await (await page.request.get(`${address}llms.txt`)).text()
      assert.include(llms, "[Quick start]")
      for (const { file } of allPages) {
        assert.include(llms, `/${addressOf(file)}): `)
        assert.strictEqual((await page.request.get(`${address}${addressOf(file)}`)).status(), 200, file)
      }
    }))

  it("links a guide to the reference, and the reference to guides", () =>
    visit(wide, async ({ open, page }) => {
      await open("access-as-code.html")
      assert.isAbove(await page.locator(".vp-doc a.symbol[href*='/reference/access/']").count(), 0)
      await open("reference/access/Access.html")
      assert.isAbove(await page.locator(".vp-doc a[href$='/plan-and-apply.html']").count(), 0)
    }))

  it("runs the playground without a network", () =>
    visit(phone, async ({ context, open, page }) => {
      // Otherwise linked pages are fetched ahead of time, on a busy machine when the network is gone already.
      await page.addInitScript("Object.defineProperty(navigator.connection, 'saveData', { value: true })")
      await open("playground.html")
      await page.locator(".timeline .mark").first().waitFor()
      await context.setOffline(true)
      await page.getByRole("combobox", { name: "Client" }).selectOption({ label: "two quick retries" })
      await page.getByRole("combobox", { name: "Quota" }).selectOption({ label: "10 a minute" })
      await page.getByRole("button", { name: "Run" }).click()
      await page.getByText("too many requests").waitFor()
      assert.isAbove(await page.locator(".timeline .mark-limited").count(), 0)
      await page.getByRole("combobox", { name: "Client" }).selectOption({ label: "the rules of this library" })
      await page.getByRole("button", { name: "Run" }).click()
      await page.getByText("2,000 permissions were listed").waitFor()
    }))
})
