import { AccessMatrix } from "@checkpoint-permissions/access"
import { Effect } from "effect"
import type { Browser, Page } from "playwright-core"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { visible } from "../src/internal/renderText.ts"
import { day, large, matrix } from "./support/audit.ts"
import { hasBrowser, launch, type Opened, open, type View } from "./support/browser.ts"
import * as hostile from "./support/hostile.ts"

if (!hasBrowser) console.log("The tests of the audit's page were left out: there is no /usr/bin/chromium here.")

const small = matrix(
  [
    {
      checkpoint: "ft:weather-2",
      access: [
        ["proj_a", day(0)],
        ["proj_b", day(40)],
        ["proj_b", day(41)]
      ],
      owner: "proj_own"
    },
    { checkpoint: "ft:legal", access: [["proj_a", day(3)]], unknown: "the server failed" },
    { checkpoint: "ft:weather-10", access: [["proj_c", day(90)]] },
    { checkpoint: "ft:old" }
  ],
  { names: { proj_a: "Search quality", proj_own: "Platform" }, organization: "org-acme" }
)

const rows = (page: Page): Promise<ReadonlyArray<string>> => page.locator("#matrix tbody th").allTextContents()
const columns = (page: Page): Promise<ReadonlyArray<string>> =>
  page.locator("#matrix thead .project .id").allTextContents()
const cellsOf = (page: Page, row: number): Promise<ReadonlyArray<string>> =>
  page.locator(`#matrix tbody tr:nth-child(${row}) td`).allTextContents()
const status = (page: Page, text: string): Promise<void> => page.locator("#status", { hasText: text }).waitFor()

