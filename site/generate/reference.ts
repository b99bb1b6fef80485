/**
 * The API reference: a page of Markdown for each public module, made from types and doc comments by TypeDoc, in
 * `site/reference`.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  Application,
  Comment,
  Converter,
  DeclarationReflection,
  ReferenceReflection,
  ReflectionKind,
  type TypeDocOptions
} from "typedoc"
import { MarkdownPageEvent, type PluginOptions } from "typedoc-plugin-markdown"
import { libraries, manifestOf, referenceFolder, root, symbolsFile } from "../pages.ts"
import { commentOf, finished, firstSentence, type Module } from "./referencePage.ts"

/** What runs, and what lists the others, is no module to look up. */
const hidden = new Set(["index.ts", "bin.ts"])

const modules: ReadonlyArray<Module> = libraries.flatMap((name) =>
  readdirSync(join(root, "packages", name, "src"))
    .filter((file) => file.endsWith(".ts") && !hidden.has(file))
    .sort()
    .map((file) => ({ package: name, name: file.slice(0, -".ts".length) }))
)

const options = {
  entryPoints: modules.map(({ name, package: owner }) => join(root, "packages", owner, "src", `${name}.ts`)),
  tsconfig: join(root, "site/tsconfig.reference.json"),
  basePath: join(root, "packages"),
  plugin: ["typedoc-plugin-markdown"],
  out: referenceFolder,
  router: "module",
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  disableGit: true,
  // The compiler has its say in `npm run types`.
  skipErrorChecking: true,
  excludeTags: ["@since"],
  readme: "none",
  sort: ["source-order"],
  categorizeByGroup: false,
  defaultCategory: "models",
  categoryOrder: ["operations", "constructors", "layers", "tags", "services", "*", "references", "models", "errors"],
  useCustomAnchors: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  hidePageTitle: true,
  useCodeBlocks: true,
  expandParameters: true,
  expandObjects: true,
  parametersFormat: "none",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  typeAliasPropertiesFormat: "table",
  tableColumnSettings: { hideModifiers: true, hideInherited: true, hideOverrides: true, hideDefaults: true },
  logLevel: "Warn",
  validation: { notExported: false, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: false }
} satisfies Partial<TypeDocOptions> & Partial<PluginOptions>

const application = await Application.bootstrapWithPlugins(options)

application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const module of project.children ?? []) {
    module.name = module.name.replace("/src/", "/")
    for (const child of module.children ?? []) {
      // What is exported again stands where the name itself would.
      const tag =
        child instanceof ReferenceReflection
          ? child.tryGetTargetReflectionDeep()?.comment?.getTag("@category")
          : undefined
      if (tag !== undefined) child.comment = new Comment([], [tag])
    }
  }
})

/** What a class has from Effect is not its own. */
const isOwn = ({ flags, inheritedFrom, kind, name }: DeclarationReflection, isError: boolean): boolean =>
  isError ? kind === ReflectionKind.Property && /^\w+$/.test(name) : inheritedFrom === undefined && !flags.isStatic

application.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
  for (const each of project.getReflectionsByKind(ReflectionKind.Class)) {
    if (!each.isDeclaration()) continue
    const isError = each.extendedTypes?.some((type) => /YieldableError|TaggedError/.test(type.toString())) ?? false
    for (const child of [...(each.children ?? [])]) {
      if (!isOwn(child, isError)) project.removeReflection(child)
    }
    delete each.extendedTypes
  }
})

const project = await application.convert()
if (project === undefined) throw new Error("TypeDoc could not read the sources: see the lines above.")

const moduleOf = (name: string): Module | undefined => modules.find((one) => `${one.package}/${one.name}` === name)

/** The names that a guide may mean, and their addresses: of a module, then of what it exports. */
const symbolsOf = new Map<Module, ReadonlyArray<readonly [name: string, address: string]>>()

application.renderer.on(MarkdownPageEvent.END, (page) => {
  const { model } = page
  if (!(model instanceof DeclarationReflection)) return
  const module = moduleOf(model.name)
  if (module === undefined) return
  page.contents = finished(module, page.contents ?? "")
  symbolsOf.set(module, [
    // `server` and `seed` are also words of their own.
    ...(/^[A-Z]/.test(module.name) ? [[module.name, page.url] as const] : []),
    ...(model.children ?? []).flatMap((child) => {
      const address = application.renderer.router?.getFullUrl(child) ?? page.url
      const isError = module.name === "PermissionsError" && child.kind === ReflectionKind.Class
      return [[`${module.name}.${child.name}`, address] as const, ...(isError ? [[child.name, address] as const] : [])]
    })
  ])
})

rmSync(referenceFolder, { recursive: true, force: true })
await application.generateOutputs(project)
if (application.logger.hasErrors()) throw new Error("TypeDoc could not write the reference: see the lines above.")

// What only `protocol` has is no name that a guide means, and what both Effect lines have is that of Effect 3.
const symbols = Object.fromEntries(
  [...symbolsOf]
    .filter(([module]) => module.package !== "protocol")
    .sort(([one], [other]) => Number(other.package === "effect4") - Number(one.package === "effect4"))
    .flatMap(([, names]) => names.map(([name, address]) => [name, `/reference/${address}`]))
)

const table = (owner: string, folder: string): string =>
  [
    "| Module | What it is |",
    "| --- | --- |",
    ...modules
      .filter((module) => module.package === owner)
      .map(
        ({ name }) => `| [\`${name}\`](${folder}${name}.md) | ${firstSentence(commentOf({ name, package: owner }))} |`
      )
  ].join("\n")

for (const name of libraries) {
  mkdirSync(join(referenceFolder, name), { recursive: true })
  writeFileSync(
    join(referenceFolder, name, "index.md"),
    `# @checkpoint-permissions/${name}\n\n${manifestOf(name).description}. [What it is for, and how to install it](../../../packages/${name}/README.md).\n\n${table(name, "")}\n`
  )
}
rmSync(join(referenceFolder, "README.md"), { force: true })
writeFileSync(
  join(referenceFolder, "index.md"),
  `# API reference\n\nEvery public module, made from its types and doc comments.\n\n${libraries
    .map((name) => `## ${name}\n\n${manifestOf(name).description}.\n\n${table(name, `${name}/`)}`)
    .join("\n\n")}\n`
)
writeFileSync(symbolsFile, JSON.stringify(symbols, undefined, 1))
