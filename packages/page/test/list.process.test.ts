import type { Page } from "playwright-core"
import { assert, describe, it } from "vitest"
import { browser, hasBrowser, textsOf } from "./support/browser.ts"
import { data, known, large, reviewed, small } from "./support/data.ts"

const lines = (texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  texts.map((text) => text.replaceAll(/\s+/g, " ").trim())

const titles = async (page: Page): Promise<ReadonlyArray<string>> => lines(await textsOf(page, "#list-area .title"))

const entries = async (page: Page): Promise<ReadonlyArray<string>> => lines(await textsOf(page, "#list-area .entry"))

describe.runIf(hasBrowser)("the list", () => {
  const { open } = browser()

  it("shows each checkpoint with its projects, and each project with its checkpoints", async () => {
    const { page } = await open(small, { fragment: "view=list" })
    assert.deepStrictEqual(await titles(page), [
      "ft:legal 1+ projects read 2026-08-01 11:59 UTC not read to the end: the server failed",
      "ft:old 0 projects read 2026-08-01 12:00 UTC",
      "ft:weather-2 2 projects read 2026-08-01 11:58 UTC",
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
    await page.check("[value=projects]")
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

  it("shows retirement days and the actors of grants, without scrolling sideways in a narrow window", async () => {
    const { page } = await open(known, { width: 360, fragment: "view=list" })
    assert.isAtMost(await page.evaluate<number>("document.documentElement.scrollWidth"), 360)
    const granted = "since 2024-07-23 20:01:07 UTC 2 permissions: cp_0, cp_1, granted by ana@example.com, key_ci"
    assert.strictEqual((await titles(page))[0], "ft:known 1 project retires 2027-01-31 · read 2026-07-31 12:06 UTC")
    assert.strictEqual((await entries(page))[1], `Search proj_a ${granted}`)
    await page.check("[value=projects]")
    assert.deepStrictEqual(await entries(page), [
      "ft:known owner always has access",
      `ft:known ${granted}`,
      "ft:read since 2024-07-25 20:01:07 UTC cp_2"
    ])
  })

  it("shows a review by owner, in its order, with every note, at the widths of a phone and a desktop", async () => {
    for (const width of [360, 1280]) {
      const { page } = await open(reviewed, { width, fragment: "view=list" })
      assert.isAtMost(await page.evaluate<number>("document.documentElement.scrollWidth"), width)
      assert.deepStrictEqual(lines(await textsOf(page, "#list-area h2, #list-area h3 .label")), [
        "proj_own Platform",
        "ft:z",
        "ft:b",
        "no owner",
        "ft:c",
        "ft:a"
      ])
      assert.deepStrictEqual((await textsOf(page, ".about")).slice(1), reviewed.review)
      assert.match(
        (await titles(page))[0] ?? "",
        /^ft:z 1 project read .* · due since 2024-10-01, last review 2024-07-03$/
      )
      assert.deepStrictEqual(await entries(page), [
        "Fraud proj_b no access until 2027-01-31 (pilot) ! in the policy, no access",
        "Platform proj_own owner always has access",
        "Search proj_a since 2024-07-23 20:01:07 UTC cp_0, granted by ana@example.com ! not in the policy ! granted since the last review",
        "Platform proj_own owner always has access",
        "Fraud proj_b no permission ! ended",
        "every project that is not listed ? unknown the server failed"
      ])
    }
  })

  it("shows that no review is due, instead of a search without matches", async () => {
    const review = ["No review of 7 checkpoints is due by 2026-08-01."]
    const { page } = await open(data([], [], { review }))
    assert.deepStrictEqual((await textsOf(page, ".about")).slice(1), review)
    assert.isFalse(await page.locator("#nothing").isVisible())
  })

  it("is the default in a narrow window, and the matrix in a wide one, unless the reader chose", async () => {
    const { page } = await open(small, { width: 600, colorScheme: "dark" })
    const isShown = (view: string) => page.locator(`#${view}-area`).isVisible()
    assert.deepStrictEqual([await isShown("list"), await isShown("matrix")], [true, false])
    await page.setViewportSize({ width: 1100, height: 800 })
    await page.locator("#matrix-area").waitFor({ state: "visible" })
    await page.check("[value=list]")
    await page.setViewportSize({ width: 600, height: 800 })
    await page.setViewportSize({ width: 1100, height: 800 })
    assert.isTrue(await isShown("list"))
    await page.check("[value=matrix]")
    await page.setViewportSize({ width: 360, height: 800 })
    assert.isAtMost(await page.evaluate<number>("document.documentElement.scrollWidth"), 360)
    assert.isTrue(await isShown("matrix"))
  })

  it("is printed instead of the matrix, with every permission", async () => {
    const given = large(40, 40)
    const { page } = await open(given)
    const pdf = (await page.pdf({ format: "A4" })).toString("latin1")
    // some 640 entries do not fit on fewer pages
    assert.isAbove(pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0, 8)
    await page.emulateMedia({ media: "print" })
    await page.evaluate('dispatchEvent(new Event("beforeprint"))')
    const text = await page.evaluate<string>("document.body.innerText")
    const missing = given.checkpoints.flatMap(({ owner, permissions }) =>
      permissions.filter(([project, , id]) => project !== owner && !text.includes(id))
    )
    assert.deepStrictEqual(missing, [])
    assert.notInclude(text, "Reset filters")
    await page.evaluate('dispatchEvent(new Event("afterprint"))')
    assert.isTrue(await page.locator("#matrix-area").isVisible())
  })
})
