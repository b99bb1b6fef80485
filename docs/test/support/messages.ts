/**
 * The texts of error messages in the sources, with `…` where something is put
 * in. A text is found where it becomes one: the `message` or `reason` of an
 * object, the argument of a constructor of errors, and what these are made of: a
 * constant, the branches of a choice, the result of a function, and what its
 * callers pass to a parameter.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { root } from "../../snippets.ts"

/** The sources with errors that users see. */
const folders = ["access", "cli", "client", "core", "effect4", "fake", "protocol", "testing"]

const files: ReadonlyArray<ts.SourceFile> = folders
  .map((name) => `packages/${name}/src`)
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => {
        const path = `${folder}/${file.replaceAll("\\", "/")}`
        return ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.ESNext, true)
      })
  )

type Function = ts.ArrowFunction | ts.FunctionDeclaration | ts.FunctionExpression

const isFunction = (node: ts.Node): node is Function =>
  ts.isArrowFunction(node) || ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node)

const walk = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** The declarations and calls of a file by name, and the sources of its imports. */
interface Scope {
  readonly functions: Map<string, Array<Function>>
  readonly constants: Map<string, Array<ts.Expression>>
  readonly calls: Map<string, Array<ts.CallExpression>>
  /** A file, and the name there; none for a whole module. */
  readonly imports: Map<string, { readonly path: string; readonly name: string | undefined }>
}

const put = <A>(map: Map<string, Array<A>>, name: string, one: A): void => {
  map.set(name, [...(map.get(name) ?? []), one])
}

const importedPath = (from: string, specifier: string): string =>
  specifier.startsWith(".")
    ? join(from, "..", specifier).replaceAll("\\", "/")
    : specifier.replace(/^@checkpoint-permissions\/([^/]+)\/(.*)$/, "packages/$1/src/$2.ts")

const scopeOf = (file: ts.SourceFile): Scope => {
  const scope: Scope = { functions: new Map(), constants: new Map(), calls: new Map(), imports: new Map() }
  walk(file, (node) => {
    if (ts.isFunctionDeclaration(node) && node.name !== undefined) put(scope.functions, node.name.text, node)
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) {
      if (isFunction(node.initializer)) put(scope.functions, node.name.text, node.initializer)
      else put(scope.constants, node.name.text, node.initializer)
    }
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) put(scope.calls, node.expression.text, node)
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const path = importedPath(file.fileName, node.moduleSpecifier.text)
      const bindings = node.importClause?.namedBindings
      if (bindings === undefined) return
      if (ts.isNamespaceImport(bindings)) scope.imports.set(bindings.name.text, { path, name: undefined })
      else {
        for (const { name, propertyName } of bindings.elements) {
          scope.imports.set(name.text, { path, name: (propertyName ?? name).text })
        }
      }
    }
  })
  return scope
}

const scopes = new Map(files.map((file) => [file.fileName, scopeOf(file)]))
const scopeAt = (node: ts.Node): Scope | undefined => scopes.get(node.getSourceFile().fileName)

/** Returns the declaration of a name in a file, or in the file that it is imported from. */
const lookup = <K extends "functions" | "constants">(
  kind: K,
  name: ts.Expression
): ReadonlyArray<K extends "functions" ? Function : ts.Expression> => {
  const scope = scopeAt(name)
  const found = (path: string, of: string) => [...(scopes.get(path)?.[kind].get(of) ?? [])] as never
  if (ts.isIdentifier(name)) {
    const imported = scope?.imports.get(name.text)
    return imported?.name === undefined
      ? found(name.getSourceFile().fileName, name.text)
      : found(imported.path, imported.name)
  }
  if (ts.isPropertyAccessExpression(name) && ts.isIdentifier(name.expression)) {
    const imported = scope?.imports.get(name.expression.text)
    if (imported !== undefined && imported.name === undefined) return found(imported.path, name.name.text)
  }
  return [] as never
}

