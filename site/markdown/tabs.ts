/**
 * Tabs from neighbouring code blocks of plain Markdown: the same program for Effect 3 and Effect 4, or the same command
 * for several package managers. On a code host they stand one after the other, with "On Effect 4:" between them.
 */
import type { MarkdownRenderer } from "vitepress"

/** What a reader chooses once for the whole site, and the names of the choices. */
export const choices = {
  effect: ["Effect 3", "Effect 4"],
  packages: ["npm", "pnpm", "bun"]
} as const

type Kind = keyof typeof choices

interface Choice {
  readonly kind: Kind
  readonly name: string
}

/** Which choice a block is for, by the words of its fence or its first command. */
const choiceOf = (info: string, content: string): Choice | undefined => {
  const [language = "", ...words] = info.trim().split(/\s+/)
  if (language === "ts") return { kind: "effect", name: words.includes("effect4") ? "Effect 4" : "Effect 3" }
  if (language !== "sh") return undefined
  const command = /^(npm|npx|pnpm|pnpx|bun|bunx) /m.exec(content)?.[1]
  const name = command
    ?.replace(/^npx$/, "npm")
    .replace(/^pnpx$/, "pnpm")
    .replace(/^bunx$/, "bun")
  return name === undefined ? undefined : { kind: "packages", name }
}

export const tabs = (md: MarkdownRenderer): void => {
  md.core.ruler.push("neighbouring_fences", (state) => {
    const { Token } = state
    const block = (content: string) => {
      const token = new Token("html_block", "", 0)
      token.content = content
      return token
    }
    /** How many tokens stand between a block and the next one that belongs to it: none, or those of a paragraph. */
    const between = (at: number): number =>
      state.tokens[at]?.type === "paragraph_open" && state.tokens[at + 1]?.content === "On Effect 4:" ? 3 : 0
    const out: typeof state.tokens = []
    for (let at = 0; at < state.tokens.length; at++) {
      const group: Array<Choice & { readonly fence: (typeof state.tokens)[number] }> = []
      let end = at
      for (let next = at; next < state.tokens.length; next++) {
        if (group.length > 0) next += between(next)
        const fence = state.tokens[next]
        const choice = fence?.type === "fence" ? choiceOf(fence.info, fence.content) : undefined
        const isNeighbour =
          choice !== undefined &&
          (group.length === 0 || (choice.kind === group[0]?.kind && group.every(({ name }) => name !== choice.name)))
        if (fence === undefined || !isNeighbour) break
        // The generator would take the digit of `effect4` for a line to mark.
        fence.info = fence.info.split(" ")[0] ?? ""
        group.push({ ...choice, fence })
        end = next
      }
      const [first] = group
      const token = state.tokens[at]
      if (first === undefined || group.length < 2) {
        if (token !== undefined) out.push(token)
        continue
      }
      const names = JSON.stringify(group.map(({ name }) => name)).replaceAll('"', "'")
      out.push(block(`<CodeTabs kind="${first.kind}" :names="${names}">\n`))
      group.forEach(({ fence }, index) => {
        out.push(block(`<template #tab${index}>\n`), fence, block("</template>\n"))
      })
      out.push(block("</CodeTabs>\n"))
      at = end
    }
    state.tokens = out
  })
}
