import { AccessMatrix } from "@checkpoint-permissions/access"
import { visible } from "@checkpoint-permissions/protocol/text"
import { Effect } from "effect"
import { assert, describe, inject, it } from "vitest"
import { browser, hasBrowser, rows, textOf } from "./support/browser.ts"
import { data, day, small } from "./support/data.ts"
import * as hostile from "./support/hostile.ts"

describe.runIf(hasBrowser)("the page and untrusted text", () => {
  const { open, openHtml } = browser()

  it("runs only its own script, and the browser reports any other", async () => {
    const { complaints, page, requests } = await open(small)
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
    complaints.length = 0
    requests.length = 0
  })

  it("shows hostile strings as text, in a page that `access` made", async () => {
    const hostileText = (n: number): string => hostile.texts[n % hostile.texts.length] ?? ""
    const given = {
      format: "checkpoint-permissions/matrix",
      version: 3,
      createdAt: "2026-08-01T12:00:00.000Z",
      apiUrl: "https://api.openai.com/v1",
      organization: "</title><script>alert(2)</script>",
      names: Object.fromEntries(hostile.ids.map((id, n) => [id, hostileText(n + 9)])),
      projects: [],
      rows: hostile.ids.map((id, n) => ({
        checkpoint: id,
        ...(n % 4 === 0 ? { complete: false, reason: hostileText(n) } : { complete: true }),
        permissions: hostile.ids
          .filter((_, at) => (at + n) % 3 === 0)
          .map((project_id, at) => ({
            id: hostile.ids[at],
            project_id,
            created_at: new Date(day(n) * 1000).toISOString()
          }))
      })),
      times: Object.fromEntries(hostile.ids.map((id) => [id, { readAt: "2026-08-01T11:00:00.000Z" }]))
    }
    const title = "</title><img src=x onerror=alert(3)>\u202e{{script}}"
    const { page } = await openHtml(
      await Effect.runPromise(
        Effect.flatMap(AccessMatrix.fromJson(JSON.stringify(given)), (matrix) => AccessMatrix.toHtml(matrix, { title }))
      )
    )
    assert.strictEqual(await page.locator("script").count(), 2)
    assert.strictEqual(await page.locator("img, iframe, object, embed, link, a, svg").count(), 0)
    assert.strictEqual(await page.title(), visible(title))
    const shown = new Set(await page.locator("#matrix tbody th .label > .id").allTextContents())
    for (const id of hostile.ids) assert.isTrue(shown.has(visible(id)), visible(id))
    assert.strictEqual(await page.locator("#matrix tbody th .label > :not(bdi)").count(), 0)
    for (const view of ["list", "matrix"]) {
      await page.check(`[value=${view}]`)
      assert.notMatch((await textOf(page, "body")).replaceAll(/[\n\t]/g, ""), hostile.unprintable)
    }
    for (const part of ["</script>", "__proto__", "\\u202e", "'and'"]) {
      await page.fill("[name=checkpoints]", part)
      await page
        .locator("#status", { hasNotText: `${hostile.ids.length} of ${hostile.ids.length} checkpoints` })
        .waitFor()
      assert.isAbove((await rows(page)).length, 0, part)
      await page.hover("#matrix tbody td:nth-child(3)")
    }
  })

  it("lists ids with characters outside ASCII, and marks those characters", async () => {
    const given = data(
      [
        ["proj_a", ""],
        ["pr\u043ej_a", "Search"]
      ],
      [{ id: "ft:a", permissions: [[1, day(0), "cp_0"]] }]
    )
    const { page } = await open(given)
    await page.locator(".notice summary").click()
    assert.strictEqual(await textOf(page, ".notice li"), "Search pr\u043ej_a: U+043E")
    assert.strictEqual(await textOf(page, "#matrix .foreign"), "\u043e")
  })

  it("has a summary without its script", async () => {
    const { page } = await open(small)
    const html = await page.evaluate<string>("document.querySelector('noscript').textContent")
    assert.include(html, "A summary")
  })
})

describe("the style", () => {
  const luminance = (color: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }

  it("has enough contrast, dark and light (WCAG AA)", () => {
    const { style } = inject("bundle")
    const pairsOfColors = [...style.matchAll(/--(\w[\w-]*):\s*light-dark\((#[0-9a-f]+),\s*(#[0-9a-f]+)\)/g)]
    const whole = (color = "") => (color.length === 4 ? color.replace(/[0-9a-f]/g, "$&$&") : color)
    const schemes = [2, 3].map((at) => new Map(pairsOfColors.map((found) => [found[1], whole(found[at])])))
    const pairs = [
      ...["fore", "soft", "link", "escape", "error"].flatMap((fore) => [
        [fore, "back"],
        [fore, "head"]
      ]),
      ...["access", "owner", "unknown"].map((back) => ["fore", back])
    ]
    for (const colors of schemes) {
      for (const [fore = "", back = ""] of pairs) {
        const [one, other] = [luminance(colors.get(fore) ?? ""), luminance(colors.get(back) ?? "")]
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
        assert.isAtLeast(contrast, 4.5, `${fore} on ${back}`)
      }
    }
  })
})
