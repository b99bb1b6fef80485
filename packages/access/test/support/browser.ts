import { existsSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type Browser, chromium, type Page } from "playwright-core"

const executablePath = "/usr/bin/chromium"

export const hasBrowser = existsSync(executablePath)

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync"
    ]
  })

export interface Opened {
  readonly page: Page
  /** What the console, an uncaught error or a dialog said: violations of the content security policy too. */
  readonly complaints: Array<string>
  /** Every address that was asked for but the page's own. */
  readonly requests: Array<string>
}

export interface View {
  readonly colorScheme?: "light" | "dark"
  readonly width?: number
  readonly height?: number
}

/** A page as a file on disk, in a browser without network. */
export const open = async (browser: Browser, html: string, view: View = {}): Promise<Opened> => {
  const folder = await mkdtemp(join(tmpdir(), "checkpoint-permissions-page-"))
  const file = join(folder, "audit.html")
  await writeFile(file, html)
  const context = await browser.newContext({
    offline: true,
    colorScheme: view.colorScheme ?? "light",
    viewport: { width: view.width ?? 1280, height: view.height ?? 800 }
  })
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
    if (request.url() !== own) requests.push(request.url())
  })
  await page.goto(own)
  return { page, complaints, requests }
}
