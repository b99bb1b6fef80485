import { assert, describe, it } from "vitest"
import { browser, cellsOf, columns, hasBrowser, rows, status, textOf } from "./support/browser.ts"
import { known, large, small } from "./support/data.ts"

describe.runIf(hasBrowser)("the matrix", () => {
  const { open } = browser()

  it("shows each cell with its date, counts, when it was read, and what is unknown and why", async () => {
    const { page } = await open(small)
    assert.deepStrictEqual(await rows(page), ["ft:legal", "ft:old", "ft:weather-2", "ft:weather-10"])
    assert.deepStrictEqual(await columns(page), ["proj_own", "proj_b", "proj_c", "proj_a"])
    const [first, second, last] = ["2024-07-26", "2024-09-01", "2024-07-23"]
    assert.deepStrictEqual(await cellsOf(page, 1), ["1+", first, first, "11:59", "?", "?", "?", first])
    assert.deepStrictEqual(await cellsOf(page, 2), ["0", "–", "–", "12:00", "·", "·", "·", "·"])
    assert.deepStrictEqual(await cellsOf(page, 3), ["2", last, second, "11:58", "own", `${second} ×2`, "·", last])
    assert.strictEqual((await cellsOf(page, 4))[3], "2026-07-31 12:00")
    assert.deepStrictEqual(await page.locator("#matrix .error").allTextContents(), [
      "not read to the end: the server failed"
    ])
    assert.include(await textOf(page, "#chips"), "? 3 unknown")
    assert.include(await textOf(page, "#chips"), "1 duplicate permission")
    assert.include(await textOf(page, ".notice"), "1 checkpoint of 4 could not be read to the end")
    assert.strictEqual(
      await textOf(page, "#about"),
      "4 checkpoints × 4 projects · https://api.openai.com/v1, organization org-acme · audit of 2026-08-01 12:00:00 UTC · checkpoints read 2026-07-31 12:00 to 2026-08-01 12:00 UTC"
    )
    const cell = page.locator("#matrix tbody tr:nth-child(3) td:nth-child(7)")
    await cell.hover()
    const sentence =
      "ft:weather-2 × proj_b: access since 2024-09-01 20:01:07 UTC by 2 permissions (cp_1, cp_2), read 11:58 UTC"
    assert.strictEqual(await page.locator("#detail").textContent(), sentence)
    assert.strictEqual(await cell.getAttribute("title"), sentence)
    await page.locator("#matrix tbody td.unknown >> nth=1").hover()
    assert.include(await page.locator("#detail").textContent(), "unknown, not the same as no access: the server failed")
  })

  it("filters by checkpoint, project and state, and says what is left", async () => {
    const { page } = await open(small)
    await page.fill("#filter-checkpoints", "WEATHER ft")
    await status(page, "2 of 4 checkpoints, 4 of 4 projects")
    assert.deepStrictEqual(await rows(page), ["ft:weather-2", "ft:weather-10"])
    await page.fill("#filter-projects", "quality")
    await status(page, "2 of 4 checkpoints, 1 of 4 projects: 1 with a permission, 0 owners, 0 unknown")
    await page.fill("#filter-checkpoints", "nowhere")
    await page.locator("#nothing").waitFor({ state: "visible" })
    await page.click("#reset")
    await status(page, "4 of 4 checkpoints, 4 of 4 projects")
    await page.selectOption("#show", "unknown")
    assert.deepStrictEqual(await rows(page), ["ft:legal"])
    assert.notInclude(await columns(page), "proj_a")
  })

  it("sorts by its headers", async () => {
    const { page } = await open(small)
    const sort = async (title: string): Promise<ReadonlyArray<string>> => {
      await page.locator("#matrix thead button", { hasText: title }).click()
      return (await rows(page)).map((id) => id.slice(3))
    }
    assert.deepStrictEqual(await sort("Checkpoint"), ["weather-10", "weather-2", "old", "legal"])
    assert.strictEqual((await sort("Projects"))[0], "weather-2")
    assert.strictEqual(await page.locator("#matrix thead th:nth-child(2)").getAttribute("aria-sort"), "descending")
    assert.deepStrictEqual(await sort("Platform"), ["weather-2", "legal", "old", "weather-10"])
  })

  it("can be turned: projects as rows, checkpoints as columns", async () => {
    const { page } = await open(small)
    await page.check("#rows-projects")
    assert.deepStrictEqual(await rows(page), ["Platform proj_own", "proj_b", "proj_c", "Search quality proj_a"])
    assert.deepStrictEqual(await columns(page), ["ft:legal", "ft:old", "ft:weather-2", "ft:weather-10"])
    assert.deepStrictEqual(await cellsOf(page, 2), ["1+", "2024-09-01", "2024-09-01", "?", "·", "2024-09-01 ×2", "·"])
    await page.locator("#matrix tbody tr:nth-child(2) td:nth-child(7)").hover()
    assert.include(await page.locator("#detail").textContent(), "proj_b × ft:weather-2: access since 2024-09-01")
  })

  it("shows retirement with each row, and who granted with each cell", async () => {
    for (const width of [1400, 700]) {
      const { page } = await open(known, { width, fragment: "view=matrix" })
      const notes = await page.locator("#matrix tbody th .read").allTextContents()
      assert.strictEqual(notes[0], "retires 2027-01-31")
      await page.locator("#matrix tbody tr:nth-child(1) td >> nth=-1").hover()
      assert.strictEqual(
        await page.locator("#detail").textContent(),
        `ft:known × Search proj_a: access since 2024-07-23 20:01:07 UTC by 2 permissions (cp_0, cp_1), granted by ana@example.com, key_ci, read 2026-07-31 12:06 UTC`
      )
      await page.locator("#matrix tbody tr:nth-child(1) th").hover()
      assert.strictEqual(
        await page.locator("#detail").textContent(),
        `ft:known: 1 project with a permission, owned by proj_own, retires 2027-01-31, read 2026-07-31 12:06:40 UTC`
      )
    }
  })

  it("can be used with the keyboard alone", async () => {
    const { page } = await open(small)
    const focused = () => page.evaluate<string>('document.activeElement.closest("th, td").innerText')
    await page.focus("#reset")
    await page.keyboard.press("Tab")
    assert.strictEqual(await focused(), "Checkpoint")
    await page.keyboard.press("ArrowDown")
    assert.match(await focused(), /^ft:legal/)
    await page.keyboard.press("End")
    assert.strictEqual(await focused(), "2024-07-26")
    assert.include(
      await page.evaluate<string>('document.activeElement.getAttribute("aria-label")'),
      "access since 2024-07-26 20:01:07 UTC"
    )
    await page.keyboard.press("Control+Home")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    assert.strictEqual((await rows(page))[0], "ft:weather-2")
    assert.strictEqual(await focused(), "Projects")
    // The table is one stop among those of the page.
    assert.strictEqual(await page.locator("#matrix [tabindex='0']").count(), 1)
  })

  it("keeps its headers in sight at 300 × 200, and says how long it takes", async () => {
    const given = large(300, 200)
    const from = performance.now()
    const { page } = await open(given)
    await status(page, "300 of 300 checkpoints")
    const shown = performance.now() - from
    const painted = () => page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    const took = async (act: () => Promise<unknown>): Promise<number> => {
      const from = performance.now()
      await act()
      await painted()
      return performance.now() - from
    }
    const sorted = await took(() => page.locator("#matrix thead th:nth-child(2) button").click())
    const checkpoints = await took(async () => {
      await page.fill("#filter-checkpoints", "weather")
      await status(page, "75 of 300 checkpoints")
    })
    const projects = await took(async () => {
      await page.fill("#filter-projects", "research")
      await status(page, "50 of 200 projects")
    })
    await page.click("#reset")
    await page.locator("#matrix tbody tr:nth-child(250) td:nth-child(150)").scrollIntoViewIfNeeded()
    const { left, top } = await page.evaluate<{ left: number; top: number }>(`(() => {
      const area = document.getElementById("matrix-area").getBoundingClientRect()
      const row = document.querySelector("#matrix tbody tr:nth-child(250) th").getBoundingClientRect()
      const column = document.querySelector("#matrix thead th:nth-child(150)").getBoundingClientRect()
      return { left: row.left - area.left, top: Math.abs(column.top - area.top - 1) }
    })()`)
    assert.isAtMost(Math.abs(left), 1)
    assert.isAtMost(top, 1)
    const ms = Math.round
    console.log(
      `300 × 200: shown in ${ms(shown)} ms, sorted in ${ms(sorted)} ms, filtered by checkpoint in ${ms(checkpoints)} ms, ` +
        `by project in ${ms(projects)} ms`
    )
  })
})
