/**
 * Builds the page and writes it into `access`, as a module of strings. With `--check` it only says whether that module
 * is stale.
 */
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, "../access/src/internal/render/pageBundle.ts")

export interface Bundle {
  /** HTML with places in double braces: script, style, scriptHash, styleHash, title, summary, data. */
  readonly markup: string
  readonly script: string
  readonly style: string
  /** As a content security policy names them. */
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
  if (found !== null) throw new Error(`the page's ${what} holds ${JSON.stringify(found[0])}`)
}

export const bundle = async (): Promise<Bundle> => {
  const [script, style] = await Promise.all([built("src/main.ts"), built("src/style/main.css")])
  const markup = readFileSync(join(here, "src/index.html"), "utf8")
  // Text between tags ends at the first of these, whatever it is; and nothing is made markup of.
  refuse(
    "script",
    script,
    /<\/|<!--|\{\{\w+\}\}|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(/
  )
  refuse("style", style, /<\/|<!--|\{\{\w+\}\}|url\(|@import/)
  refuse("markup", markup, /\s(src|href|style|on\w+)=/)
  return { markup, script, style, scriptHash: hash(script), styleHash: hash(style) }
}

/** The module that `access` embeds: the type of the data, and the strings. */
export const moduleOf = (bundle: Bundle): string => {
  const data = readFileSync(join(here, "src/model/data.ts"), "utf8")
  const strings = Object.entries(bundle).map(([name, text]) => `export const ${name} =\n  ${JSON.stringify(text)}`)
  return `/** Generated from packages/page by \`npm run build:page\`: change it there. */\n\n${data}\n${strings.join("\n\n")}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await bundle()
  const text = moduleOf(made)
  if (process.argv.includes("--check")) {
    if (readFileSync(target, "utf8") !== text) {
      console.error("packages/access/src/internal/render/pageBundle.ts is stale: run `npm run build:page`")
      process.exitCode = 1
    }
  } else {
    writeFileSync(target, text)
    const sizes = [made.script, made.style, made.markup].map((part) => Buffer.byteLength(part))
    console.log(`script ${sizes[0]}, style ${sizes[1]}, markup ${sizes[2]} bytes`)
  }
}
