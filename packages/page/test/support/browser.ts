import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type Browser, chromium, type Page } from "playwright-core"
import { afterAll, afterEach, assert, beforeAll, inject } from "vitest"
import type { PageData } from "../../src/model/data.ts"

const endpoint = inject("browser")

export const hasBrowser = endpoint !== ""

export interface Opened {
  readonly page: Page
  /** Messages of the console, uncaught errors and dialogs, with violations of the content security policy. */
  readonly complaints: Array<string>
  /** Every requested address except the page's own. */
  readonly requests: Array<string>
}

export interface View {
  readonly colorScheme?: "light" | "dark"
  readonly width?: number
  /** The part of the URL after the `#`. */
  readonly fragment?: string
}

/** Returns the page as `access` makes it, for data and a title in which only `<` needs an escape. */
export const htmlOf = (data: PageData, title = "Who can use what"): string => {
  const { markup, ...built } = inject("bundle")
  const json = JSON.stringify(data).replaceAll("<", "\\u003c")
  const places: Readonly<Record<string, string>> = { ...built, title, summary: "A summary", data: json }
  return markup.replace(/\{\{(\w+)\}\}/g, (_, name: string) => places[name] ?? "")
}

/**
 * Opens pages as files on disk, in one browser without network. A test fails if one of its pages logged an error, or
 * requested anything except itself.
 */
export const browser = () => {
  let connected: Browser
  const opened: Array<Opened> = []

  beforeAll(async () => {
    if (hasBrowser) connected = await chromium.connect(endpoint)
  })

  afterAll(async () => {
    if (hasBrowser) await connected.close()
  })

  afterEach(() => {
    for (const { complaints, requests } of opened.splice(0)) {
      assert.deepStrictEqual(complaints, [])
      assert.deepStrictEqual(requests, [])
    }
  })

  const openHtml = async (html: string, view: View = {}): Promise<Opened> => {
    const folder = await mkdtemp(join(tmpdir(), "checkpoint-permissions-page-"))
    const file = join(folder, "audit.html")
    await writeFile(file, html)
    const context = await connected.newContext({
      offline: true,
      colorScheme: view.colorScheme ?? "light",
      viewport: { width: view.width ?? 1280, height: 800 }
    })
    // A machine may be busy; the test's own limit is the bound.
    context.setDefaultTimeout(0)
    context.on("close", () => rm(folder, { recursive: true, force: true }))
    const page = await context.newPage()
    const complaints: Array<string> = []
    const requests: Array<string> = []
    const own = pathToFileURL(file).href
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`))
    page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`))
    page.on("dialog", async (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      await dialog.dismiss()
    })
    context.on("request", (request) => {
      if (request.url().split("#")[0] !== own) requests.push(request.url())
    })
    await page.goto(own + (view.fragment === undefined ? "" : `#${view.fragment}`))
    const one = { page, complaints, requests }
    opened.push(one)
    return one
  }

  const open = (data: PageData, view?: View): Promise<Opened> => openHtml(htmlOf(data), view)

  return { open, openHtml }
}

export const rows = (page: Page): Promise<ReadonlyArray<string>> =>
  page.locator("#matrix tbody th .label").allTextContents()

export const columns = (page: Page): Promise<ReadonlyArray<string>> =>
  page.locator("#matrix thead .item .id").allTextContents()

export const cellsOf = (page: Page, row: number): Promise<ReadonlyArray<string>> =>
  page.locator(`#matrix tbody tr:nth-child(${row}) td`).allTextContents()

export const status = (page: Page, text: string): Promise<void> => page.locator("#status", { hasText: text }).waitFor()

/** Returns the visible text of each element after the page was drawn. Skipped content has no visible text before. */
export const textsOf = async (page: Page, selector: string): Promise<ReadonlyArray<string>> => {
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
  return page.locator(selector).allInnerTexts()
}

export const textOf = async (page: Page, selector: string): Promise<string> =>
  (await textsOf(page, selector)).join("\n")

/** The fragment of the page's URL. */
export const fragment = (page: Page): string => new URL(page.url()).hash.slice(1)
