/**
 * `npm run figures:lines`: lines of code of each package, in `src` and `test`, without comments and blank lines: lines
 * that hold a token of TypeScript, a template's text included. Beside them the lines of `src` that hold comments only.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { root } from "./install.mjs"

/**
 * @param {string} text
 * @returns {{ readonly code: number, readonly comments: number }}
 */
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
  const filled = text.split("\n").filter((line) => line.trim() !== "").length
  return { code: lines.size, comments: filled - lines.size }
}

/** @param {string} folder */
const count = (folder) => {
  const sum = { code: 0, comments: 0 }
  if (!existsSync(folder)) return sum
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue
    const { code, comments } = linesOf(readFileSync(join(folder, file), "utf8"))
    sum.code += code
    sum.comments += comments
  }
  return sum
}

const rows = readdirSync(join(root, "packages"))
  .filter((name) => existsSync(join(root, "packages", name, "src")))
  .map((name) => {
    const src = count(join(root, "packages", name, "src"))
    return [name, src.code, src.comments, count(join(root, "packages", name, "test")).code]
  })
const sum = (/** @type {number} */ column) => rows.reduce((total, row) => total + Number(row[column]), 0)

for (const [name, ...columns] of [["package", "src", "comments", "test"], ...rows, ["all", sum(1), sum(2), sum(3)]]) {
  process.stdout.write(`${String(name).padEnd(10)}${columns.map((one) => String(one).padStart(10)).join("")}\n`)
}
