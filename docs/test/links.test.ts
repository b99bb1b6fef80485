import { existsSync, readFileSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, it } from "vitest"
import { slug } from "../slug.ts"
import { pages, root } from "../snippets.ts"

const withoutCode = (markdown: string): string => markdown.replace(/^\s*(`{3,})[\s\S]*?^\s*\1\s*$/gm, "")

/** The anchors that a page has: its headings, as a forge turns them into ids. */
const anchors = (markdown: string): ReadonlySet<string> => {
  const seen = new Map<string, number>()
  return new Set(
    Array.from(withoutCode(markdown).matchAll(/^#{1,6} +(.*?)\s*$/gm), ([, heading = ""]) => {
      const id = slug(heading)
      const count = seen.get(id) ?? 0
      seen.set(id, count + 1)
      return count === 0 ? id : `${id}-${count}`
    })
  )
}

const linksOf = (page: string): ReadonlyArray<string> =>
  Array.from(
    withoutCode(readFileSync(join(root, page), "utf8"))
      .replace(/`[^`\n]*`/g, "")
      .matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)/gm),
    ([, inline, reference]) => inline ?? reference ?? ""
  )

it.each(pages)("links of %s lead somewhere", (page) => {
  const broken = linksOf(page)
    .filter((link) => !/^[a-z][a-z+.-]*:/i.test(link))
    .filter((link) => {
      const [path = "", anchor] = link.split("#")
      const target = path === "" ? join(root, page) : join(root, dirname(page), decodeURIComponent(path))
      if (!existsSync(target)) return true
      if (anchor === undefined || statSync(target).isDirectory()) return false
      return !anchors(readFileSync(target, "utf8")).has(anchor)
    })
  assert.isEmpty(broken)
})

/** Private words that the field's terms replaced: see CONTRIBUTING.md. Code and quotations may have them. */
const privateWords =
  /\b(pace[sd]?|settled?|settling|told|untold|strangers?|torn|mend(ed)?|whoever|nobody|somebody|patience|believe[sd]?|belies|reads? back|by itself)\b/gi

it.each(pages)("%s has no private words", (page) => {
  const prose = withoutCode(readFileSync(join(root, page), "utf8")).replace(/`[^`\n]*`|\]\([^)]*\)|“[^”]*”/g, "")
  assert.deepStrictEqual(prose.match(privateWords) ?? [], [])
})
