/** What the published packages export, each name with its doc comment, wherever a module re-exports it from. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import ts from "typescript"
import { root } from "../../snippets.ts"

export interface Exported {
  /** `client/Pacing#fixed` */
  readonly name: string
  /** Its declaration: `packages/client/src/Pacing.ts:88`. */
  readonly origin: string
  /** A function, a layer, a constructor, a class or another constant; otherwise a type or an interface. */
  readonly isValue: boolean
  readonly isDocumented: boolean
  /** Its module says since when it is there; what is younger says so itself. */
  readonly isDated: boolean
  /** In its own doc comment, or in that of its module. */
  readonly hasExample: boolean
}

interface Declared {
  readonly file: string
  readonly node: ts.Statement
  readonly isValue: boolean
  readonly comment: string
}

const parsed = new Map<string, ts.SourceFile>()
const sourceOf = (file: string): ts.SourceFile => {
  const known = parsed.get(file)
  if (known !== undefined) return known
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.ESNext, true)
  parsed.set(file, source)
  return source
}

const commentBefore = (node: ts.Node): string =>
  (ts.getLeadingCommentRanges(node.getSourceFile().text, node.getFullStart()) ?? [])
    .map(({ end, pos }) => node.getSourceFile().text.slice(pos, end))
    .filter((text) => text.startsWith("/**"))
    .at(-1) ?? ""

/** The file of ours that a module specifier leads to. */
const target = (file: string, specifier: string): string | undefined => {
  if (specifier.startsWith(".")) return normalize(join(dirname(file), specifier)).replaceAll("\\", "/")
  const [, owner, name = "index"] = /^@checkpoint-permissions\/(\w+)(?:\/(.+))?$/.exec(specifier) ?? []
  return owner === undefined ? undefined : `packages/${owner}/src/${name}.ts`
}

const specifierOf = (node: ts.ImportDeclaration | ts.ExportDeclaration): string =>
  node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : ""

/** The file and the name there that a name of a module is imported from; no name for `* as`. */
const importOf = (file: string, name: string): { readonly file: string; readonly name?: string } | undefined => {
  for (const statement of sourceOf(file).statements) {
    if (!ts.isImportDeclaration(statement)) continue
    const from = target(file, specifierOf(statement))
    const bindings = statement.importClause?.namedBindings
    if (from === undefined || bindings === undefined) continue
    if (ts.isNamespaceImport(bindings)) {
      if (bindings.name.text === name) return { file: from }
    } else {
      const found = bindings.elements.find((element) => element.name.text === name)
      if (found !== undefined) return { file: from, name: (found.propertyName ?? found.name).text }
    }
  }
  return undefined
}

const isExported = (node: ts.Statement): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)

const namesOf = (node: ts.Statement): ReadonlyArray<string> => {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.map(({ name }) => name.getText())
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node))
    return node.name === undefined ? [] : [node.name.text]
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) ? [node.name.text] : []
}

/** The declarations of a name at the top of a file, exported or not. */
const declarationsOf = (file: string, name: string): ReadonlyArray<Declared> =>
  sourceOf(file)
    .statements.filter((node) => namesOf(node).includes(name))
    .map((node) => ({
      file,
      node,
      isValue: !ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node),
      comment: commentBefore(node)
    }))

const listed = new Map<string, ReadonlyMap<string, ReadonlyArray<Declared>>>()
/** Every name that a file exports; what other packages of ours export counts there. */
const exportsOf = (file: string): ReadonlyMap<string, ReadonlyArray<Declared>> => {
  const known = listed.get(file)
  if (known !== undefined) return known
  const found = new Map<string, ReadonlyArray<Declared>>()
  const owner = file.split("/")[1]
  for (const statement of sourceOf(file).statements) {
    if (ts.isExportDeclaration(statement)) {
      const from = statement.moduleSpecifier === undefined ? file : target(file, specifierOf(statement))
      if (from === undefined || from.split("/")[1] !== owner) continue
      if (statement.exportClause === undefined) {
        for (const [name, declared] of exportsOf(from)) found.set(name, declared)
      } else if (ts.isNamedExports(statement.exportClause)) {
        for (const element of statement.exportClause.elements) {
          const name = (element.propertyName ?? element.name).text
          const own = commentBefore(element)
          const seen = from === file ? resolve(file, name) : (exportsOf(from).get(name) ?? [])
          const declared = seen.filter((one) => one.file.split("/")[1] === owner)
          found.set(
            element.name.text,
            declared.map((one) => ({ ...one, comment: own === "" ? one.comment : own }))
          )
        }
      }
    } else if (isExported(statement)) {
      for (const name of namesOf(statement)) found.set(name, declarationsOf(file, name))
    }
  }
  listed.set(file, found)
  return found
}

/** Where a name that is seen in a file is declared. */
const resolve = (file: string, name: string): ReadonlyArray<Declared> => {
  const here = declarationsOf(file, name)
  if (here.length > 0) return here
  const imported = importOf(file, name)
  return imported?.name === undefined ? [] : (exportsOf(imported.file).get(imported.name) ?? [])
}

/** Published packages that are no program, and of each the modules that can be imported. */
const modules: ReadonlyArray<string> = readdirSync(join(root, "packages"))
  .filter((name) => existsSync(join(root, `packages/${name}/package.json`)))
  .filter((name) => {
    const manifest = JSON.parse(readFileSync(join(root, `packages/${name}/package.json`), "utf8"))
    return manifest.private !== true && manifest.publishConfig.exports["."] !== undefined
  })
  .flatMap((name) =>
    readdirSync(join(root, `packages/${name}/src`))
      .filter((file) => file.endsWith(".ts") && file !== "bin.ts" && file !== "index.ts")
      .sort()
      .map((file) => `packages/${name}/src/${file}`)
  )

/** The comment at the beginning of a file. */
const headerOf = (file: string): string => /^\/\*\*[\s\S]*?\*\//.exec(sourceOf(file).text)?.[0] ?? ""

const checked = (module: string, name: string, declared: readonly [Declared, ...ReadonlyArray<Declared>]): Exported => {
  const [{ file, node }] = declared
  return {
    name: `${module.replace(/^packages\/(\w+)\/src\/(\w+)\.ts$/, "$1/$2")}#${name}`,
    origin: `${file}:${node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1}`,
    isValue: declared.some((one) => one.isValue),
    isDated: headerOf(module).includes("@since"),
    isDocumented: declared.some(({ comment }) => comment !== ""),
    hasExample: [headerOf(module), ...declared.map(({ comment }) => comment)].some((comment) =>
      /^ *\* @example\n *\* ```ts/m.test(comment)
    )
  }
}

/** Everything public, each name of a module once. */
export const exported: ReadonlyArray<Exported> = modules.flatMap((module) =>
  [...exportsOf(module)].flatMap(([name, [first, ...others]]) =>
    first === undefined ? [] : [checked(module, name, [first, ...others])]
  )
)