describe.runIf(hasBrowser)("the page in Chromium", () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
  })

  const shown = async (of: AccessMatrix.AccessMatrix, view?: View): Promise<Opened> =>
    open(browser, await Effect.runPromise(AccessMatrix.toHtml(of)), view)

  /** Whatever a test did: nothing complained, and nothing but the file itself was asked for. */
  const silent = ({ complaints, requests }: Opened): void => {
    assert.deepStrictEqual(complaints, [])
    assert.deepStrictEqual(requests, [])
  }

  it("shows each cell with its date, counts, and what is unknown", { timeout: 30_000 }, async () => {
    const one = await shown(small)
    const { page } = one
    assert.deepStrictEqual(await rows(page), ["ft:legal", "ft:old", "ft:weather-2", "ft:weather-10"])
    assert.deepStrictEqual(await columns(page), ["proj_own", "proj_b", "proj_c", "proj_a"])
    assert.deepStrictEqual(await cellsOf(page, 1), ["1+", "2024-07-26", "2024-07-26", "?", "?", "?", "2024-07-26"])
    assert.deepStrictEqual(await cellsOf(page, 2), ["0", "–", "–", "·", "·", "·", "·"])
    assert.deepStrictEqual(await cellsOf(page, 3), [
      "2",
      "2024-07-23",
      "2024-09-01",
      "own",
      "2024-09-01 ×2",
      "·",
      "2024-07-23"
    ])
    assert.include(await page.locator(".chips").textContent(), "? 3 unknown")
    assert.include(await page.locator("details").textContent(), "1 checkpoint of 4 could not be read to the end")
    await page.locator("#matrix tbody tr:nth-child(3) td:nth-child(6)").hover()
    const told = "ft:weather-2 × proj_b: access since 2024-09-01 20:01:07 UTC by 2 permissions (cp_1, cp_2)"
    assert.strictEqual(await page.locator("#detail").textContent(), told)
    assert.strictEqual(await page.locator("#matrix tbody tr:nth-child(3) td:nth-child(6)").getAttribute("title"), told)
    await page.locator("#matrix tbody td.u >> nth=1").hover()
    assert.include(await page.locator("#detail").textContent(), "unknown, not the same as no access: the server failed")
    silent(one)
  })

  it("filters by checkpoint and by project, and says what is left", { timeout: 30_000 }, async () => {
    const one = await shown(small)
    const { page } = one
    await page.fill("#filter-rows", "WEATHER ft")
    await status(page, "2 of 4 checkpoints, 4 of 4 projects")
    assert.deepStrictEqual(await rows(page), ["ft:weather-2", "ft:weather-10"])
    await page.fill("#filter-columns", "quality")
    await status(page, "2 of 4 checkpoints, 1 of 4 projects: 1 with access, 0 owners, 0 unknown")
    assert.deepStrictEqual(await columns(page), ["proj_a"])
    await page.selectOption("#show", "some")
    assert.deepStrictEqual(await rows(page), ["ft:weather-2"])
    await page.fill("#filter-rows", "nowhere")
    await page.locator("#nothing").waitFor({ state: "visible" })
    await page.click("#reset")
    await status(page, "4 of 4 checkpoints, 4 of 4 projects")
    await page.selectOption("#show", "unknown")
    assert.deepStrictEqual(await rows(page), ["ft:legal"])
    assert.notInclude(await columns(page), "proj_a")
    silent(one)
  })

  it("sorts by name, count, date and one project, and columns too", { timeout: 30_000 }, async () => {
    const one = await shown(small)
    const { page } = one
    const sort = async (title: string): Promise<ReadonlyArray<string>> => {
      await page.locator("#matrix thead button", { hasText: title }).click()
      return rows(page)
    }
    const [legal, old, two, ten] = ["ft:legal", "ft:old", "ft:weather-2", "ft:weather-10"]
    assert.deepStrictEqual(await sort("Checkpoint"), [ten, two, old, legal])
    assert.deepStrictEqual((await sort("Projects"))[0], two)
    assert.strictEqual(await page.locator("#matrix thead th:nth-child(2)").getAttribute("aria-sort"), "descending")
    assert.deepStrictEqual((await sort("Projects"))[0], old)
    assert.deepStrictEqual(await sort("Newest"), [ten, two, legal, old])
    assert.deepStrictEqual(await sort("Oldest"), [two, legal, ten, old])
    // Access by its date, then the owner, doubt, and no access.
    assert.deepStrictEqual(await sort("Platform"), [two, legal, ten, old])
    await page.selectOption("#order", "count")
    assert.strictEqual((await columns(page))[0], "proj_a")
    await page.selectOption("#order", "newest")
    assert.strictEqual((await columns(page))[0], "proj_c")
    await page.selectOption("#order", "id")
    assert.deepStrictEqual(await columns(page), ["proj_a", "proj_b", "proj_c", "proj_own"])
    silent(one)
  })

  it("lists every project of each checkpoint, the unknown ones in one line", { timeout: 30_000 }, async () => {
    const one = await shown(small)
    const { page } = one
    await page.check("#as-list")
    const lines = await page.locator("#list tbody tr").allInnerTexts()
    assert.deepStrictEqual(
      lines.map((line) => line.replaceAll(/\s+/g, " ")),
      [
        "ft:legal Search quality proj_a 2024-07-26 20:01:07 UTC 1",
        "ft:legal every project that is not listed ? unknown the server failed",
        "ft:weather-2 Platform proj_own owner –",
        "ft:weather-2 proj_b 2024-09-01 20:01:07 UTC 2",
        "ft:weather-2 Search quality proj_a 2024-07-23 20:01:07 UTC 1",
        "ft:weather-10 proj_c 2024-10-21 20:01:07 UTC 1"
      ]
    )
    await page.locator("#list thead button", { hasText: "Access since" }).click()
    await page.locator("#list thead button", { hasText: "Access since" }).click()
    assert.include(await page.locator("#list tbody tr >> nth=-1").textContent(), "? unknown")
    silent(one)
  })

  it("can be used with the keyboard alone", { timeout: 30_000 }, async () => {
    const one = await shown(small)
    const { page } = one
    const focused = () => page.evaluate<string>('document.activeElement.closest("th, td").textContent')
    await page.focus("#reset")
    await page.keyboard.press("Tab")
    assert.strictEqual(await focused(), "Checkpoint")
    await page.keyboard.press("ArrowDown")
    assert.strictEqual(await focused(), "ft:legal")
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
    silent(one)
  })

  it("runs no script but its own, and the browser would tell", { timeout: 30_000 }, async () => {
    const { complaints, page } = await shown(small)
    const refused = (what: string) => complaints.filter((text) => text.includes(what))
    await page
      .evaluate(`{
      const script = document.createElement("script")
      script.textContent = "document.title = 'owned'"
      document.body.append(script)
    }`)
      .catch((error) => assert.include(String(error), "TrustedScript"))
    await page.evaluate(`{
      const image = document.createElement("img")
      image.src = "http://127.0.0.1:9/x"
      const style = document.createElement("style")
      style.append("body { display: none }")
      document.body.append(image, style)
    }`)
    await page.evaluate('document.body.insertAdjacentHTML("beforeend", "<b>x</b>")').catch(() => undefined)
    await page.evaluate('fetch("http://127.0.0.1:9/y").then(String, String)')
    assert.strictEqual(await page.title(), "Who can use what")
    assert.isTrue(await page.locator("h1").isVisible())
    for (const directive of ["img-src", "style-src", "connect-src", "TrustedHTML", "TrustedScript"]) {
      assert.isNotEmpty(refused(directive), `${directive}\n${complaints.join("\n")}`)
    }
  })

  it("shows hostile strings as what they are", { timeout: 60_000 }, async () => {
    const given = matrix(
      hostile.ids.map((id, n) => ({
        checkpoint: id,
        access: hostile.ids.filter((_, at) => (at + n) % 3 === 0).map((project) => [project, day(n)] as const),
        ...(n % 4 === 0 ? { unknown: hostile.hostile[n % hostile.hostile.length] ?? "" } : {})
      })),
      {
        names: Object.fromEntries(hostile.ids.map((id, n) => [id, hostile.hostile[n % hostile.hostile.length] ?? ""])),
        organization: "</title><script>alert(2)</script>"
      }
    )
    const title = "</title><img src=x onerror=alert(3)>\u202e"
    const one = await open(browser, await Effect.runPromise(AccessMatrix.toHtml(given, { title })))
    const { page } = one
    assert.strictEqual(await page.locator("script").count(), 2)
    assert.strictEqual(await page.locator("img, iframe, object, embed, link, a, svg").count(), 0)
    assert.strictEqual(await page.title(), visible(title))
    const told = new Set(await rows(page))
    for (const id of hostile.ids) assert.isTrue(told.has(visible(id)), visible(id))
    assert.strictEqual(await page.locator("#matrix tbody th > :not(bdi)").count(), 0)
    await page.check("#dates")
    await page.check("#as-list")
    assert.isAbove(await page.locator("#list tbody tr").count(), 100)
    await page.check("#as-matrix")
    for (const part of ["</script>", "__proto__", "\\u202e", "'and'"]) {
      await page.fill("#filter-rows", part)
      await page
        .locator("#status", { hasNotText: `${hostile.ids.length} of ${hostile.ids.length} checkpoints` })
        .waitFor()
      assert.isAbove((await rows(page)).length, 0, part)
      await page.hover("#matrix tbody td:nth-child(5)")
    }
    const text = await page.evaluate<string>("document.body.innerText")
    assert.notMatch(text.replaceAll(/[\n\t]/g, ""), hostile.unprintable)
    silent(one)
  })

  it("keeps everything reachable on a small screen", { timeout: 30_000 }, async () => {
    const one = await shown(small, { width: 360, height: 640, colorScheme: "dark" })
    assert.isAtMost(await one.page.evaluate<number>("document.documentElement.scrollWidth"), 360)
    silent(one)
  })

  it("works at 300 × 200", { timeout: 120_000 }, async () => {
    const given = large(300, 200)
    const from = performance.now()
    const html = await Effect.runPromise(AccessMatrix.toHtml(given))
    const rendered = performance.now()
    const one = await open(browser, html)
    await status(one.page, "300 of 300 checkpoints")
    const drawn = performance.now()
    const sorted = await one.page.evaluate<number>(`{
      const from = performance.now()
      document.querySelector("#matrix thead th:nth-child(2) button").click()
      document.body.offsetHeight > 0 ? performance.now() - from : NaN
    }`)
    const filtered = performance.now()
    await one.page.fill("#filter-columns", "research")
    await status(one.page, "of 200 projects: ")
    const ms = (time: number) => Math.round(time)
    console.log(
      `300 × 200: ${ms(html.length / 1024)} KiB in ${ms(rendered - from)} ms, shown in ${ms(drawn - rendered)} ms, ` +
        `sorted in ${ms(sorted)} ms, filtered in ${ms(performance.now() - filtered)} ms`
    )
    // Each well below a second on a machine with nothing else to do.
    assert.isBelow(rendered - from, 10_000)
    assert.isBelow(drawn - rendered, 20_000)
    assert.isBelow(sorted, 10_000)
    silent(one)
  })
})
