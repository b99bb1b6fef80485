/** Counts lines of code, lines with only a comment, and lines of tests, for each package and folder. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"

const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Lines {
  /** Lines of code outside of tests. */
  readonly src: number
  /** Lines beside that code that hold a comment alone. */
  readonly comments: number
  /** Lines of code of tests, and of what is there for tests alone. */
  readonly tests: number
}

/** Folders with installed, built or generated files. */
const made = /^(node_modules|build|dist|reference|tarballs|coverage|cache|\.snippets|\.stryker-tmp)$/

const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? made.test(entry.name)
        ? []
        : filesBelow(join(folder, entry.name))
      : [join(folder, entry.name).replaceAll("\\", "/")]
  )

/** Returns true for a module that a script writes from a document. */
const isWritten = (text: string): boolean => /^\/\*\* .* Written by `npm run [\w:]+`\. \*\/\n/.test(text)

const isText = (line: string | undefined): boolean => line !== undefined && line.trim() !== ""
const linesOfText = (text: string): number => text.split("\n").filter(isText).length

const without = (comment: RegExp) => (text: string) => linesOfText(text.replaceAll(comment, ""))

/** Returns true for a string or a regular expression, in which `/*` and `//` begin no comment. */
const isLiteral = (node: ts.Node): boolean =>
  ts.isStringLiteral(node) ||
  ts.isNoSubstitutionTemplateLiteral(node) ||
  ts.isRegularExpressionLiteral(node) ||
  ts.isTemplateHead(node) ||
  ts.isTemplateMiddleOrTemplateTail(node)

/** Counts the lines that hold a token of TypeScript or JavaScript, a template's text included. */
const linesOfTokens = (text: string): number => {
  const file = ts.createSourceFile("x.ts", text, ts.ScriptTarget.ESNext)
  let plain = ""
  let end = 0
  const visit = (node: ts.Node): void => {
    if (isLiteral(node)) {
      const start = node.getStart(file)
      plain += text.slice(end, start) + text.slice(start, node.end).replaceAll(/\S/g, "x")
      end = node.end
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return without(/^#!.*|\/\*[\s\S]*?\*\/|\/\/.*/g)(plain + text.slice(end))
}

/** By the end of a file's name: how many lines of code it has. */
const codeOf: ReadonlyMap<string, (text: string) => number> = new Map([
  ...["ts", "mjs", "js"].map((end) => [end, linesOfTokens] as const),
  ["css", without(/\/\*[\s\S]*?\*\//g)],
  ["html", without(/<!--[\s\S]*?-->/g)],
  ...["sh", "py"].map((end) => [end, without(/^\s*#.*$/gm)] as const)
])

/** One file's lines of code and of comments. Neither, if it is no code. */
export const linesOf = (name: string, text: string): { readonly code: number; readonly comments: number } => {
  const code = codeOf.get(name.slice(name.lastIndexOf(".") + 1))?.(text)
  return code === undefined ? { code: 0, comments: 0 } : { code, comments: Math.max(0, linesOfText(text) - code) }
}

/** Returns the package or folder of a file. Other files of a package than `src` and `test` are its set-up. */
const moduleOf = (file: string): string => {
  const [, name, rest] = /^packages\/([^/]+)\/(.*)$/.exec(file) ?? []
  if (name === undefined || rest === undefined) return file.slice(0, file.indexOf("/"))
  return /^(src|test)\//.test(rest) ? name : "set-up"
}

/** `contract` is the cases that both Effect lines are tested with, and of `docs` only the guides are not tests. */
const isTest = (module: string, file: string): boolean =>
  module === "contract" || module === "docs" || /\/test\/|\.test\.[a-z]+$/.test(file)

/** A source file of what is built: published packages, and the action, which is bundled. */
export interface SourceFile {
  readonly module: string
  readonly file: string
  /** All of them, comments and empty lines included. */
  readonly lines: number
}

/** Private packages whose sources no product contains. */
const isSupport = (module: string): boolean => module === "bench" || module === "contract"

/** Counts the lines of every module and of the guides, and the source files. */
export const count = () => {
  const modules: Record<string, Lines> = {}
  const sources: Array<SourceFile> = []
  let guides = 0
  for (const file of ["packages", "docs", "site", "scripts", "tools", "examples"].flatMap(filesBelow)) {
    const text = readFileSync(join(root, file), "utf8")
    if (/^docs\/.*\.md$/.test(file)) guides += text.split("\n").length - 1
    const { code, comments } = isWritten(text) ? { code: 0, comments: 0 } : linesOf(file, text)
    if (code + comments === 0) continue
    const module = moduleOf(file)
    if (/^packages\/[^/]+\/src\//.test(file) && !isSupport(module)) {
      sources.push({ module, file, lines: text.split("\n").length - 1 })
    }
    const sum = modules[module] ?? { src: 0, comments: 0, tests: 0 }
    modules[module] = isTest(module, file)
      ? { ...sum, tests: sum.tests + code }
      : { ...sum, src: sum.src + code, comments: sum.comments + comments }
  }
  return { modules, sources, guides }
}

const supporting = ["bench", "site", "scripts", "tools", "examples"]

/** Returns the sums over all modules: of the products, and of what supports them. */
export const sumOf = (modules: Readonly<Record<string, Lines>>) => {
  const sum = { sources: 0, comments: 0, tests: 0, support: 0 }
  for (const [name, lines] of Object.entries(modules)) {
    if (supporting.includes(name)) sum.support += lines.src + lines.tests
    else if (name !== "set-up") {
      sum.sources += lines.src
      sum.comments += lines.comments
      sum.tests += lines.tests
    }
  }
  return sum
}
