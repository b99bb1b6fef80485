/**
 * Links of the Markdown, which lead from file to file of the repository, made links of the site. What is not on the site
 * is shown in the repository.
 */
import { relative, sep } from "node:path"
import type { MarkdownRenderer } from "vitepress"
import { sourceOf } from "../../tools/address.mjs"
import { addressOf, isOnSite, root, targetOf } from "../pages.ts"

interface Env {
  readonly path: string
  readonly realPath?: string
}

/** The link as the site has it; `file` is where it stands, relative to the root of the repository. */
export const siteLink = (file: string, link: string): string => {
  if (/^([a-z][a-z+.-]*:|\/|#)/i.test(link)) return link
  const [path = "", anchor] = link.split("#")
  const target = targetOf(file, path)
  const suffix = anchor === undefined ? "" : `#${anchor}`
  return isOnSite(target) ? `/${addressOf(target)}${suffix}` : `${sourceOf(target)}${suffix}`
}

/** The same for a whole Markdown text, code left alone. */
export const siteLinks = (file: string, markdown: string): string =>
  markdown
    .split(/(^ *`{3,}[\s\S]*?^ *`{3,}$|`[^`\n]*`)/m)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replace(/\]\(([^)\s]+)\)/g, (_, link: string) => `](${siteLink(file, link)})`)
    )
    .join("")

export const links = (md: MarkdownRenderer): void => {
  md.core.ruler.push("site_links", ({ env, tokens }) => {
    const { path, realPath = path }: Env = env
    const file = relative(root, realPath).split(sep).join("/")
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === "link_open" ? token.attrGet("href") : null
      if (href !== null) token.attrSet("href", siteLink(file, href))
    }
  })
}
