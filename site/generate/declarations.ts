/** The exports of the public modules, with the declarations that the compiler makes of their sources. */
import { join, relative, sep } from "node:path"
import ts from "typescript"
import { root } from "../pages.ts"

export interface Comment {
  readonly text: string
  readonly tags: ReadonlyArray<readonly [name: string, text: string]>
}

export interface Export {
  readonly name: string
  /** Returns the declarations as code, without comments of their own. Comments of members are kept. */
  readonly code: () => ReadonlyArray<string>
  readonly comment: Comment
  readonly isType: boolean
  readonly isError: boolean
  /** The file of the declaration, relative to the root, and its line. */
  readonly file: string
  readonly line: number
  /** Identity of the declaration: the same for all modules that export it. */
  readonly symbol: ts.Symbol
  /** The declarations that the signature names. */
  readonly uses: ReadonlyArray<ts.Symbol>
  /** Comments of the members, by name. */
  readonly members: ReadonlyMap<string, Comment>
}

const parsedConfig = ts.getParsedCommandLineOfConfigFile(
  join(root, "site/tsconfig.reference.json"),
  {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    allowImportingTsExtensions: false
  },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: ({ messageText }) => void console.error(messageText) }
)
if (parsedConfig === undefined) throw new Error("site/tsconfig.reference.json cannot be read")
const isOurs = (file: string): boolean => file.startsWith(join(root, "packages")) && !file.includes("node_modules")

const host = ts.createCompilerHost(parsedConfig.options)
const { getSourceFile } = host
const none = { jsDocParsingMode: ts.JSDocParsingMode.ParseNone }
// To parse the comments of dependencies takes a sixth of the time.
host.getSourceFile = (file, options, ...rest) =>
  getSourceFile(file, typeof options !== "object" || isOurs(file) ? options : { ...options, ...none }, ...rest)
const program = ts.createProgram(parsedConfig.fileNames, parsedConfig.options, host)
const checker = program.getTypeChecker()

const emitted = new Map<string, ts.SourceFile | undefined>()
/** The declarations that the compiler makes of a source file. */
const declarationsOf = (file: string): ts.SourceFile | undefined => {
  if (!emitted.has(file)) {
    const write: ts.WriteFileCallback = (_, text) =>
      void emitted.set(file, ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true))
    program.emit(program.getSourceFile(file), write, undefined, true)
  }
  return emitted.get(file)
}

const commentText = (node: ts.Node): string =>
  (ts.getLeadingCommentRanges(node.getSourceFile().text, node.getFullStart()) ?? [])
    .map(({ end, pos }) => node.getSourceFile().text.slice(pos, end))
    .filter((text) => text.startsWith("/**"))
    .at(-1) ?? ""

export const parseComment = (source: string): Comment => {
  const lines = source
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
  const [text = "", ...tags] = lines.join("\n").split(/^ ?(?=@[a-z]+\b)/m)
  return {
    text: text.trim(),
    tags: tags.map((tag) => {
      const [, name = "", rest = ""] = /^@(\w+)\s*([\s\S]*)$/.exec(tag) ?? []
      return [name, rest.trim()]
    })
  }
}

const nameOf = (node: ts.Node): string | undefined =>
  (ts.isVariableDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)) &&
  node.name !== undefined &&
  ts.isIdentifier(node.name)
    ? node.name.text
    : undefined

const statementsOf = (file: string, name: string): ReadonlyArray<ts.Statement> =>
  (declarationsOf(file)?.statements ?? []).filter((statement) =>
    ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.some((each) => nameOf(each) === name)
      : nameOf(statement) === name
  )

