import { AccessMatrix } from "@checkpoint-permissions/access"
import { visible } from "@checkpoint-permissions/protocol/text"
import type { Page } from "playwright-core"
import { assert, describe, it } from "vitest"
import { day, matrix } from "./support/audit.ts"
import { browser, hasBrowser } from "./support/browser.ts"
import * as hostile from "./support/hostile.ts"
import { large, reviewed, small } from "./support/pages.ts"

/** Returns the texts of the elements that are not hidden, a row's cells separated by `|`. */
const shown = (page: Page, selector: string): Promise<Array<string>> =>
  page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})]
    .filter((element) => element.checkVisibility())
    .map((element) => [...element.cells ?? [element]].filter((cell) => !cell.hidden).map((cell) => cell.textContent).join("|"))`)

const rows = async (page: Page) =>
  (await shown(page, "#list tbody tr")).map((row) => row.split("|").slice(0, 3).join(" "))

const signs = (page: Page) => shown(page, "#matrix tr")

const fragment = (page: Page): Promise<string> => page.evaluate("location.hash.slice(1)")

const all = [
  "ft:weather-2|Platform proj_own|owner||||2027-01-31|2026-08-01 12:00 UTC",
  "ft:weather-2|proj_b|yes|2024-09-01 20:01 UTC|not in the log|2 permissions|2027-01-31|2026-08-01 12:00 UTC",
  "ft:weather-2|Search quality proj_a|yes|2024-07-23 20:01 UTC|key_ci of ana@example.com||2027-01-31|2026-08-01 12:00 UTC",
  "ft:legal|Search quality proj_a|yes|2024-07-26 20:01 UTC|key_ci of ana@example.com||2027-01-31|2026-08-01 12:01 UTC",
  "ft:legal||unknown: every other project|||the server failed|2027-01-31|2026-08-01 12:01 UTC",
  "ft:weather-10|pr\u043ej_a|yes|2024-10-21 20:01 UTC|key_ci of ana@example.com||2027-01-31|2026-08-01 12:02 UTC",
  "ft:old|Platform proj_own|owner||||2027-01-31|2026-08-01 12:03 UTC"
]

const cells = ["ft:weather-2|own|✓×2|·|✓", "ft:legal|?|?|?|✓", "ft:weather-10|·|·|✓|·", "ft:old|own|·|·|·"]

describe.runIf(hasBrowser)("the page of an audit in a browser", { timeout: 120_000 }, () => {
  const open = browser()

  for (const width of [360, 1280]) {
    it(`shows every row and sign without a script, ${width} pixels wide`, async () => {
      const page = await open(AccessMatrix.toHtml(small), { width, javaScriptEnabled: false })
      assert.deepStrictEqual(await shown(page, "#list tbody tr"), all)
      assert.deepStrictEqual((await signs(page)).slice(1), cells)
      assert.deepStrictEqual(await shown(page, "form, button"), [])
      assert.strictEqual(await page.evaluate("document.documentElement.scrollWidth"), width)
    })
  }

  it("describes each cell, and marks letters of ids outside ASCII", async () => {
    const page = await open(AccessMatrix.toHtml(small))
    const titles = await page.evaluate("[...document.querySelectorAll('#matrix td')].map((cell) => cell.title)")
    assert.deepStrictEqual(Array.isArray(titles) && titles.slice(0, 5), [
      "Platform: owner",
      "proj_b: yes since 2024-09-01 20:01 UTC; 2 permissions; granted by not in the log",
      "pr\u043ej_a: none",
      "Search quality: yes since 2024-07-23 20:01 UTC; granted by key_ci of ana@example.com",
      "Platform: unknown; the server failed"
    ])
    assert.deepStrictEqual(await shown(page, "mark"), ["\u043e", "\u043e"])
  })

  it("shows a review by owner, in its order, with every note", async () => {
    const page = await open(AccessMatrix.toHtml(reviewed))
    const notes = (await shown(page, "#list tbody tr")).map((row) => row.replace(/\|2027-01-31\|2026-.*/, ""))
    const [own, due] = ["due since 2024-10-01, last review 2024-07-03", "due on 2027-01-01, last review 2024-07-03"]
    assert.deepStrictEqual(notes, [
      "proj_own  Platform",
      `ft:weather-2|Platform proj_own|owner||||${own}`,
      `ft:weather-2|proj_b|yes|2024-09-01 20:01 UTC|not in the log|2 permissions; until 2027-01-31 (pilot)|${own}`,
      `ft:weather-2|Search quality proj_a|yes|2024-07-23 20:01 UTC|key_ci of ana@example.com|! not in the policy  ! granted since the last review|${own}`,
      `ft:old|Platform proj_own|owner||||${due}`,
      "no owner",
      `ft:legal|Search quality proj_a|yes|2024-07-26 20:01 UTC|key_ci of ana@example.com||${due}`,
      `ft:legal||unknown: every other project|||the server failed|${due}`,
      `ft:weather-10|proj_b|no permission|||until 2027-01-31 (pilot)  ! ended|${due}`,
      `ft:weather-10|pr\u043ej_a|yes|2024-10-21 20:01 UTC|key_ci of ana@example.com||${due}`
    ])
    assert.deepStrictEqual((await signs(page))[1], "ft:weather-2|own|✓×2|·|✓!")
    await page.fill("[name=checkpoint]", "legal")
    assert.deepStrictEqual(await shown(page, ".group"), ["no owner"])
  })

  it("filters by checkpoint, project, person and state, and keeps the choices in the address", async () => {
    const page = await open(AccessMatrix.toHtml(small))
    await page.fill("[name=checkpoint]", "FT weather")
    await page.fill("[name=project]", "quality")
    assert.deepStrictEqual(await rows(page), ["ft:weather-2 Search quality proj_a yes"])
    assert.deepStrictEqual(await signs(page), ["Checkpoint|Search quality proj_a", "ft:weather-2|✓", "ft:weather-10|·"])
    await page.selectOption("[name=state]", "access")
    await page.fill("[name='granted by']", "ana")
    assert.strictEqual(await fragment(page), "checkpoint=FT+weather&project=quality&granted+by=ana&state=access")
    await page.reload()
    assert.deepStrictEqual((await signs(page)).slice(1), ["ft:weather-2|✓"])
    assert.strictEqual(await page.inputValue("[name='granted by']"), "ana")
    assert.deepStrictEqual(await shown(page, "output"), ["1 of 7 rows, 1 of 4 checkpoints, 1 of 4 projects"])
    await page.click("text=Show all")
    assert.deepStrictEqual(await shown(page, "#list tbody tr"), all)
    await page.evaluate('location.hash = "state=__proto__&sort=constructor&checkpoint=none"')
    await page.locator("output", { hasText: "0 of 7 rows" }).waitFor()
  })

  it("hides unknown access by no filter of a project, a person or a state, and never shows it as none", async () => {
    const page = await open(AccessMatrix.toHtml(small))
    for (const choice of [
      "project=proj_b",
      "granted+by=nobody",
      "state=access",
      "state=owner",
      "state=none",
      "state=unknown"
    ]) {
      await page.evaluate(`(location.hash = ${JSON.stringify(choice)}, dispatchEvent(new Event("hashchange")))`)
      assert.include(await rows(page), "ft:legal  unknown: every other project", choice)
      const sign = (await signs(page)).find((row) => row.startsWith("ft:legal"))
      assert.match(sign ?? "", choice.startsWith("project") ? /^ft:legal\|\?$/ : /^ft:legal\|\?\|\?\|\?/, choice)
    }
  })

  it("sorts by its heads, empty cells last, and within the groups of a review", async () => {
    const page = await open(AccessMatrix.toHtml(reviewed), { fragment: "sort=-checkpoint" })
    const order = async () => (await rows(page)).map((row) => row.split(" ")[0])
    const [own, none] = [
      ["ft:weather-2", "ft:weather-2", "ft:weather-2", "ft:old"],
      ["ft:weather-10", "ft:weather-10", "ft:legal", "ft:legal"]
    ]
    assert.deepStrictEqual(await order(), ["proj_own", ...own, "no", ...none])
    await page.click("th button >> text=Since")
    assert.strictEqual(await fragment(page), "sort=since")
    assert.strictEqual(await page.getAttribute("[data-name=since]", "aria-sort"), "ascending")
    assert.strictEqual(await page.getAttribute("[data-name=checkpoint]", "aria-sort"), "none")
    assert.deepStrictEqual((await shown(page, "#list td:nth-child(4)")).slice(0, 3), [
      "2024-07-23 20:01 UTC",
      "2024-09-01 20:01 UTC",
      ""
    ])
    await page.click("th button >> text=Since")
    assert.strictEqual(await fragment(page), "sort=-since")
    assert.deepStrictEqual((await shown(page, "#list td:nth-child(4)")).slice(0, 2), [
      "2024-09-01 20:01 UTC",
      "2024-07-23 20:01 UTC"
    ])
  })

  it("lays out only visible rows, and keeps the heads of the matrix in sight, at 300 × 200", async () => {
    const page = await open(AccessMatrix.toHtml(large(300, 200)))
    const isLaidOut = (selector: string) =>
      page.evaluate(`document.querySelector("${selector}").checkVisibility({ contentVisibilityAuto: true })`)
    assert.isTrue(await isLaidOut("#list tbody tr:first-child td"))
    assert.isFalse(await isLaidOut("#list tbody tr:last-child td"))
    assert.isFalse(await isLaidOut("#matrix td"))
    await page.locator("#matrix tbody tr:nth-child(250) td:nth-child(150)").scrollIntoViewIfNeeded()
    const distances = await page.evaluate(`(() => {
      const box = (selector) => document.querySelector(selector).getBoundingClientRect()
      const area = box(".area")
      return [
        box("#matrix tbody tr:nth-child(250) th").left - area.left,
        box("#matrix thead th:nth-child(150)").top - area.top
      ].map(Math.round)
    })()`)
    assert.deepStrictEqual(distances, [1, 1])
  })

  it("prints every row, under any filter", async () => {
    const page = await open(AccessMatrix.toHtml(small), { fragment: "state=owner&checkpoint=old" })
    assert.deepStrictEqual(await rows(page), ["ft:old Platform proj_own owner"])
    await page.emulateMedia({ media: "print" })
    assert.deepStrictEqual(await shown(page, "#list tbody tr"), all)
    assert.deepStrictEqual(await shown(page, "form, .area"), [])
  })

  it("runs nothing, requests nothing and hides nothing, whatever the server sent", async () => {
    const title = "</title><img src=x onerror=alert(3)>\u202e"
    const page = await open(
      AccessMatrix.toHtml(matrix(hostile.ids.map((id, n) => ({ checkpoint: id, access: [[id, day(n)]] }))), { title })
    )
    assert.strictEqual(await page.title(), visible(title))
    assert.strictEqual(await page.locator("script").count(), 1)
    assert.sameMembers(
      await shown(page, "#matrix tbody th"),
      hostile.ids.map((id) => visible(id))
    )
    for (const part of ["</script>", "__proto__", "\\u202e", "'and'"]) {
      await page.fill("[name=checkpoint]", part)
      assert.isAbove((await rows(page)).length, 0, part)
    }
  })

  it.for(["light", "dark"] as const)("has enough contrast, %s (WCAG AA)", async (colorScheme) => {
    const page = await open(AccessMatrix.toHtml(reviewed), { colorScheme })
    const contrasts = await page.evaluate<ReadonlyArray<readonly [text: string, contrast: number]>>(`(() => {
      const colorsIn = (text) => [...text.matchAll(/rgba?\\(([^)]+)\\)/g)].map(([, parts]) => parts.split(",").map(Number))
      const luminance = (color) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, at) => {
        const part = color[at] / 255
        return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
      }, 0)
      const behind = (element) => {
        const { backgroundColor, backgroundImage } = getComputedStyle(element)
        const colors = colorsIn(backgroundImage + backgroundColor).filter(([, , , alpha = 1]) => alpha === 1)
        return colors.length > 0 ? colors : behind(element.parentElement)
      }
      const texts = [...document.body.querySelectorAll(":not(script, option)")].filter((element) =>
        element.matches("input, select") || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""))
      return texts.flatMap((element) => behind(element).map((back) => {
        const [low, high] = [luminance(back), luminance(colorsIn(getComputedStyle(element).color)[0])].sort((a, b) => a - b)
        return [element.textContent, (high + 0.05) / (low + 0.05)]
      }))
    })()`)
    assert.isAbove(contrasts.length, 100)
    assert.deepStrictEqual(
      contrasts.filter(([, contrast]) => contrast < 4.5),
      []
    )
  })
})
