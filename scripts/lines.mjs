/**
 * `npm run figures:lines`: lines of code of each package, in `src` and `test`, without comments and blank lines: lines
 * that hold a token of TypeScript, a template's text included.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { root } from "./install.mjs"

/** @param {string} text */
const linesOf = (text) => {
  const file = ts.createSourceFile("x.ts", text, ts.ScriptTarget.ESNext, true)
  const lines = new Set()
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isJSDoc(node)) return
    if (node.getChildCount(file) > 0) return node.getChildren(file).forEach(visit)
    if (node.getWidth(file) === 0) return
    const from = file.getLineAndCharacterOfPosition(node.getStart(file)).line
    const to = file.getLineAndCharacterOfPosition(node.getEnd()).line
    for (let line = from; line <= to; line++) lines.add(line)
  }
  visit(file)
  return lines.size
}

/** @param {string} folder */
const count = (folder) =>
  !existsSync(folder)
    ? 0
    : readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .reduce((sum, file) => sum + linesOf(readFileSync(join(folder, file), "utf8")), 0)

const rows = readdirSync(join(root, "packages"))
  .filter((name) => existsSync(join(root, "packages", name, "src")))
  .map((name) => [name, ...["src", "test"].map((folder) => count(join(root, "packages", name, folder)))])
const sum = (/** @type {number} */ column) => rows.reduce((total, row) => total + Number(row[column]), 0)

for (const [name, src, test] of [["package", "src", "test"], ...rows, ["all", sum(1), sum(2)]]) {
  process.stdout.write(`${String(name).padEnd(10)}${String(src).padStart(8)}${String(test).padStart(8)}\n`)
}
