/**
 * Builds the page and writes it into `access`, which imports it as `#page`: a module of strings and its types. With
 * `--check` it only reports stale files.
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, "../access/page")

export interface Bundle {
  /** HTML with placeholders in double braces: script, style, scriptHash, styleHash, title, summary, data. */
  readonly markup: string
  readonly script: string
  readonly style: string
  /** Hashes in the form of a content security policy. */
  readonly scriptHash: string
  readonly styleHash: string
}

const built = async (entry: string): Promise<string> => {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    write: false
  })
  return outputFiles[0]?.text.trim() ?? ""
}

const hash = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`

const refuse = (what: string, text: string, pattern: RegExp): void => {
  const found = pattern.exec(text)
  if (found !== null) throw new Error(`the page's ${what} contains ${JSON.stringify(found[0])}`)
}

export const bundle = async (): Promise<Bundle> => {
  const [script, style] = await Promise.all([built("src/main.ts"), built("src/style.css")])
  const markup = readFileSync(join(here, "src/index.html"), "utf8")
  // These would end the element of the script or style, or make markup from text.
  refuse(
    "script",
    script,
    /<\/|<!--|\{\{\w+\}\}|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(/
  )
  refuse("style", style, /<\/|<!--|\{\{\w+\}\}|url\(|@import/)
  refuse("markup", markup, /\s(src|href|style|on\w+)=/)
  return { markup, script, style, scriptHash: hash(script), styleHash: hash(style) }
}

const generated = "/** Generated from packages/page by `npm run build:page`: change it there. */"

/** Returns the files in `access` by name: the strings, and their types with that of the data. */
export const filesOf = (bundle: Bundle): Readonly<Record<string, string>> => {
  const data = readFileSync(join(here, "src/model/data.ts"), "utf8")
  const each = (line: (name: string, text: string) => string) =>
    Object.entries(bundle).map(([name, text]) => line(name, text))
  return {
    "bundle.js": `${[generated, ...each((name, text) => `export const ${name} =\n  ${JSON.stringify(text)}`)].join("\n\n")}\n`,
    "bundle.d.ts": `${[generated, data.trim(), ...each((name) => `export declare const ${name}: string`)].join("\n\n")}\n`
  }
}

const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8") : undefined)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await bundle()
  const files = Object.entries(filesOf(made))
  if (process.argv.includes("--check")) {
    if (files.some(([name, text]) => textOf(join(target, name)) !== text)) {
      console.error("packages/access/page is stale: run `npm run build:page`")
      process.exitCode = 1
    }
  } else {
    mkdirSync(target, { recursive: true })
    for (const [name, text] of files) writeFileSync(join(target, name), text)
    const sizes = [made.script, made.style, made.markup].map((part) => Buffer.byteLength(part))
    console.log(`script ${sizes[0]}, style ${sizes[1]}, markup ${sizes[2]} bytes`)
  }
}
