/**
 * Code groups from plain Markdown: of an install command for npm the same for pnpm and bun is made, and a program for
 * Effect 3 stands in one group with that for Effect 4: the block that follows it, with "On Effect 4:" between them on a
 * code host, or the same program with other imports.
 */
import type { MarkdownRenderer } from "vitepress"
import { forEffect4 } from "../../docs/versions.ts"

/** The commands for another package manager; `undefined` unless all that a block has is packages to install or to run. */
export const translated = (commands: string, manager: "pnpm" | "bun"): string | undefined => {
  const lines = commands.trimEnd().split("\n")
  if (!lines.every((line) => /^(npm install (?!\.)\S|npx @)/.test(line))) return undefined
  const [dlx, dev] = manager === "pnpm" ? ["pnpm dlx", "--save-dev"] : ["bunx", "--dev"]
  return `${lines
    .map((line) =>
      line
        .replace(/^npm install/, `${manager} add`)
        .replace(/^npx/, dlx)
        .replace(" --save-dev ", ` ${dev} `)
    )
    .join("\n")}\n`
}

export const tabs = (md: MarkdownRenderer): void => {
  md.core.ruler.push("code_groups", (state) => {
    type Token = (typeof state.tokens)[number]
    const group = (fences: ReadonlyArray<readonly [title: string, fence: Token]>): ReadonlyArray<Token> => [
      new state.Token("container_code-group_open", "div", 1),
      ...fences.map(([title, fence]) => Object.assign(fence, { info: `${fence.info.split(" ")[0]} [${title}]` })),
      new state.Token("container_code-group_close", "div", -1)
    ]
    const tokens: Array<Token> = []
    for (let at = 0; at < state.tokens.length; at++) {
      const token = state.tokens[at]
      if (token === undefined) break
      const [pnpm, bun] = (["pnpm", "bun"] as const).map((manager) =>
        token.type === "fence" && token.info === "sh" ? translated(token.content, manager) : undefined
      )
      // The words between two programs are the three tokens of a paragraph.
      const between = state.tokens[at + 2]?.content === "On Effect 4:" ? 4 : 1
      const next = state.tokens[at + between]
      const isEffect3 = token.type === "fence" && /^ts\b(?! effect4)/.test(token.info)
      const copy = (content: string) => Object.assign(new state.Token("fence", "code", 0), token, { content })
      if (isEffect3 && token.info.startsWith("ts both")) {
        tokens.push(
          ...group([
            ["Effect 3", token],
            ["Effect 4", copy(forEffect4(token.content))]
          ])
        )
      } else if (pnpm !== undefined && bun !== undefined) {
        tokens.push(
          ...group([
            ["npm", token],
            ["pnpm", copy(pnpm)],
            ["bun", copy(bun)]
          ])
        )
      } else if (isEffect3 && next?.type === "fence" && next.info.startsWith("ts effect4")) {
        tokens.push(
          ...group([
            ["Effect 3", token],
            ["Effect 4", next]
          ])
        )
        at += between
      } else {
        // The renderer would take the digit of `effect4` for a line to mark.
        if (token.type === "fence") token.info = token.info.split(" ")[0] ?? ""
        tokens.push(token)
      }
    }
    state.tokens = tokens
  })
}
