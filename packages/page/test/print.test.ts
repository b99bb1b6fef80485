import { assert, describe, it } from "vitest"
import { browser, hasBrowser } from "./support/browser.ts"
import { large, small } from "./support/data.ts"

describe.runIf(hasBrowser)("the page on paper", () => {
  const { open } = browser()

  /** What is on paper while it is printed, as text. */
  const printed = async (view: Parameters<typeof open>[1], given = small): Promise<string> => {
    const { page } = await open(given, view)
    await page.emulateMedia({ media: "print" })
    await page.evaluate('dispatchEvent(new Event("beforeprint"))')
    const text = await page.evaluate<string>("document.body.innerText")
    await page.evaluate('dispatchEvent(new Event("afterprint"))')
    assert.isTrue(await page.locator(view?.fragment === undefined ? "#matrix-area" : "#list-area").isVisible())
    return text.replaceAll(/\s+/g, " ")
  }

  it("holds every row and column of the matrix, dates, permissions, times and errors", async () => {
    const text = await printed({})
    for (const { id } of small.checkpoints) assert.include(text, id)
    for (const [id, name] of small.projects) assert.include(text, `${name} ${id}`.trim())
    for (const part of ["cp_1, cp_2", "2024-09-01 20:01:07 UTC", "read 2026-07-31 12:00 UTC", "the server failed"]) {
      assert.include(text, part)
    }
    assert.include(text, "Everything is shown: there is no filter.")
    assert.notInclude(text, "Reset filters")
  })

  it("names the filters, and prints what they leave", async () => {
    const text = await printed({ fragment: "view=list&checkpoints=weather&show=some&rows=projects" })
    assert.include(text, "Filter: checkpoints with “weather”, no empty rows and columns.")
    assert.include(text, "2 of 4 checkpoints, 4 of 4 projects")
    assert.notInclude(text, "ft:old")
    assert.include(text, "proj_b 1+ checkpoints ft:weather-2 since 2024-09-01")
  })

  it("holds every permission, not a portion of them", async () => {
    const given = large(40, 40)
    const text = await printed({}, given)
    const missing = given.checkpoints.flatMap(({ owner, permissions }) =>
      permissions.filter(([project, , id]) => project !== owner && !text.includes(id))
    )
    assert.deepStrictEqual(missing, [])
  })

  it("is made when the browser prints", async () => {
    const pdfOf = async (size: number) => (await open(large(size, size))).page.pdf({ format: "A4" })
    const [pdf, short] = [await pdfOf(40), await pdfOf(2)]
    const pages = (pdf: Buffer) => pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0
    assert.strictEqual(pages(short), 1)
    // Some 640 entries do not fit on fewer pages.
    assert.isAbove(pages(pdf), 8)
  })
})