/** Ids by their names, and no address of a module. */
const named = (type: string): string =>
  type
    .replace(/import\("[^"]*"\)\./g, "")
    .replace(/Schema\.brand<Schema\.filter<typeof Schema\.String>, "(\w+)">/g, "typeof $1")
    .replace(/string & (?:Brand\.)?Brand<"(\w+)">/g, "$1")
    .replace(/readonly \((\w+)\)\[\]/g, "ReadonlyArray<$1>")
    .replace(/\((\w+)\)\[\]/g, "Array<$1>")

/** A declaration without its keywords, with narrower indentation. */
const tidy = (code: string): string =>
  named(code)
    .replace(/^(export )?(declare )?/, "")
    .replace(/^( {4})+/gm, (spaces) => spaces.slice(spaces.length / 2))
    .replace(/;$/gm, "")

/** A function on one line, or with a line for each parameter. */
const functionText = (name: string, type: ts.SignatureDeclarationBase): string => {
  const generics =
    type.typeParameters === undefined ? "" : `<${type.typeParameters.map((each) => each.getText()).join(", ")}>`
  const parameters = type.parameters.map((each) =>
    // An optional parameter is optional without this.
    tidy(each.questionToken === undefined ? each.getText() : each.getText().replace(/ \| undefined$/, ""))
  )
  const end = type.type === undefined ? "" : `: ${tidy(type.type.getText())}`
  const short = `function ${name}${generics}(${parameters.join(", ")})${end}`
  return short.length <= 100 && !short.includes("\n")
    ? short
    : `function ${name}${generics}(\n${parameters.map((each) => `  ${each.replaceAll("\n", "\n  ")}`).join(",\n")}\n)${end}`
}

const flags =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope |
  ts.TypeFormatFlags.InTypeAlias

/** Types of schemas that have a name, as the compiler prints them without it. The longest comes first. */
const schemaTypes = (): ReadonlyArray<readonly [printed: string, name: string]> =>
  program
    .getSourceFiles()
    .filter(({ fileName }) => isOurs(fileName))
    .flatMap(({ statements }) => [...statements])
    .flatMap((each) => {
      const isOfSchema =
        (ts.isInterfaceDeclaration(each) && each.members.length === 0) ||
        (ts.isTypeAliasDeclaration(each) && /^typeof [\w.]+\.Type$/.test(each.type.getText()))
      if (!isOfSchema || !ts.canHaveModifiers(each) || ts.getModifiers(each) === undefined) return []
      const type = checker.getTypeAtLocation(each.name)
      const [base = type] = type.isClassOrInterface() ? checker.getBaseTypes(type) : [type]
      const printed = checker.typeToString(base, undefined, flags)
      return printed.startsWith("{") ? [[printed, each.name.text] as const] : []
    })
    .sort(([one], [other]) => other.length - one.length)
let known: ReturnType<typeof schemaTypes> | undefined

/** A type of a property of `owner`, with the names of the types in it. */
const typeText = (type: ts.Type, owner: string): string => {
  known ??= schemaTypes()
  const text = known.reduce(
    (printed, [part, name]) => (name === owner ? printed : printed.replaceAll(part, name)),
    checker.typeToString(type, undefined, flags)
  )
  return named(text.replace(/readonly (\w+)\[\]/g, "ReadonlyArray<$1>"))
}

/** Fields that a type has from its base, such as those of a schema. */
const propertiesOf = (type: ts.Type, at: ts.Node): ReadonlyArray<string> =>
  type.getProperties().flatMap((property) => {
    const declaration = property.declarations?.find((each) => isOurs(each.getSourceFile().fileName))
    if (declaration === undefined || property.name.startsWith("__@")) return []
    const text = ts.displayPartsToString(property.getDocumentationComment(checker)).trim()
    const printed = typeText(checker.getTypeOfSymbolAtLocation(property, at), type.symbol?.name ?? "")
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0
    return [
      ...(text === "" ? [] : [`  /** ${text.replace(/\s+/g, " ")} */`]),
      `  readonly ${property.name}${isOptional ? "?" : ""}: ${isOptional ? printed.replace(/ \| undefined$/, "").replace(/^\((\w+)\)$/, "$1") : printed}`
    ]
  })

/** The members that an interface has from others. `undefined` if one is not of ours, or if there are none. */
const inheritedBy = (node: ts.InterfaceDeclaration, symbol: ts.Symbol): ReadonlyArray<string> | undefined => {
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  const own = node.members.map((each) => each.name?.getText())
  const inherited = (type.isClassOrInterface() ? checker.getBaseTypes(type) : [])
    .flatMap((base) => base.getProperties())
    .filter(({ name }) => !own.includes(name))
    .sort((one, other) => (one.declarations?.[0]?.pos ?? 0) - (other.declarations?.[0]?.pos ?? 0))
  const lines = inherited.map((property) => {
    const declaration = property.declarations?.find((each) => isOurs(each.getSourceFile().fileName))
    if (declaration === undefined) return undefined
    const { parent } = declaration
    // The type as it is written has names. It means the same unless its interface has parameters.
    const isWritten =
      ts.isPropertySignature(declaration) && ts.isInterfaceDeclaration(parent) && parent.typeParameters === undefined
    const printed = isWritten
      ? tidy(declaration.type?.getText() ?? "unknown")
      : typeText(checker.getTypeOfSymbolAtLocation(property, declaration), symbol.name)
    const text = ts.displayPartsToString(property.getDocumentationComment(checker)).trim()
    const comment = text === "" ? "" : `  /** ${text.replace(/\s+/g, " ")} */\n`
    const mark = (property.flags & ts.SymbolFlags.Optional) === 0 ? "" : "?"
    return `${comment}  readonly ${property.name}${mark}: ${printed.replaceAll("\n", "\n  ")}\n`
  })
  const known = lines.filter((line) => line !== undefined)
  return known.length === lines.length && known.length > 0 ? known : undefined
}

/** The class of errors that a type is of, directly or not. */
const errorBaseOf = (type: ts.Type): string | undefined => {
  const basesOf = (one: ts.Type): ReadonlyArray<string> =>
    (one.isClassOrInterface() ? checker.getBaseTypes(one) : [])
      .flatMap((base) => (base.isIntersection() ? base.types : [base]))
      .flatMap((base) => [base.symbol?.name ?? "", ...basesOf(base)])
  const bases = basesOf(type)
  return ["YieldableError", "Error"].find((name) => bases.includes(name))
}

const classText = (name: string, node: ts.ClassDeclaration, symbol: ts.Symbol, at: ts.Node): string => {
  const base = node.heritageClauses?.[0]?.types[0]?.expression.getText() ?? ""
  const [made] = statementsOf(at.getSourceFile().fileName, base)
  const type = made && ts.isVariableStatement(made) ? made.declarationList.declarations[0]?.type?.getText() : undefined
  const isTag = type !== undefined && /TagClass|ServiceClass|ReferenceClass/.test(type)
  const written = isTag ? tidy(type) : type === undefined ? base : errorBaseOf(checker.getDeclaredTypeOfSymbol(symbol))
  const extended = written === undefined || written === "" ? "" : ` extends ${written}`
  const members = isTag ? [] : propertiesOf(checker.getDeclaredTypeOfSymbol(symbol), at)
  return `class ${name}${extended} {${members.length === 0 ? "" : `\n${members.join("\n")}\n`}}`
}

const codeOf = (name: string, statement: ts.Statement, symbol: ts.Symbol, at: ts.Node): string => {
  if (ts.isVariableStatement(statement)) {
    const type = statement.declarationList.declarations[0]?.type
    if (type !== undefined && ts.isFunctionTypeNode(type)) return functionText(name, type)
    return `const ${name}: ${tidy(type?.getText() ?? "unknown")}`
  }
  if (ts.isFunctionDeclaration(statement)) return functionText(name, statement)
  if (ts.isClassDeclaration(statement)) return classText(name, statement, symbol, at)
  if (
    ts.isInterfaceDeclaration(statement) &&
    statement.members.length === 0 &&
    statement.heritageClauses !== undefined
  ) {
    const members = propertiesOf(checker.getDeclaredTypeOfSymbol(symbol), at)
    if (members.length > 0) return `interface ${name} {\n${members.join("\n")}\n}`
  }
  if (ts.isInterfaceDeclaration(statement) && statement.heritageClauses !== undefined) {
    const inherited = inheritedBy(statement, symbol)
    const heritage = statement.heritageClauses.map((each) => each.getText()).join(" ")
    if (inherited !== undefined) {
      return tidy(statement.getText().replace(` ${heritage}`, "")).replace(/\}$/, `${inherited.join("")}}`)
    }
  }
  return tidy(statement.getText())
}

