/**
 * The documentation site: `npm run docs` serves it while it is written, `npm run docs:build` builds it into
 * `site/build/site` and checks every link. The API reference is made anew for both.
 */
import { join } from "node:path"
import { isPlaceholder } from "./address.mjs"
import { ensureInstalled, fail, root, timed } from "./install.mjs"

/** @param {string} what @param {ReadonlyArray<string>} args */
const node = (what, ...args) => {
  if (!timed(`docs: ${what}`, ...args)) process.exit(1)
}

const vitepress = join(root, "site/node_modules/vitepress/bin/vitepress.js")
const [task, ...args] = process.argv.slice(2)

ensureInstalled()
node("API reference", "--import", "tsx", "site/generate/reference.ts")
if (task === "serve") {
  node("server", vitepress, "dev", "site", "--host", "127.0.0.1", ...args)
} else if (task === "build") {
  node("site", vitepress, "build", "site", ...args)
  node("links", "--import", "tsx", "site/check/links.ts")
  process.stdout.write("docs: the site is in site/build/site; `npm run docs:test` tests it in a browser\n")
  if (isPlaceholder) process.stdout.write("docs: its address is not set yet: see scripts/address.mjs\n")
} else {
  fail(`Usage: node scripts/docs.mjs serve|build; ${JSON.stringify(task)} is neither.`)
}