/** The calls of functions by file and name: in the file itself, and for the rules also in the files that import them. */
const calls = new Map<string, Array<ts.CallExpression>>()
for (const [path, scope] of scopes) {
  for (const [name, found] of scope.calls) {
    const imported = path.startsWith("packages/protocol/") ? scope.imports.get(name) : undefined
    for (const call of found) {
      put(calls, `${path}#${name}`, call)
      if (imported?.name === name) put(calls, `${imported.path}#${name}`, call)
    }
  }
}

/** A parameter by its name, and the function that it is of. */
const parameterOf = (name: ts.Identifier): { readonly of: Function; readonly index: number } | undefined => {
  for (let at: ts.Node = name; at !== undefined && !ts.isSourceFile(at); at = at.parent) {
    if (!isFunction(at)) continue
    const index = at.parameters.findIndex((one) => ts.isIdentifier(one.name) && one.name.text === name.text)
    if (index >= 0) return { of: at, index }
  }
  return undefined
}

const declaredName = (node: Function): string | undefined => {
  if (ts.isFunctionDeclaration(node)) return node.name?.text
  return ts.isVariableDeclaration(node.parent) && ts.isIdentifier(node.parent.name) ? node.parent.name.text : undefined
}

const returnsOf = (node: Function): ReadonlyArray<ts.Expression> => {
  if (node.body === undefined) return []
  if (!ts.isBlock(node.body)) return [node.body]
  const found: Array<ts.Expression> = []
  const visit = (inner: ts.Node): void => {
    if (ts.isReturnStatement(inner) && inner.expression !== undefined) found.push(inner.expression)
    else if (!isFunction(inner)) ts.forEachChild(inner, visit)
  }
  visit(node.body)
  return found
}

/** The texts that an expression can come to. `seen` ends what calls itself. */
const textsOf = (node: ts.Expression, seen: ReadonlySet<ts.Node> = new Set()): ReadonlyArray<string> => {
  if (seen.has(node)) return []
  const inner = (one: ts.Expression) => textsOf(one, new Set([...seen, node]))
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text]
  if (ts.isTemplateExpression(node)) {
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("")]
  }
  if (ts.isParenthesizedExpression(node)) return inner(node.expression)
  if (ts.isConditionalExpression(node)) return [...inner(node.whenTrue), ...inner(node.whenFalse)]
  if (ts.isBinaryExpression(node)) {
    if (node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return [...inner(node.left), ...inner(node.right)]
    const [left, right] = [inner(node.left), inner(node.right)]
    return (left.length === 0 ? ["…"] : left).flatMap((one) =>
      (right.length === 0 ? ["…"] : right).map((other) => one + other)
    )
  }
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(inner)
  // an entry of a table of texts; those of the fake are Node.js' own
  if (ts.isElementAccessExpression(node)) {
    return node.getSourceFile().fileName.startsWith("packages/fake/") ? [] : inner(node.expression)
  }
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.flatMap((one) => (ts.isPropertyAssignment(one) ? inner(one.initializer) : []))
  }
  if (ts.isIdentifier(node)) {
    const parameter = parameterOf(node)
    if (parameter === undefined) return lookup("constants", node).flatMap(inner)
    const name = declaredName(parameter.of)
    if (name === undefined) return []
    return (calls.get(`${node.getSourceFile().fileName}#${name}`) ?? []).flatMap(({ arguments: given }) => {
      const one = given[parameter.index]
      return one === undefined ? [] : inner(one)
    })
  }
  if (ts.isCallExpression(node)) {
    const { arguments: given, expression } = node
    const own = lookup("functions", expression).flatMap(returnsOf).flatMap(inner)
    // `withHelp(text, …)` and `[text, …].join("; ")`
    const receiver = ts.isPropertyAccessExpression(expression) ? inner(expression.expression) : []
    return [...own, ...receiver, ...given.slice(0, 1).flatMap(inner)]
  }
  return []
}

/** Says something by itself: not only what is put in, or a word before it. */
const isTelling = (text: string): boolean => text.replace(/…/g, "").trim().split(/\s+/).length >= 3

