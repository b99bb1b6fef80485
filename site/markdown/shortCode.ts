/** Code in a sentence that is short is not cut at a hyphen: `--yes`. */
import type { MarkdownRenderer } from "vitepress"

export const shortCode = (md: MarkdownRenderer): void => {
  md.core.ruler.push("short_code", ({ tokens }) => {
    for (const token of tokens) {
      for (const child of token.children ?? []) {
        if (child.type === "code_inline" && child.content.length <= 22) child.attrJoin("class", "short")
      }
    }
  })
}
