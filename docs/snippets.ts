/**
 * The examples of this project: every TypeScript block of the READMEs, the
 * guides and the doc comments. The word after `ts` says what becomes of one
 * once it has compiled:
 *
 * - `ts` nothing more in a page; in a doc comment it is run,
 * - `ts run` a whole program, which has to end without an error,
 * - `ts test` a test file, which has to pass.
 *
 * `ts effect4`, `ts effect4 run` and `ts effect4 test` are the same for Effect 4, and `ts both run` for both, where only
 * the imports differ.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { forEffect4 } from "./versions.ts"

export const root = fileURLToPath(new URL("..", import.meta.url))

/** For which Effect an example is: both cannot be installed in one folder. */
export type Line = "effect3" | "effect4"

/** The workspace folder in which the examples of a line are compiled. */
export const folders: Readonly<Record<Line, string>> = {
  effect3: join(root, "docs"),
  effect4: join(root, "docs/effect4")
}

export interface Snippet {
  /** Its location, such as `README.md:12`: the line of its fence. */
  readonly origin: string
  readonly line: Line
  /** Its file, in `.snippets` of the folder of its line. */
  readonly file: string
  readonly code: string
  readonly use: "compile" | "run" | "test"
}

/** Below `node_modules` are hundreds of thousands. */
const isElsewhere = /^(node_modules|dist|build|\.snippets)$/

const filesBelow = (folder: string, extension: string): ReadonlyArray<string> =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { withFileTypes: true })
        .flatMap((entry) =>
          entry.isDirectory()
            ? isElsewhere.test(entry.name)
              ? []
              : filesBelow(`${folder}/${entry.name}`, extension)
            : entry.name.endsWith(extension)
              ? [`${folder}/${entry.name}`]
              : []
        )
        .sort()
    : []

const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}`)

/** Every page of Markdown that people read, relative to the root. */
export const pages: ReadonlyArray<string> = [
  "README.md",
  "CONTRIBUTING.md",
  "RELEASING.md",
  "SECURITY.md",
  "AGENTS.md",
  ...packages.map((folder) => `${folder}/README.md`),
  ...filesBelow("docs", ".md")
].filter((file) => existsSync(join(root, file)))

const sources = packages.flatMap((folder) => filesBelow(`${folder}/src`, ".ts"))

/** In a doc comment each line has a star before it. */
const lines = (file: string): ReadonlyArray<string> => {
  const text = readFileSync(join(root, file), "utf8").split("\n")
  return file.endsWith(".ts") ? text.map((line) => /^\s*\* ?(.*)$/.exec(line)?.[1] ?? "") : text
}

/** Returns the treatment of a block by its word, or `undefined` for an unknown word. Every block of a doc comment is run. */
const useOf = (word: string | undefined, isSource: boolean): Snippet["use"] | undefined => {
  if (word === undefined) return isSource ? "run" : "compile"
  return !isSource && (word === "run" || word === "test") ? word : undefined
}

const snippetsOf = (file: string): ReadonlyArray<Snippet> => {
  const found: Array<Snippet> = []
  let open: { readonly fence: string; readonly line: number; readonly info: string; code: string } | undefined
  lines(file).forEach((line, index) => {
    if (open !== undefined) {
      if (line.trim() === open.fence) {
        const [language, ...words] = open.info.split(" ")
        const [version] = words
        const [word, ...others] = version === "effect4" || version === "both" ? words.slice(1) : words
        const use = useOf(word, file.endsWith(".ts"))
        const origin = `${file}:${open.line}`
        if (language === "typescript") throw new Error(`${origin}: write the fence as \`\`\`ts`)
        if (language === "ts") {
          if (use === undefined || others.length > 0) {
            throw new Error(
              `${origin}: a block is ts, ts run or ts test, or the same with effect4 or both, in a doc comment ts or ts effect4, not ${open.info}`
            )
          }
          const name = `${file.replace(/\.(md|ts)$/, "").replace(/[^A-Za-z0-9]+/g, "-")}-${open.line}`
          const snippet = { origin, file: `${name}${use === "test" ? ".test" : ""}.ts`, code: open.code, use }
          if (version !== "effect4") found.push({ ...snippet, line: "effect3" })
          if (version === "effect4") found.push({ ...snippet, line: "effect4" })
          if (version === "both") found.push({ ...snippet, line: "effect4", code: forEffect4(open.code) })
        }
        open = undefined
      } else {
        open.code += `${line}\n`
      }
      return
    }
    const fence = /^\s*(`{3,})(.*)$/.exec(line)
    if (fence) open = { fence: fence[1] ?? "", line: index + 1, info: (fence[2] ?? "").trim(), code: "" }
  })
  if (open !== undefined) throw new Error(`${file}:${open.line}: the block has no end`)
  return found
}

export const snippets: ReadonlyArray<Snippet> = [...pages, ...sources].flatMap(snippetsOf)

/**
 * Writes each as a module, its origin on the first line: line n of the file is line n after the fence. What has not
 * changed is left alone, for the sake of another run that reads it just now.
 */
export const writeSnippets = (): void => {
  for (const [line, folder] of Object.entries(folders)) {
    const directory = join(folder, ".snippets")
    mkdirSync(directory, { recursive: true })
    const present = new Set(readdirSync(directory))
    for (const { code, file, origin } of snippets.filter((snippet) => snippet.line === line)) {
      const path = join(directory, file)
      const text = `// ${origin}\n${code}`
      if (!present.delete(file) || readFileSync(path, "utf8") !== text) writeFileSync(path, text)
    }
    for (const stale of present) rmSync(join(directory, stale), { force: true })
  }
}
