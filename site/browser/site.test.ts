/** The built site in Chromium, from the disk and without a network. `npm run docs:build` comes first. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { AxeResults } from "axe-core"
import { type Browser, chromium, type Page } from "playwright-core"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { site } from "../../tools/address.mjs"
import { addressOf, allPages, referenceFolder } from "../pages.ts"

const executablePath = "/usr/bin/chromium"
const folder = fileURLToPath(new URL("../build/site", import.meta.url))
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const wide = { width: 1400, colorScheme: "light" } as const
const phone = { width: 400, colorScheme: "dark" } as const
const views = [wide, phone, { width: 1400, colorScheme: "dark" }, { width: 400, colorScheme: "light" }] as const

/** Parts of VitePress that fail the accessibility guidelines 2.2: see decision 0007. */
const accepted = [".VPSidebar", ".VPNavBarSearch", ".VPLocalSearchBox"]

const fileOf = (url: string): string | undefined => {
  const path = decodeURIComponent(new URL(url).pathname.slice(new URL(site).pathname.length))
  return [path, `${path}.html`, `${path}index.html`]
    .map((each) => join(folder, each))
    .find((file) => existsSync(file) && statSync(file).isFile())
}

let browser: Browser

/** Fails on what a page asks of elsewhere, and on what it complains of. */
const visit = async (
  { colorScheme, width }: (typeof views)[number],
  use: (page: Page, open: (path: string) => Promise<void>) => Promise<void>
): Promise<void> => {
  const context = await browser.newContext({ colorScheme, reducedMotion: "reduce", viewport: { width, height: 900 } })
  // A machine may be busy; the test's own limit is the bound.
  context.setDefaultTimeout(0)
  const faults: Array<string> = []
  await context.route(/^https?:/, async (route) => {
    const path = route.request().url().startsWith(site) ? fileOf(route.request().url()) : undefined
    if (path !== undefined) return route.fulfill({ path })
    faults.push(`there is no ${route.request().url()}`)
    return route.abort()
  })
  const page = await context.newPage()
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text())
  })
  page.on("pageerror", ({ message }) => faults.push(message))
  try {
    await use(page, async (path) => {
      await page.goto(`${site}${path}`)
      // Vue has taken the page over.
      await page.waitForFunction("document.querySelector('#app')?.__vue_app__ !== undefined")
    })
  } finally {
    await context.close()
  }
  assert.deepStrictEqual(faults, [])
}

const violations = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.evaluate(axe)
  const found: AxeResults["violations"] = await page.evaluate(
    `axe.run({ exclude: ${JSON.stringify(accepted)} }, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })
      .then((results) => results.violations)`
  )
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}

const htmlOf = (file: string): string => addressOf(file).replace(/\.md$/, ".html")

