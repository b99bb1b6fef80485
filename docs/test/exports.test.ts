import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import ts from "typescript"

const folder = fileURLToPath(new URL("../../packages/access/src/", import.meta.url))

/** How many names the public modules of access export, types included. Lower it when some go. */
const most = 100

const namesOf = (statement: ts.Statement): ReadonlyArray<string> => {
  if (ts.isExportDeclaration(statement)) {
    const { exportClause } = statement
    if (exportClause === undefined || ts.isNamespaceExport(exportClause)) return ["*"]
    return exportClause.elements.map(({ name }) => name.text)
  }
  const isExported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
  if (!isExported) return []
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => (ts.isIdentifier(name) ? name.text : "*"))
  }
  const isNamed =
    ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
  return [isNamed && statement.name !== undefined ? statement.name.text : "*"]
}

it(`the public modules of access export at most ${most} names`, () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "index.ts")
  const names = files.flatMap((name) => {
    const source = ts.createSourceFile(name, readFileSync(folder + name, "utf8"), ts.ScriptTarget.Latest, true)
    return [...new Set(source.statements.flatMap(namesOf))].map((one) => `${name}: ${one}`)
  })
  assert.isAbove(names.length, 0)
  assert.notInclude(names.join(), "*", "a module names what it exports")
  assert.isAtMost(names.length, most, names.join("\n"))
})
