/** Pages in Chromium, without network. */
import { existsSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, afterEach, assert, beforeAll } from "vitest"

const executablePath = "/usr/bin/chromium"

export const hasBrowser = existsSync(executablePath)

if (!hasBrowser) console.log(`The tests of the audit's page in a browser were left out: there is no ${executablePath}.`)

export interface View extends BrowserContextOptions {
  readonly width?: number
  /** The part of the address after the `#`. */
  readonly fragment?: string
}

/**
 * Opens pages as files, in one browser. A test fails if one of its pages logged a message, which violations of its content
 * security policy do, or opened a dialog, or requested anything but itself.
 */
export const browser = () => {
  let launched: Browser
  let folder: string
  const complaints: Array<string> = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "checkpoint-permissions-page-"))
    const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    launched = await chromium.launch({ executablePath, args })
  })

  afterEach(async () => {
    for (const context of launched.contexts()) await context.close()
    assert.deepStrictEqual(complaints.splice(0), [])
  })

  afterAll(async () => {
    await launched.close()
    await rm(folder, { recursive: true })
  })

  return async (html: string, { fragment = "", width = 1280, ...options }: View = {}): Promise<Page> => {
    const file = join(folder, "audit.html")
    await writeFile(file, html)
    const own = pathToFileURL(file).href
    const context = await launched.newContext({ offline: true, viewport: { width, height: 800 }, ...options })
    // a machine may be busy; the test's own limit is the bound
    context.setDefaultTimeout(0)
    const page = await context.newPage()
    page.on("console", (message) => complaints.push(message.text()))
    page.on("pageerror", ({ message }) => complaints.push(message))
    page.on("dialog", (dialog) => {
      complaints.push(dialog.message())
      return dialog.dismiss()
    })
    page.on("request", (request) => {
      if (request.url().split("#")[0] !== own) complaints.push(request.url())
    })
    await page.goto(`${own}#${fragment}`)
    return page
  }
}