it("an entry of the reference has a declaration, text and its source, and no page for Effect 3 leads to Effect 4", () => {
  const pages = readdirSync(referenceFolder, { recursive: true, encoding: "utf8" }).filter((file) =>
    /^\w+[\\/](?!index)\w+\.md$/.test(file)
  )
  assert.isAbove(pages.length, 60)
  for (const page of pages) {
    const text = readFileSync(join(referenceFolder, page), "utf8")
    for (const entry of text.split(/^### /m).slice(1)) {
      assert.match(entry, /^[^\n]+\n\n(\*\*Deprecated[^\n]+\n\n)?```ts\n[\s\S]+?\n```\n\n(?!Types|\[Source)\S/, page)
      assert.match(entry, /\[Source\]\(\S+\.ts#L\d+\)/, page)
    }
    assert.notMatch(text, /__namedParameters|: import\("/, page)
    if (!page.startsWith("effect4")) assert.notInclude(text, "/effect4/")
  }
})

describe.skipIf(!existsSync(executablePath))("the site in a browser", () => {
  beforeAll(async () => {
    assert.isTrue(existsSync(join(folder, "index.html")), "the site is not built: run npm run docs:build")
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] })
  })
  afterAll(() => browser.close())

  it.each(views)("meets WCAG 2.2 AA, $width wide, $colorScheme", (view) =>
    visit(view, async (page, open) => {
      for (const path of ["", "quick-start", "command-line", "reference/client/CheckpointPermissions"]) {
        await open(path)
        assert.deepStrictEqual(await violations(page), [], path)
      }
    })
  )

  it("can be read on a phone: no page is wider than the screen, and pictures are scrolled, not shrunk", () =>
    visit(phone, async (page, open) => {
      for (const { file } of [{ file: "README.md" }, ...allPages]) {
        await open(htmlOf(file))
        assert.isAtMost(await page.evaluate("document.documentElement.scrollWidth"), phone.width, file)
        const widths = await page.locator(".vp-doc img").evaluateAll((all) => all.map((each) => each.clientWidth))
        for (const width of widths) assert.isAtLeast(width, 640, file)
      }
    }))

  it("says on each page which packages it is about, and leads to the next", () =>
    visit(wide, async (page, open) => {
      for (const { file, packages } of allPages) {
        await open(htmlOf(file))
        assert.strictEqual(await page.locator(".pager-link.next").count(), 1, file)
        assert.deepStrictEqual(
          await page.locator(".page-package").allTextContents(),
          packages.map((name) => `@checkpoint-permissions/${name}`)
        )
      }
    }))

  it("begins with a way to begin, the version, the repository and an icon", () =>
    visit(wide, async (page, open) => {
      await open("")
      for (const name of ["Quick start", "Repository", /^v\d/]) {
        assert.isAbove(await page.locator(".VPNavBar").getByRole("link", { name }).count(), 0, String(name))
      }
      assert.isAbove(await page.locator(".vp-doc a[href$='/quick-start.html']").count(), 0)
      const icon = await page.locator("link[rel=icon]").getAttribute("href")
      assert.isDefined(fileOf(new URL(icon ?? "none", site).href))
    }))

  it("keeps the tab that was chosen, on every page", () =>
    visit(wide, async (page, open) => {
      await open("quick-start.html")
      await page.locator(".vp-code-group label", { hasText: "pnpm" }).first().click()
      await page.locator(".vp-code-group label", { hasText: "Effect 4" }).first().click()
      await open("testing-your-application.html")
      const shown = page.locator(".vp-code-group .active")
      await shown.filter({ hasText: "pnpm add" }).first().waitFor()
      await shown.filter({ hasText: "@checkpoint-permissions/effect4" }).first().waitFor()
    }))

  it("finds a guide before the entry of a type, with an excerpt", () =>
    visit(wide, async (page, open) => {
      for (const words of ["retry after", "retry policy", "paging", "fake server", "plan", "permission"]) {
        await open("quick-start.html")
        await page.keyboard.press("Control+k")
        await page.getByRole("searchbox").fill(words)
        const first = page.locator(".VPLocalSearchBox .result").first()
        await first.locator(".excerpt .vp-doc > *").first().waitFor()
        const address = (await first.getAttribute("href")) ?? ""
        assert.notMatch(address, /reference|packages|decisions/, words)
        await page.keyboard.press("Enter")
        await page.waitForURL(`**${address}`)
      }
    }))

  it("has the Markdown of each page beside it, and an llms.txt that leads to it", () => {
    const llms = readFileSync(join(folder, "llms.txt"), "utf8")
    for (const { file } of allPages) {
      assert.include(llms, `/${addressOf(file)}): `)
      assert.isTrue(existsSync(join(folder, addressOf(file))), file)
    }
  })

  it("links a guide to the reference, and the reference to guides", () =>
    visit(wide, async (page, open) => {
      await open("access-as-code.html")
      assert.isAbove(await page.locator(".vp-doc a.symbol[href*='/reference/access/']").count(), 0)
      await open("reference/access/Access.html")
      assert.isAbove(await page.locator(".vp-doc a[href$='/plan-and-apply.html']").count(), 0)
    }))

  it("shows whole signatures in the reference, and calls before what is around them", () =>
    visit(wide, async (page, open) => {
      await open("reference/client/CheckpointPermissions.html")
      const [first] = await page.locator(".vp-doc h2").allTextContents()
      assert.match(first ?? "", /^Operations/)
      const text = (await page.locator(".vp-doc").textContent()) ?? ""
      assert.include(text, "projectIds: Arr.NonEmptyReadonlyArray<string>")
      assert.include(text, "Effect.Effect<PermissionPage, ListError, CheckpointPermissions>")
      assert.include(text, "Deletes one permission. A 404 after an attempt")
      assert.include(text, "projectIds: The ids of the projects, at least one.")
      for (const { file } of [{ file: "fake/faults" }, { file: "testing/Faults" }]) {
        await open(`reference/${file}.html`)
        assert.notInclude(await page.locator(".vp-doc h2").allTextContents(), "Other")
      }
    }))
})
