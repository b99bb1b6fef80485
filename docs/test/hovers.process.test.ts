/** The types that an editor shows for calls, of both Effect versions. */
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { assert, it } from "vitest"

/** Returns the types of the exported values of a module with this text, in a folder. */
const typesOf = (folder: string, text: string) => {
  const path = fileURLToPath(new URL(`${folder}/hovered.ts`, import.meta.url))
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true
  }
  const host = ts.createCompilerHost(options)
  const program = ts.createProgram([path], options, {
    ...host,
    fileExists: (file) => file === path || host.fileExists(file),
    getSourceFile: (file, version) =>
      file === path ? ts.createSourceFile(file, text, version) : host.getSourceFile(file, version)
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(path)
  const symbol = source && checker.getSymbolAtLocation(source)
  return symbol === undefined
    ? []
    : checker.getExportsOfModule(symbol).map((one) => checker.typeToString(checker.getTypeOfSymbol(one)))
}

const calls = `
export const granted = Access.grant("", [])
export const revoked = Access.revoke("", [])
export const created = CheckpointPermissions.create("", [""])
export const deleted = CheckpointPermissions.delete("", "")
`

it.each([
  [
    "3",
    "..",
    'import { Access } from "@checkpoint-permissions/access"',
    'import { CheckpointPermissions } from "@checkpoint-permissions/client"'
  ],
  ["4", "../effect4", 'import { Access, CheckpointPermissions } from "@checkpoint-permissions/effect4"']
])("an editor shows the errors of a call by their name, on Effect %s", (_, folder, ...imports) => {
  assert.deepStrictEqual(typesOf(folder, [...imports, calls].join("\n")), [
    "Effect<Granted, GrantError, Access>",
    "Effect<Revoked, RevokeError, Access>",
    "Effect<PermissionPage, CreateError, CheckpointPermissions>",
    "Effect<PermissionDeleted, DeleteError, CheckpointPermissions>"
  ])
})
