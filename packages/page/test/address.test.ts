import { assert, describe, it } from "vitest"
import { browser, fragment, hasBrowser, rows, status } from "./support/browser.ts"
import { small } from "./support/data.ts"

describe.runIf(hasBrowser)("the URL of the page", () => {
  const { open } = browser()

  it("holds what the reader chose, and is read when the page is loaded", async () => {
    const { page } = await open(small)
    assert.strictEqual(fragment(page), "")
    await page.fill("#filter-checkpoints", "weather & <b>")
    await status(page, "0 of 4 checkpoints")
    await page.selectOption("#show", "some")
    await page.check("#rows-projects")
    await page.check("#view-list")
    assert.strictEqual(fragment(page), "checkpoints=weather+%26+%3Cb%3E&show=some&rows=projects&view=list")
    await page.reload()
    await status(page, "0 of 4 checkpoints")
    assert.strictEqual(await page.inputValue("#filter-checkpoints"), "weather & <b>")
    assert.strictEqual(await page.inputValue("#show"), "some")
    assert.isTrue(await page.isChecked("#rows-projects"))
    assert.isTrue(await page.isChecked("#view-list"))
  })

  it("goes back and forward, a word that is typed being one step", async () => {
    const { page } = await open(small)
    await page.locator("#filter-checkpoints").pressSequentially("weather", { delay: 100 })
    // What was typed last may be drawn later.
    await page.waitForFunction('location.hash === "#checkpoints=weather"')
    await status(page, "2 of 4 checkpoints")
    await page.locator("#matrix thead button", { hasText: "Newest" }).click()
    assert.strictEqual((await rows(page))[0], "ft:weather-10")
    await page.fill("#filter-projects", "quality")
    await status(page, "1 of 4 projects")
    await page.goBack()
    await status(page, "4 of 4 projects")
    assert.strictEqual(await page.inputValue("#filter-projects"), "")
    await page.goBack()
    assert.strictEqual((await rows(page))[0], "ft:weather-2")
    await page.goBack()
    await status(page, "4 of 4 checkpoints")
    await page.goForward()
    await status(page, "2 of 4 checkpoints")
    assert.strictEqual(await page.inputValue("#filter-checkpoints"), "weather")
  })

  it("may be edited, and holds nothing that the page believes", async () => {
    const { page } = await open(small, { fragment: "show=unknown&view=__proto__&rows=x&sort=column&column=%3Cimg%3E" })
    await status(page, "1 of 4 checkpoints, 3 of 4 projects")
    await page.evaluate('location.hash = "checkpoints=%3Cscript%3Ealert(1)%3C%2Fscript%3E"')
    await page.locator("#nothing").waitFor({ state: "visible" })
    await page.evaluate('location.hash = "rows=projects&sort=count"')
    await status(page, "4 of 4 checkpoints")
    assert.strictEqual((await rows(page))[0], "Search quality proj_a")
  })
})
