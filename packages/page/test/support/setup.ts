/** One build of the page and one browser for all tests of this package. */
import { existsSync } from "node:fs"
import { chromium } from "playwright-core"
import type { TestProject } from "vitest/node"
import { startsProcesses } from "../../../../tools/processes.ts"
import { type Bundle, bundle } from "../../bundle.ts"

declare module "vitest" {
  interface ProvidedContext {
    bundle: Bundle
    /** Where the browser listens; empty if there is none. */
    browser: string
  }
}

const executablePath = "/usr/bin/chromium"

export default async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
  if (!startsProcesses(project)) return
  const { provide } = project
  provide("bundle", await bundle())
  if (!existsSync(executablePath)) {
    console.log("The tests of the audit's page in a browser were left out: there is no /usr/bin/chromium here.")
    provide("browser", "")
    return
  }
  const server = await chromium.launchServer({
    executablePath,
    host: "127.0.0.1",
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
  provide("browser", server.wsEndpoint())
  return () => server.close()
}
