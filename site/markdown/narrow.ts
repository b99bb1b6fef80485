/** For narrow screens: short code in a sentence is not cut at a hyphen, and a picture is scrolled, by the keyboard too. */
import type { MarkdownRenderer } from "vitepress"

export const narrow = (md: MarkdownRenderer): void => {
  md.core.ruler.push("narrow", ({ tokens }) => {
    tokens.forEach((token, index) => {
      if (token.type === "inline" && /^(!\[|<picture>)/.test(token.content)) {
        tokens[index - 1]?.attrSet("class", "picture")
        tokens[index - 1]?.attrSet("tabindex", "0")
      }
      for (const child of token.children ?? []) {
        if (child.type === "code_inline" && child.content.length <= 22) child.attrJoin("class", "short")
      }
    })
  })
}
