/**
 * Every link of the built site leads to a page, a file or an anchor of it, and every link into the repository to a file
 * of it: `node --import tsx site/check/links.ts`.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"
import { isPlaceholder, site, sourceOf } from "../../tools/address.mjs"
import { root } from "../pages.ts"

export interface DeadLink {
  readonly page: string
  readonly link: string
}

const characters: Readonly<Record<string, string>> = { quot: '"', "#39": "'", lt: "<", gt: ">", amp: "&" }

const attributes = (html: string, name: string): ReadonlyArray<string> =>
  Array.from(html.matchAll(new RegExp(`\\s(?:${name})="([^"]*)"`, "g")), ([, value = ""]) =>
    value.replace(/&(quot|#39|lt|gt|amp);/g, (_, character: string) => characters[character] ?? "")
  )

/** Returns the broken links of a built site. `base` is the path that it is served under. */
export const deadLinks = (folder: string, base: string): ReadonlyArray<DeadLink> => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => file.replaceAll("\\", "/"))
  const html = new Map(
    files.filter((file) => file.endsWith(".html")).map((file) => [file, readFileSync(join(folder, file), "utf8")])
  )
  const anchors = new Map(Array.from(html, ([file, text]) => [file, new Set(attributes(text, "id|name"))]))
  const home = new URL(base, site)

  const isDead = (page: string, link: string): boolean => {
    const inRepository = sourceOf("")
    if (link.startsWith(inRepository)) {
      return !existsSync(join(root, decodeURIComponent(link.slice(inRepository.length).split("#")[0] ?? "")))
    }
    const { hash, origin, pathname } = new URL(link, new URL(page, home))
    if (origin !== home.origin) return false
    if (!pathname.startsWith(base)) return true
    const file = decodeURIComponent(pathname.slice(base.length)).replace(/\/$/, "")
    const target = [file, `${file}.html`, posix.join(file, "index.html")].find((each) => files.includes(each))
    return (
      target === undefined || (hash !== "" && anchors.get(target)?.has(decodeURIComponent(hash.slice(1))) === false)
    )
  }

  return Array.from(html)
    .filter(([page]) => page !== "404.html")
    .flatMap(([page, text]) =>
      [...new Set(attributes(text, "href|src"))].filter((link) => isDead(page, link)).map((link) => ({ page, link }))
    )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "../build/site")
  const dead = deadLinks(folder, new URL(site).pathname)
  for (const link of new Set(dead.map(({ link }) => link))) {
    const pages = dead.filter((each) => each.link === link).map(({ page }) => page)
    console.error(`${link} leads nowhere: ${pages.slice(0, 3).join(", ")}${pages.length > 3 ? ", …" : ""}`)
  }
  if (dead.length > 0) process.exitCode = 1
  else {
    console.log(
      "Every link leads somewhere. The site is in site/build/site; `npm run docs:test` tests it in a browser."
    )
    if (isPlaceholder) console.log("Its address is not set yet: see tools/address.mjs.")
  }
}
