import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { AccessMatrix } from "@checkpoint-permissions/access"
import { Effect } from "effect"
import ts from "typescript"
import { assert, describe, it } from "vitest"
import { script } from "../src/internal/html.ts"
import { style } from "../src/internal/htmlStyle.ts"
import { hidden } from "../src/internal/renderText.ts"
import { matrix } from "./support/audit.ts"

/** What a browser has, read once. */
const libraries = new Map<string, ts.SourceFile>()

/** What the compiler says of a script in a browser. */
const problems = (text: string): ReadonlyArray<string> => {
  const options: ts.CompilerOptions = {
    allowJs: true,
    checkJs: true,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: []
  }
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile
  host.getSourceFile = (name, ...others) => {
    if (name === "page.js") return ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)
    const file = libraries.get(name) ?? read(name, ...others)
    if (file !== undefined) libraries.set(name, file)
    return file
  }
  const program = ts.createProgram(["page.js"], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText, start }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line
    return `${text.split("\n")[line]}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`
  })
}

describe("the page's script", () => {
  it("has no type error", { timeout: 60_000 }, () => {
    assert.deepStrictEqual(problems(script), [])
    // The compiler does look at it.
    assert.isNotEmpty(problems(script.replace("element.append(text.slice(from))", "element.apend(text.slice(from))")))
  })

  it("passes the linter", { timeout: 60_000 }, () => {
    const root = fileURLToPath(new URL("../../..", import.meta.url))
    const biome = createRequire(join(root, "package.json")).resolve("@biomejs/biome/package.json")
    const folder = mkdtempSync(join(tmpdir(), "checkpoint-permissions-lint-"))
    // The script stands in template literals, so that it has none of its own.
    const rules = { preset: "recommended", style: { useConst: "error", useTemplate: "off" } }
    writeFileSync(join(folder, "biome.json"), JSON.stringify({ root: true, linter: { rules } }))
    const lint = (text: string): number | null => {
      writeFileSync(join(folder, "page.js"), text)
      const args = [join(dirname(biome), "bin/biome"), "lint", "--error-on-warnings", "page.js"]
      return spawnSync(process.execPath, args, { cwd: folder }).status
    }
    try {
      assert.strictEqual(lint(script), 0)
      assert.notStrictEqual(lint(`${script}\ndebugger\n`), 0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it("makes no markup of text", () => {
    assert.notMatch(script, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|<\/|<!--/)
    assert.notMatch(style, /url\(|@import|<\//)
  })

  it("spells out the same characters as everything else does", () => {
    assert.include(script, `const hidden = /${hidden.source}/${hidden.flags}\n`)
  })
})

describe("the page", () => {
  it("allows nothing but its own script and style, by their hashes", async () => {
    const html = await Effect.runPromise(AccessMatrix.toHtml(matrix([{ checkpoint: "ft:a" }])))
    const hash = (text: string) => createHash("sha256").update(text).digest("base64")
    const [policy, ...others] = [...html.matchAll(/http-equiv="Content-Security-Policy" content="([^"]*)"/g)]
    assert.isEmpty(others)
    assert.deepStrictEqual(policy?.[1]?.split("; "), [
      "default-src 'none'",
      `script-src 'sha256-${hash(script)}'`,
      `style-src 'sha256-${hash(style)}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'"
    ])
    assert.include(html, `<script>${script}</script>`)
    assert.include(html, `<style>${style}</style>`)
    assert.notMatch(html, /\s(src|href|style|on\w+)=/)
  })
})
