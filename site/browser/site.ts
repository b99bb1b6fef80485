import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { afterAll, assert, beforeAll, inject } from "vitest"

const endpoint = inject("browser")

export const hasBrowser = endpoint !== ""
export const address = inject("site")

export interface View {
  readonly width: number
  readonly colorScheme: "light" | "dark"
}

export const views: ReadonlyArray<View> = [
  { width: 1440, colorScheme: "light" },
  { width: 1440, colorScheme: "dark" },
  { width: 390, colorScheme: "light" },
  { width: 390, colorScheme: "dark" }
]

export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** Opens a page of the site, by its path: `quick-start`. */
  readonly open: (path: string) => Promise<void>
}

/** One browser for the tests of a file. Each visit fails on what a page asks of elsewhere, and on errors. */
export const browser = () => {
  let connected: Browser

  beforeAll(async () => {
    if (hasBrowser) connected = await chromium.connect(endpoint)
  }, 60_000)

  afterAll(async () => {
    if (hasBrowser) await connected.close()
  })

  const visit = async (view: View, use: (visit: Visit) => Promise<void>): Promise<void> => {
    const context = await connected.newContext({
      colorScheme: view.colorScheme,
      reducedMotion: "reduce",
      viewport: { width: view.width, height: 900 }
    })
    const elsewhere: Array<string> = []
    const complaints: Array<string> = []
    await context.route(
      (url) => !url.href.startsWith(address) && !/^(data|blob):/.test(url.href),
      (route) => {
        elsewhere.push(route.request().url())
        return route.abort()
      }
    )
    const page = await context.newPage()
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`))
    try {
      await use({
        context,
        page,
        open: async (path) => {
          await page.goto(`${address}${path}`)
          // Vue has taken the page over.
          await page.waitForFunction("document.querySelector('#app')?.__vue_app__ !== undefined")
        }
      })
    } finally {
      await context.close()
    }
    assert.deepStrictEqual(elsewhere, [], "requests to elsewhere")
    assert.deepStrictEqual(complaints, [], "errors in the console")
  }

  return { visit }
}
