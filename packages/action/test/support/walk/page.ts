/** The page about CI: its files, its commands and its environments, as a user copies them. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../../../../..", import.meta.url))

const read = (name: string) => readFileSync(join(root, `docs/${name}.md`), "utf8")

const page = read("ci")

const blocks = (language: string): ReadonlyArray<string> =>
  [...page.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, "gm"))].map(
    ([, indent = "", text = ""]) => text.replaceAll(new RegExp(`^${indent}`, "gm"), "")
  )

/** Files by path. Each begins with a comment that names it. */
export const files: Readonly<Record<string, string>> = Object.fromEntries(
  blocks("yaml").flatMap((text) => {
    const [, path] = /^# (\S+)\n/.exec(text) ?? []
    return path === undefined ? [] : [[path, text]]
  })
)

/** The workflows of the page by path. */
export const workflows = Object.fromEntries(
  Object.entries(files).filter(([path]) => path.startsWith(".github/workflows/"))
)

/** The commands of the page that make the first policy. */
export const commands: ReadonlyArray<string> = blocks("sh").flatMap((text) => text.trim().split("\n"))

/** The sentences of a numbered step. */
export const step = (number: number): string =>
  new RegExp(`^${number}\\. ([\\s\\S]*?)(?=^\\d\\. |\\n\\n)`, "m").exec(page)?.[1]?.replaceAll(/\s+/g, " ") ?? ""

/** Returns true if the page, or that for a security review, has a sentence, whatever its line breaks and links. */
export const has = (sentence: string): boolean =>
  `${page} ${read("security-review")}`
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .includes(sentence)