const resolved = (symbol: ts.Symbol): ts.Symbol =>
  (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)

/** The declarations of ours that the types in a node name; bodies of functions do not count. */
const usesOf = (node: ts.Node): ReadonlyArray<ts.Symbol> => {
  const found = new Set<ts.Symbol>()
  const visit = (each: ts.Node): void => {
    if (
      ts.isBlock(each) ||
      (ts.isArrowFunction(each.parent ?? each) && each === (each.parent as ts.ArrowFunction).body)
    )
      return
    if (ts.isTypeReferenceNode(each)) {
      const symbol = checker.getSymbolAtLocation(each.typeName)
      if (symbol !== undefined) found.add(resolved(symbol))
    }
    ts.forEachChild(each, visit)
  }
  visit(node)
  return [...found]
}

/** The arguments of a generic type, such as the elements of a tuple. */
const argumentsOf = (type: ts.Type): ReadonlyArray<ts.Type> =>
  "target" in type ? checker.getTypeArguments(type as ts.TypeReference) : []

/** The declarations of ours in the type of a function that a call makes: of its parameters, a tuple, and of its result. */
const usesOfMade = (node: ts.Node): ReadonlyArray<ts.Symbol> => {
  if (!ts.isVariableDeclaration(node) || node.type !== undefined) return []
  const signatures = checker.getTypeAtLocation(node).getCallSignatures()
  const types = signatures.flatMap((each) => [
    ...each.parameters.map((parameter) => checker.getTypeOfSymbol(parameter)),
    each.getReturnType()
  ])
  const named = types.flatMap(argumentsOf).map((each) => checker.getNonNullableType(each))
  return named.flatMap((each) => each.aliasSymbol ?? each.symbol ?? [])
}