/** The exit code of the command line for each of its errors, `new WrongUse({ message })` or `wrongUse(message)`. */
const codes: Readonly<Record<string, string>> = { failed: "1", wronguse: "2", incomplete: "4", refused: "5" }

export interface Message {
  readonly text: string
  readonly origin: string
  readonly code: string | undefined
}

/** Functions that refuse input. Each text in them is a reason. */
const refusals = [
  ...["identifiers", "options", "parameters"].map((name) => `packages/protocol/src/${name}.ts`),
  "packages/cli/src/internal/server/optionTexts.ts"
]

const isLiteral = (node: ts.Expression): boolean => ts.isStringLiteral(node) || ts.isTemplateLiteral(node)

/** Constructors that take the text itself, and where. */
const constructors = new Map([
  ["Error", 0],
  ["TypeError", 0],
  ["RangeError", 0],
  ["InvalidSetting", 1]
])

/** The texts that become messages in a file. */
const messagesOf = (file: ts.SourceFile): ReadonlyArray<Message> => {
  const found: Array<Message> = []
  const add = (node: ts.Expression | undefined, code?: string): void => {
    if (node === undefined) return
    const origin = `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
    for (const text of new Set(textsOf(node))) if (isTelling(text)) found.push({ text, origin, code })
  }
  walk(file, (node) => {
    // the messages of the fake are what a server says
    const isText = (name: ts.Node): boolean =>
      (["message", "reason"].includes(name.getText()) && !file.fileName.startsWith("packages/fake/")) ||
      // The adapters say why a pacing is none, and leave the rest to the rules.
      (name.getText() === "pacing" && /\/internal\/(?:options|settings)\.ts$/.test(file.fileName))
    const codeOf = (made: ts.Node): string | undefined =>
      ts.isNewExpression(made) || ts.isCallExpression(made) ? codes[made.expression.getText().toLowerCase()] : undefined
    if (ts.isPropertyAssignment(node) && isText(node.name)) add(node.initializer, codeOf(node.parent.parent))
    if (ts.isShorthandPropertyAssignment(node) && isText(node.name)) add(node.name, codeOf(node.parent.parent))
    const isOfCli = file.fileName.startsWith("packages/cli/")
    if (ts.isCallExpression(node) && isOfCli && codeOf(node) !== undefined) {
      // with a signal, the signal sets the exit code
      add(node.arguments[0], node.arguments.length > 1 ? undefined : codeOf(node))
    }
    if (ts.isNewExpression(node) && node.expression.getText() === "CommandError") {
      walk(node, (inner) => {
        if (ts.isPropertyAssignment(inner) && inner.name.getText() === "lines") add(inner.initializer)
      })
    }
    // an error that makes its own text
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword) add(node.arguments[0])
    if (ts.isGetAccessor(node) && isText(node.name)) {
      walk(node, (inner) => {
        if (ts.isReturnStatement(inner)) add(inner.expression)
      })
    }
    if (ts.isNewExpression(node)) {
      const at = constructors.get(node.expression.getText())
      if (at !== undefined) add(node.arguments?.[at])
    }
    if (refusals.includes(file.fileName) && ts.isExpression(node)) {
      // Sentences, not the words that are put into them.
      const isSentence = (text: string) => / is |: /.test(text) && !text.startsWith("pass one")
      if (isLiteral(node) && !ts.isImportDeclaration(node.parent) && textsOf(node).every(isSentence)) add(node)
    }
    if (ts.isCallExpression(node) && /^ConfigError\.(MissingData|InvalidData)$/.test(node.expression.getText())) {
      add(node.arguments[1])
    }
  })
  return found
}

/** Mistakes of a policy have a page of their own, `policy-format.md`. */
const isElsewhere = ({ fileName }: ts.SourceFile): boolean => fileName.startsWith("packages/access/src/internal/policy")

export const messages: ReadonlyArray<Message> = files.filter((file) => !isElsewhere(file)).flatMap(messagesOf)
