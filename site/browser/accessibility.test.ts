import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { AxeResults } from "axe-core"
import type { Page } from "playwright-core"
import { assert, describe, it } from "vitest"
import { browser, hasBrowser, views } from "./site.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

const pages = [
  "",
  "guides",
  "quick-start",
  "testing-your-application",
  "command-line",
  "service-and-errors",
  "guarantees",
  "packages/client",
  "reference/",
  "reference/client/CheckpointPermissions",
  "reference/core/PermissionsError",
  "playground"
]

/** Each violation as one line: the rule, and the first elements that break it. */
const violations = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.evaluate(axe)
  const found: AxeResults["violations"] = await page.evaluate(
    `axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(tags)} } }).then((results) => results.violations)`
  )
  return found.map(
    ({ help, id, nodes }) =>
      `${id}: ${help} (${nodes.length})\n${nodes
        .slice(0, 3)
        .map(({ failureSummary, html }) => `  ${html.slice(0, 160)}\n  ${failureSummary ?? ""}`)
        .join("\n")}`
  )
}

describe.skipIf(!hasBrowser)("accessibility, WCAG 2.2 A and AA", () => {
  const { visit } = browser()

  for (const view of views) {
    const name = `${view.width} wide, ${view.colorScheme}`

    it.each(pages)(`"%s", ${name}`, (path) =>
      visit(view, async ({ open, page }) => {
        await open(path)
        assert.deepStrictEqual(await violations(page), [])
      })
    )

    it(`the search, ${name}`, () =>
      visit(view, async ({ open, page }) => {
        await open("quick-start")
        await page.locator(".search-button").click()
        await page.locator(".search-box input").fill("retry")
        await page.locator(".search-results a").first().waitFor()
        assert.deepStrictEqual(await violations(page), [])
      }))
  }

  for (const view of views.filter(({ width }) => width < 960)) {
    it(`the menus, ${view.colorScheme}`, () =>
      visit(view, async ({ open, page }) => {
        await open("quick-start")
        await page.locator(".VPNavBarHamburger").click()
        await page.locator(".VPNavScreen").waitFor()
        assert.deepStrictEqual(await violations(page), [])
        await page.locator(".VPNavBarHamburger").click()
        await page.locator(".VPLocalNav .menu").click()
        await page.locator(".VPSidebar.open").waitFor()
        assert.deepStrictEqual(await violations(page), [])
      }))
  }
})