const exportOf = (exported: ts.Symbol): ReadonlyArray<Export> => {
  const symbol = resolved(exported)
  const nodes = (symbol.declarations ?? []).filter((each) => isOurs(each.getSourceFile().fileName))
  const [node] = nodes
  if (node === undefined) return []
  const { name } = exported
  const file = node.getSourceFile().fileName
  // The comment of a constant is that of its statement.
  const documented = nodes.map((each) => (ts.isVariableDeclaration(each) ? each.parent.parent : each))
  const specifier = exported.declarations?.[0]
  const own = specifier !== undefined && ts.isExportSpecifier(specifier) ? commentText(specifier) : ""
  const comments = [own, ...documented.map(commentText)].filter((text) => text !== "").map(parseComment)
  const members = nodes.flatMap((each) =>
    ts.isInterfaceDeclaration(each)
      ? each.members.map((member) => [member.name?.getText() ?? "", parseComment(commentText(member))] as const)
      : []
  )
  return [
    {
      name,
      code: () =>
        [...new Set(nodes.flatMap((each) => statementsOf(each.getSourceFile().fileName, nameOf(each) ?? "")))].map(
          (each) => codeOf(name, each, symbol, node)
        ),
      comment: {
        text: comments.map(({ text }) => text).find((text) => text !== "") ?? "",
        tags: comments.flatMap(({ tags }) => tags)
      },
      isType: nodes.every((each) => ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each)),
      isError:
        nodes.some((each) => ts.isClassDeclaration(each)) &&
        errorBaseOf(checker.getDeclaredTypeOfSymbol(symbol)) !== undefined,
      file: relative(root, file).split(sep).join("/"),
      line: node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1,
      symbol,
      uses: [...new Set(nodes.flatMap((each) => [...usesOf(each), ...usesOfMade(each)]))].filter(
        (each) => each !== symbol
      ),
      members: new Map(members)
    }
  ]
}

/** The exports of a module, in the order of its source. */
export const exportsOf = (file: string): ReadonlyArray<Export> => {
  const source = program.getSourceFile(join(root, file))
  const module = source && checker.getSymbolAtLocation(source)
  return module === undefined ? [] : checker.getExportsOfModule(module).flatMap(exportOf)
}
