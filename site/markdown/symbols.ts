/** The name of something public in a guide, such as `Access.plan`, becomes a link to its entry in the reference. */
import { existsSync, readFileSync } from "node:fs"
import type { MarkdownRenderer } from "vitepress"
import { symbolsFile } from "../pages.ts"

const entries: Readonly<Record<string, string>> = existsSync(symbolsFile)
  ? JSON.parse(readFileSync(symbolsFile, "utf8"))
  : {}

/** The address of what an inline code names: `Access.plan`, `Access.plan(policy)`, `RateLimitError`. */
export const entryOf = (code: string): string | undefined => {
  const name = /^([A-Za-z]\w*(?:\.\w+)?)(?:\(.*\))?$/.exec(code)?.[1]
  return name !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined
}

export const symbols = (md: MarkdownRenderer): void => {
  md.core.ruler.push("symbols", ({ Token, tokens }) => {
    tokens.forEach((token, index) => {
      if (token.type !== "inline" || tokens[index - 1]?.type === "heading_open") return
      let depth = 0
      token.children = (token.children ?? []).flatMap((child) => {
        if (child.type === "link_open") depth++
        if (child.type === "link_close") depth--
        const address = child.type === "code_inline" && depth === 0 ? entryOf(child.content) : undefined
        if (address === undefined) return [child]
        const open = new Token("link_open", "a", 1)
        open.attrSet("href", address)
        open.attrSet("class", "symbol")
        return [open, child, new Token("link_close", "a", -1)]
      })
    })
  })
}
