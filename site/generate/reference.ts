/**
 * The API reference: a page of Markdown for each public module, made from the types and doc comments by TypeDoc, in
 * `site/reference`. `npm run docs:reference`.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Application, Converter, type TypeDocOptions } from "typedoc"
import type { PluginOptions } from "typedoc-plugin-markdown"
import { manifestOf, published, root } from "../pages.ts"
import { cell, takeErrors } from "./errorTables.ts"
import { referenceFolder, symbolsFile } from "./places.ts"
import { anchorsOf, commentOf, finished, type Module } from "./referencePage.ts"

/** What runs, and what lists the others, is no module to look up. */
const hidden = new Set(["index.ts", "bin.ts"])

const modules: ReadonlyArray<Module> = published.flatMap((name) =>
  readdirSync(join(root, "packages", name, "src"))
    .filter((file) => file.endsWith(".ts") && !hidden.has(file))
    .sort()
    .map((file) => ({ package: name, name: file.slice(0, -".ts".length) }))
)

const comments = new Map(modules.map((module) => [`${module.package}/${module.name}`, commentOf(module)]))

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
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  parametersFormat: "table",
  propertyMembersFormat: "table",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  logLevel: "Warn",
  validation: { notExported: false, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: false }
} satisfies Partial<TypeDocOptions> & Partial<PluginOptions>

const application = await Application.bootstrapWithPlugins(options)
let errors: ReadonlyMap<string, string> = new Map()
application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const module of project.children ?? []) module.name = module.name.replace("/src/", "/")
})
application.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
  errors = takeErrors(project, (module) => comments.get(module) ?? "")
})

const project = await application.convert()
if (project === undefined) throw new Error("TypeDoc could not read the sources: see the lines above.")
rmSync(referenceFolder, { recursive: true, force: true })
await application.generateOutputs(project)
if (application.logger.hasErrors()) throw new Error("TypeDoc could not write the reference: see the lines above.")

const isEffect4 = (module: (typeof modules)[number]): boolean => module.package === "effect4"

const symbols: Record<string, string> = {}
// Where both Effect lines have a name, a guide means that of Effect 3.
for (const module of [...modules.filter((module) => !isEffect4(module)), ...modules.filter(isEffect4)]) {
  const key = `${module.package}/${module.name}`
  const file = join(referenceFolder, `${key}.md`)
  const page = finished(module, comments.get(key) ?? "", readFileSync(file, "utf8"), errors.get(key))
  writeFileSync(file, page)
  const address = `/reference/${key}.md`
  // What only `protocol` has is no name that a guide means.
  if (module.package === "protocol") continue
  // `server` and `seed` are also words of their own.
  if (/^[A-Z]/.test(module.name)) symbols[module.name] ??= address
  for (const [name, anchor] of anchorsOf(page)) {
    symbols[`${module.name}.${name}`] ??= `${address}#${anchor}`
    if (errors.get(key)?.includes(`[\`${name}\`]`)) symbols[name] ??= `${address}#${anchor}`
  }
}

const table = (owner: string, folder: string): string =>
  [
    "| Module | What it is |",
    "| --- | --- |",
    ...modules
      .filter((module) => module.package === owner)
      .map(
        ({ name }) =>
          `| [\`${name}\`](${folder}${name}.md) | ${cell(comments.get(`${owner}/${name}`)?.split(/(?<=\.)\s/)[0] ?? "")} |`
      )
  ].join("\n")

for (const name of published) {
  mkdirSync(join(referenceFolder, name), { recursive: true })
  writeFileSync(
    join(referenceFolder, name, "index.md"),
    `# @checkpoint-permissions/${name}\n\n${manifestOf(name).description}. [What it is for, and how to install it](../../../packages/${name}/README.md).\n\n${table(name, "")}\n`
  )
}
rmSync(join(referenceFolder, "README.md"), { force: true })
writeFileSync(
  join(referenceFolder, "index.md"),
  `# API reference\n\nEvery public module, made from its types and doc comments.\n\n${published
    .map((name) => `## ${name}\n\n${manifestOf(name).description}.\n\n${table(name, `${name}/`)}`)
    .join("\n\n")}\n`
)
writeFileSync(symbolsFile, JSON.stringify(symbols, undefined, 1))
