import { assert, describe, it } from "vitest"
import { browser, cellsOf, columns, fragment, hasBrowser, rows, status, textOf } from "./support/browser.ts"
import { large, reviewed, small } from "./support/data.ts"

describe.runIf(hasBrowser)("the matrix", () => {
  const { open } = browser()

  it("marks cells with a note, which is below the matrix, and names the group and note of a checkpoint", async () => {
    const { page } = await open(reviewed, { fragment: "view=matrix" })
    assert.deepStrictEqual(await rows(page), ["ft:z", "ft:b", "ft:c", "ft:a"])
    assert.deepStrictEqual((await cellsOf(page, 1)).slice(1), ["· *", "own", "2024-07-23 *"])
    assert.include(await textOf(page, "#matrix tbody tr:nth-child(1) th"), "proj_own Platform · due since 2024-10-01")
    await page.hover("#matrix tbody tr:nth-child(1) td:nth-child(3)")
    assert.match(
      await textOf(page, "#detail"),
      /no access, read .*; until 2027-01-31 \(pilot\) +! in the policy, no access$/
    )
  })

  it("shows dates, counts, owners and unknown cells, and describes the cell at the pointer", async () => {
    const { page } = await open(small)
    assert.deepStrictEqual(await rows(page), ["ft:legal", "ft:old", "ft:weather-2", "ft:weather-10"])
    assert.deepStrictEqual(await columns(page), ["proj_own", "proj_b", "proj_c", "proj_a"])
    assert.deepStrictEqual(await cellsOf(page, 1), ["1+", "?", "?", "?", "2024-07-26"])
    assert.deepStrictEqual(await cellsOf(page, 2), ["0", "·", "·", "·", "·"])
    assert.deepStrictEqual(await cellsOf(page, 3), ["2", "own", "2024-09-01 ×2", "·", "2024-07-23"])
    assert.deepStrictEqual(await page.locator("#matrix .error").allTextContents(), [
      "not read to the end: the server failed"
    ])
    assert.strictEqual(
      await page.locator("#status").textContent(),
      "4 of 4 checkpoints, 4 of 4 projects: ✓ 4 with a permission own 1 owner · 8 without ? 3 unknown 1 duplicate permission"
    )
    assert.include(await textOf(page, ".notice"), "1 checkpoint of 4 could not be read to the end")
    assert.strictEqual(
      await textOf(page, "#about"),
      "https://api.openai.com/v1, organization org-acme · audit of 2026-08-01 12:00:00 UTC · checkpoints read 2026-07-31 12:00 to 2026-08-01 12:00 UTC"
    )
    await page.locator("#matrix tbody tr:nth-child(3) td:nth-child(4)").hover()
    assert.strictEqual(
      await page.locator("#detail").textContent(),
      "ft:weather-2 × proj_b: access since 2024-09-01 20:01:07 UTC by 2 permissions (cp_1, cp_2), read 2026-08-01 11:58 UTC"
    )
    await page.locator("#matrix tbody td.unknown >> nth=1").hover()
    assert.include(await page.locator("#detail").textContent(), "unknown, not the same as no access: the server failed")
  })

  it("filters by checkpoint, project and state, and keeps the choices in the URL", async () => {
    const { page } = await open(small)
    await page.fill("[name=checkpoints]", "WEATHER & <b>")
    await page.locator("#nothing").waitFor({ state: "visible" })
    await page.click("#reset")
    assert.strictEqual(fragment(page), "")
    await page.fill("[name=checkpoints]", "WEATHER ft")
    await page.fill("[name=projects]", "quality")
    await status(page, "2 of 4 checkpoints, 1 of 4 projects: ✓ 1 with a permission")
    assert.deepStrictEqual(await rows(page), ["ft:weather-2", "ft:weather-10"])
    await page.check("[value=list]")
    await page.selectOption("[name=show]", "some")
    assert.strictEqual(fragment(page), "checkpoints=WEATHER+ft&projects=quality&show=some&view=list")
    await page.reload()
    await status(page, "1 of 4 checkpoints, 1 of 4 projects")
    assert.strictEqual(await page.inputValue("[name=checkpoints]"), "WEATHER ft")
    assert.strictEqual(await page.inputValue("[name=show]"), "some")
    assert.isTrue(await page.isChecked("[value=list]"))
    await page.evaluate('location.hash = "show=unknown&view=__proto__&rows=x&sort=column&column=%3Cimg%3E"')
    await status(page, "1 of 4 checkpoints, 3 of 4 projects")
    assert.deepStrictEqual(await rows(page), ["ft:legal"])
  })

  it("sorts by its headers, and shows the date that it is sorted by", async () => {
    const { page } = await open(small)
    const sort = async (title: string): Promise<ReadonlyArray<string>> => {
      await page.locator("#matrix thead button", { hasText: title }).click()
      return (await rows(page)).map((id) => id.slice(3))
    }
    assert.deepStrictEqual(await sort("Checkpoint"), ["weather-10", "weather-2", "old", "legal"])
    assert.strictEqual((await sort("Projects"))[0], "weather-2")
    assert.strictEqual(await page.locator("#matrix thead th:nth-child(2)").getAttribute("aria-sort"), "descending")
    assert.deepStrictEqual(await sort("Platform"), ["weather-2", "legal", "old", "weather-10"])
    assert.strictEqual(await page.evaluate("document.activeElement.dataset.sort"), "column")
    await page.selectOption("[name=sort]", "read")
    assert.deepStrictEqual((await cellsOf(page, 1)).slice(0, 2), ["1", "2026-07-31 12:00"])
    await page.selectOption("[name=sort]", "oldest")
    assert.deepStrictEqual((await cellsOf(page, 4)).slice(0, 2), ["0", "–"])
    await page.check("[value=projects]")
    assert.deepStrictEqual(await rows(page), ["Search quality proj_a", "proj_b", "proj_c", "Platform proj_own"])
    assert.deepStrictEqual(await cellsOf(page, 2), ["1+", "2024-09-01", "?", "·", "2024-09-01 ×2", "·"])
  })

  it("keeps its headers in sight at 300 × 200, with marks instead of dates", async () => {
    const { page } = await open(large(300, 200))
    await status(page, "300 of 300 checkpoints")
    assert.include(await cellsOf(page, 1), "✓")
    await page.locator("#matrix tbody tr:nth-child(250) td:nth-child(150)").scrollIntoViewIfNeeded()
    const { left, top } = await page.evaluate<{ left: number; top: number }>(`(() => {
      const area = document.getElementById("matrix-area").getBoundingClientRect()
      const row = document.querySelector("#matrix tbody tr:nth-child(250) th").getBoundingClientRect()
      const column = document.querySelector("#matrix thead th:nth-child(150)").getBoundingClientRect()
      return { left: row.left - area.left, top: Math.abs(column.top - area.top - 1) }
    })()`)
    assert.isAtMost(Math.abs(left), 1)
    assert.isAtMost(top, 1)
  })
})
