/** The built site on loopback, and one browser for all tests. `npm run docs:build` comes first. */
import { existsSync, readFileSync, statSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"
import type { TestProject } from "vitest/node"
import { site } from "../../scripts/address.mjs"

declare module "vitest" {
  interface ProvidedContext {
    /** The address of the site's front page. */
    site: string
    /** Where the browser listens; empty if there is none. */
    browser: string
  }
}

const executablePath = "/usr/bin/chromium"
const folder = fileURLToPath(new URL("../build/site", import.meta.url))
const base = new URL(site).pathname

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".md": "text/markdown",
  ".svg": "image/svg+xml",
  ".txt": "text/plain"
}

const fileOf = (path: string): string | undefined =>
  path.startsWith(base)
    ? [path, `${path}.html`, `${path}index.html`]
        .map((each) => join(folder, each.slice(base.length)))
        .find((file) => file.startsWith(folder) && existsSync(file) && statSync(file).isFile())
    : undefined

const server = createServer((request, response) => {
  const file = fileOf(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname))
  response.writeHead(file === undefined ? 404 : 200, {
    "content-type": types[extname(file ?? "")] ?? "application/octet-stream"
  })
  response.end(file === undefined ? "" : readFileSync(file))
})

export default async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  if (!existsSync(join(folder, "index.html"))) throw new Error("The site is not built: run npm run docs:build")
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  provide("site", `http://127.0.0.1:${address.port}${base}`)
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  if (!existsSync(executablePath)) {
    console.log("The tests of the site in a browser were left out: there is no /usr/bin/chromium here.")
    provide("browser", "")
    return close
  }
  const browser = await chromium.launchServer({
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
  provide("browser", browser.wsEndpoint())
  return async () => {
    await browser.close()
    server.closeAllConnections()
    await close()
  }
}
