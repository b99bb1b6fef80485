/** The texts of error messages in the sources, with `…` where something is put in. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { root } from "../../snippets.ts"

/** Where people meet errors of this project; `protocol` makes the messages of the client. */
const folders = ["access", "cli", "client", "cluster", "core"].map((name) => `packages/${name}/src`)
/** Why input is refused: every text in them is such a reason. */
const refusals = ["identifiers", "options", "parameters", "internal/options/baseUrl"].map(
  (name) => `packages/protocol/src/${name}.ts`
)
const files = [
  "packages/protocol/src/messages.ts",
  ...refusals,
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
  )
]

const textOf = (node: ts.Node): string | undefined => {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("")
}

/** The texts that an expression can come to, those of its branches included. */
const textsOf = (node: ts.Node): ReadonlyArray<string> => {
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)]
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression)
  if (ts.isBinaryExpression(node)) return [...textsOf(node.left), ...textsOf(node.right)]
  // `withHelp(text, …)`, `because(text, …)`
  if (ts.isCallExpression(node)) return node.arguments.slice(0, 1).flatMap(textsOf)
  const text = textOf(node)
  return text === undefined ? [] : [text]
}

/** Says something by itself: not only what is put in, or a word before it. */
const isTelling = (text: string): boolean => text.replace(/…/g, "").trim().split(/\s+/).length >= 3

const returnsOf = (body: ts.Node): ReadonlyArray<string> => {
  const found: Array<string> = []
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) found.push(...textsOf(node.expression))
    else ts.forEachChild(node, visit)
  }
  visit(body)
  return found
}

/** The exit code of the command line for each of its errors. */
const codes: Readonly<Record<string, string>> = { Failed: "1", WrongUse: "2", Incomplete: "4", Refused: "5" }

export interface Message {
  readonly text: string
  readonly origin: string
  readonly code: string | undefined
}

export const messages: ReadonlyArray<Message> = files.flatMap((path) => {
  const file = ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.ESNext, true)
  const found: Array<Message> = []
  const add = (node: ts.Node, texts: ReadonlyArray<string>, code?: string): void => {
    const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1
    for (const text of texts) if (isTelling(text)) found.push({ text, origin: `${path}:${line}`, code })
  }
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertyAssignment(node) &&
      ["message", "reason"].includes(node.name.getText()) &&
      ts.isObjectLiteralExpression(node.parent) &&
      ts.isNewExpression(node.parent.parent)
    ) {
      add(node, textsOf(node.initializer), codes[node.parent.parent.expression.getText()])
    }
    if (ts.isGetAccessor(node) && node.name.getText() === "message" && node.body !== undefined) {
      add(node, returnsOf(node.body))
    }
    if (
      path.endsWith("protocol/src/messages.ts") &&
      ts.isVariableDeclaration(node) &&
      ["what", "hint"].includes(node.name.getText()) &&
      node.initializer !== undefined
    ) {
      add(node, returnsOf(node.initializer))
    }
    if (refusals.includes(path)) {
      const text = textOf(node)
      // Sentences, not the words that are put into them.
      if (text !== undefined && !ts.isImportDeclaration(node.parent)) {
        if (/ is |: /.test(text) && !text.startsWith("pass one")) add(node, [text])
        return
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
})
