import type { Page } from "playwright-core"
import { assert, describe, it } from "vitest"
import { browser, hasBrowser, status, textOf, textsOf } from "./support/browser.ts"
import { data, day, known, large, small } from "./support/data.ts"

const lines = (texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  texts.map((text) => text.replaceAll(/\s+/g, " ").trim())

const titles = async (page: Page): Promise<ReadonlyArray<string>> =>
  lines(await textsOf(page, "#list-area > .group > summary"))

const entries = async (page: Page): Promise<ReadonlyArray<string>> => lines(await textsOf(page, "#list-area .entry"))

describe.runIf(hasBrowser)("the list", () => {
  const { open } = browser()

  it("says of no checkpoint that it was read and that it was not, and that only once", async () => {
    const { page } = await open(
      data(
        [["proj_a", ""]],
        [
          { id: "ft:stopped", readAt: day(1), error: "not read: stopped", permissions: [] },
          { id: "ft:failed", readAt: day(2), error: "the server failed", permissions: [] },
          { id: "ft:read", permissions: [[0, day(3), "cp_1"]] }
        ]
      ),
      { fragment: "view=list" }
    )
    assert.deepStrictEqual((await titles(page)).toSorted(), [
      "ft:failed ? projects not read: the server failed",
      "ft:read 1 project read 12:00 UTC",
      "ft:stopped ? projects not read: stopped"
    ])
    assert.include(await page.locator("header").textContent(), "· checkpoints read 12:00 UTC")
  })

  it("shows each checkpoint with its projects, and each project with its checkpoints", async () => {
    const { page } = await open(small, { fragment: "view=list" })
    assert.deepStrictEqual(await titles(page), [
      "ft:legal 1+ projects read 11:59 UTC not read to the end: the server failed",
      "ft:old 0 projects read 12:00 UTC",
      "ft:weather-2 2 projects read 11:58 UTC",
      "ft:weather-10 1 project read 2026-07-31 12:00 UTC"
    ])
    assert.deepStrictEqual(await entries(page), [
      "Search quality proj_a since 2024-07-26 20:01:07 UTC cp_3",
      "every project that is not listed ? unknown the server failed",
      "no project",
      "Platform proj_own owner always has access",
      "proj_b since 2024-09-01 20:01:07 UTC 2 permissions: cp_1, cp_2",
      "Search quality proj_a since 2024-07-23 20:01:07 UTC cp_0",
      "proj_c since 2024-10-21 20:01:07 UTC cp_4"
    ])
    await page.check("#rows-projects")
    assert.deepStrictEqual((await titles(page)).slice(1, 4), [
      "proj_b 1+ checkpoints",
      "proj_c 1+ checkpoints",
      "Search quality proj_a 2 checkpoints"
    ])
    assert.deepStrictEqual((await entries(page)).slice(2, 4), [
      "ft:legal ? unknown the server failed",
      "ft:weather-2 since 2024-09-01 20:01:07 UTC 2 permissions: cp_1, cp_2"
    ])
  })

  it("shows what an inventory knows", async () => {
    const { page } = await open(known, { width: 360, fragment: "view=list" })
    assert.isAtMost(await page.evaluate<number>("document.documentElement.scrollWidth"), 360)
    const granted = "since 2024-07-23 20:01:07 UTC 2 permissions: cp_0, cp_1, granted by ana@example.com, key_ci"
    assert.deepStrictEqual(await titles(page), [
      "ft:known 1 project retires 2027-01-31 · read 2026-07-31 12:06 UTC",
      "ft:read 1 project read 12:00 UTC"
    ])
    assert.deepStrictEqual(await entries(page), [
      "Platform proj_own owner always has access",
      `Search proj_a ${granted}`,
      "Search proj_a since 2024-07-25 20:01:07 UTC cp_2"
    ])
    await page.click("#options")
    await page.check("#rows-projects")
    assert.deepStrictEqual(await entries(page), [
      "ft:known owner always has access",
      `ft:known ${granted}`,
      "ft:read since 2024-07-25 20:01:07 UTC cp_2"
    ])
  })

  it("names what stands in no group", async () => {
    const given = data(
      [
        ["proj_a", ""],
        ["proj_b", ""]
      ],
      [{ id: "ft:a", permissions: [[0, day(0), "cp_0"]] }]
    )
    const { page } = await open(given, { fragment: "view=list" })
    assert.strictEqual((await titles(page))[1], "1 project without known access to any of these")
    await page.locator("#list-area summary >> nth=1").click()
    assert.deepStrictEqual((await entries(page))[1], "proj_b")
  })

  it("opens and closes groups, and keeps them so while it is filtered", async () => {
    const { page } = await open(large(40, 60), { fragment: "view=list" })
    const opened = () => page.locator("#list-area details[open]").count()
    assert.strictEqual(await opened(), 0)
    await page.locator("#list-area summary >> nth=0").focus()
    await page.keyboard.press("Enter")
    assert.strictEqual(await opened(), 1)
    await page.fill("#filter-checkpoints", "legal")
    await status(page, "10 of 40 checkpoints")
    assert.strictEqual(await opened(), 1)
    await page.fill("#filter-projects", "Support bots 2")
    await status(page, "2 of 60 projects")
    // Few entries are shown at once.
    assert.isAbove(await opened(), 1)
    await page.click("#reset")
    await page.click("#open")
    // The projects that stand in no group are one more.
    assert.strictEqual(await opened(), 41)
    assert.strictEqual(await textOf(page, "#open"), "Close all")
    await page.click("#open")
    assert.strictEqual(await opened(), 0)
  })

  it("comes first in a narrow window, where everything can be reached", async () => {
    for (const width of [500, 360]) {
      const { page } = await open(small, { width, height: 740, colorScheme: width === 360 ? "dark" : "light" })
      assert.isTrue(await page.locator("#list-area").isVisible())
      assert.isFalse(await page.locator("#matrix-area").isVisible())
      const wide = () => page.evaluate<number>("document.documentElement.scrollWidth")
      assert.isAtMost(await wide(), width)
      assert.isFalse(await page.locator("#show").isVisible())
      await page.click("#options")
      for (const id of ["show", "sort", "view-matrix", "reset"]) assert.isTrue(await page.locator(`#${id}`).isVisible())
      await page.selectOption("#sort", "newest")
      assert.match((await titles(page))[0] ?? "", /^ft:weather-10/)
      await page.check("#view-matrix")
      assert.isAtMost(await wide(), width)
      // Cells are in sight beside the first columns, and a touch tells what a cell means.
      const cell = page.locator("#matrix tbody tr:nth-child(1) td:nth-child(3)")
      assert.isAtMost((await cell.boundingBox())?.x ?? Infinity, width - 40)
      await cell.click()
      assert.include(await textOf(page, "#detail"), "ft:")
    }
  })

  it("gives way to the matrix when the window is made wider, unless the reader chose it", async () => {
    const { page } = await open(small, { width: 600 })
    assert.isTrue(await page.locator("#list-area").isVisible())
    await page.setViewportSize({ width: 1100, height: 800 })
    await page.locator("#matrix-area").waitFor({ state: "visible" })
    await page.check("#view-list")
    await page.setViewportSize({ width: 600, height: 800 })
    await page.setViewportSize({ width: 1100, height: 800 })
    assert.isTrue(await page.locator("#list-area").isVisible())
  })
})
