/**
 * Tabs from neighbouring code blocks of plain Markdown: the same program for Effect 3 and Effect 4, or the same command
 * for several package managers. On a code host they stand one after the other.
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
    const out: typeof state.tokens = []
    for (let at = 0; at < state.tokens.length; at++) {
      const group: Array<Choice> = []
      for (let next = at; next < state.tokens.length; next++) {
        const token = state.tokens[next]
        const choice = token?.type === "fence" ? choiceOf(token.info, token.content) : undefined
        const isNeighbour =
          choice !== undefined &&
          (group.length === 0 || (choice.kind === group[0]?.kind && group.every(({ name }) => name !== choice.name)))
        if (!isNeighbour) break
        group.push(choice)
      }
      const [first] = group
      const token = state.tokens[at]
      if (first === undefined || group.length < 2) {
        if (token !== undefined) out.push(token)
        continue
      }
      const names = JSON.stringify(group.map(({ name }) => name)).replaceAll('"', "'")
      out.push(block(`<CodeTabs kind="${first.kind}" :names="${names}">\n`))
      group.forEach((_, index) => {
        const fence = state.tokens[at + index]
        if (fence === undefined) return
        out.push(block(`<template #tab${index}>\n`), fence, block("</template>\n"))
      })
      out.push(block("</CodeTabs>\n"))
      at += group.length - 1
    }
    state.tokens = out
  })
}
