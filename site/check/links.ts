/**
 * Every link of the built site leads to a page, a file or an anchor of it, and every link into the repository to a file
 * of it: `node --import tsx site/check/links.ts`.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"
import { repository, site, sourceOf } from "../../scripts/address.mjs"
import { root } from "../pages.ts"

export interface DeadLink {
  readonly page: string
  readonly link: string
}

const unescaped = (text: string): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")

const attributes = (html: string, name: string): ReadonlyArray<string> =>
  Array.from(html.matchAll(new RegExp(`\\s(?:${name})="([^"]*)"`, "g")), ([, value = ""]) => unescaped(value))

/** What of a built site leads nowhere; `base` is the path that it is served under. */
export const deadLinks = (folder: string, base: string): ReadonlyArray<DeadLink> => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => file.replaceAll("\\", "/"))
  const present = new Set(files)
  const html = new Map(
    files.filter((file) => file.endsWith(".html")).map((file) => [file, readFileSync(join(folder, file), "utf8")])
  )
  const anchors = new Map(Array.from(html, ([file, text]) => [file, new Set(attributes(text, "id|name"))]))

  const isDead = (page: string, link: string): boolean => {
    const inRepository = sourceOf("")
    if (link.startsWith(inRepository)) {
      return !existsSync(join(root, decodeURIComponent(link.slice(inRepository.length).split("#")[0] ?? "")))
    }
    if (link.startsWith(repository) || /^(https?|mailto|data|blob):/.test(link)) return false
    const [path = "", anchor] = link.split("#")
    const absolute =
      path === "" ? base + page : posix.resolve(`${base}${posix.dirname(page)}/`, decodeURI(path.split("?")[0] ?? ""))
    if (!`${absolute}/`.startsWith(base)) return true
    const file = absolute.slice(base.length).replace(/\/$/, "")
    const target = [file, `${file}.html`, posix.join(file, "index.html")].find((each) => {
      const name = each === "" ? "index.html" : each
      return present.has(name) && !statSync(join(folder, name)).isDirectory()
    })
    if (target === undefined) return true
    const ids = anchors.get(target === "" ? "index.html" : target)
    return anchor !== undefined && anchor !== "" && ids !== undefined && !ids.has(decodeURIComponent(anchor))
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
  else console.log("Every link of the site leads somewhere.")
}
