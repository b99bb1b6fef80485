/** The API reference in `site/reference`: a page of Markdown for each public module, made from types and doc comments. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type ts from "typescript"
import { libraries, manifestOf, referenceFolder, symbolsFile } from "../pages.ts"
import { type Comment, type Export, exportsOf } from "./declarations.ts"
import { firstSentence, headOf, type Module, modules, pageOf, sourceOf } from "./referencePage.ts"

interface Entry extends Export {
  readonly module: Module
  readonly category: string
  readonly anchor: string
}

const first = ["operations", "constructors", "layers", "tags", "services"]
const last = ["references", "models", "errors"]
const rank = (category: string): number =>
  first.includes(category)
    ? first.indexOf(category) - first.length
    : last.includes(category)
      ? 1 + last.indexOf(category)
      : 0

const tagOf = ({ tags }: Comment, name: string): string | undefined => tags.find(([tag]) => tag === name)?.[1]

const categoryOf = ({ comment, isError }: Export): string =>
  tagOf(comment, "category") ?? (isError ? "errors" : "models")

const entriesOf = (module: Module): ReadonlyArray<Entry> => {
  const file = sourceOf(module)
  const taken = new Set<string>()
  return exportsOf(file)
    .map((one) => ({ ...one, module, category: categoryOf(one) }))
    .sort(
      (one, other) =>
        rank(one.category) - rank(other.category) ||
        (one.category < other.category ? -1 : one.category > other.category ? 1 : 0) ||
        Number(other.file === file) - Number(one.file === file) ||
        (one.file < other.file ? -1 : one.file > other.file ? 1 : one.line - other.line)
    )
    .map((one) => {
      const lower = one.name.toLowerCase()
      const anchor = taken.has(lower) ? `${lower}-${one.isType ? "type" : "value"}` : lower
      taken.add(lower)
      return { ...one, anchor }
    })
}

const pages = new Map(modules.map((module) => [module, entriesOf(module)]))
const bySymbol = new Map<ts.Symbol, ReadonlyArray<Entry>>()
for (const entry of [...pages.values()].flat()) {
  bySymbol.set(entry.symbol, [...(bySymbol.get(entry.symbol) ?? []), entry])
}

const effect3 = ["core", "client", "access", "testing"]
/** The packages to which a page links, its own first. A page for one version of Effect never links to the other. */
const scopeOf = (module: Module): ReadonlyArray<string> => [
  module.package,
  ...(module.package === "effect4" ? [] : effect3),
  "fake",
  "protocol"
]

const nearest = (from: Module, entries: ReadonlyArray<Entry>): Entry | undefined => {
  const here = entries.find(({ module }) => module === from)
  if (here !== undefined) return here
  const scope = scopeOf(from)
  return entries
    .filter(({ module }) => scope.includes(module.package))
    .sort((one, other) => scope.indexOf(one.module.package) - scope.indexOf(other.module.package))[0]
}

const hrefOf = (from: Module, { anchor, module }: Entry): string =>
  module === from
    ? `#${anchor}`
    : `${module.package === from.package ? "" : `../${module.package}/`}${module.name}.md#${anchor}`

const link = /\{@link\s+([\w.]+)(?:[ |]([^}]*))?\}/g

/** Returns the export that `{@link …}` names. A member, such as `Service.apply`, is that of its export. */
const targetOf = (from: Module, target: string): Entry | undefined => {
  const [module = "", name] = target.split(".")
  const own = (name: string) => pages.get(from)?.find((entry) => entry.name === name)
  const other = [...pages.values()].flat().filter((entry) => entry.module.name === module && entry.name === name)
  return own(target) ?? nearest(from, other) ?? own(module)
}

/** The Markdown of a comment, its `{@link …}` as links. */
const linked = (from: Module, text: string): string =>
  text.replace(link, (_, target: string, label: string | undefined) => {
    const found = targetOf(from, target)
    if (found === undefined) throw new Error(`${sourceOf(from)}: {@link ${target}} is no export`)
    return `[${label ?? `\`${target}\``}](${hrefOf(from, found)})`
  })

/** Code, whose comments have names in place of `{@link …}`. */
const withNames = (from: Module, code: string): string => {
  linked(from, code)
  return code.replace(link, (_, target: string, label: string | undefined) => label ?? target)
}

/** An operation of a module describes that of its service: the comment there has the behaviour. */
const behaviourOf = (entry: Entry): Comment => {
  const member = /`(\w+)` of the \{@link Service\}\.$/m.exec(entry.comment.text)?.[1]
  const service = pages.get(entry.module)?.find(({ name }) => name === "Service")
  const found = member === undefined ? undefined : service?.members.get(member)
  if (found === undefined || found.text === "") return entry.comment
  const rest = entry.comment.text.replace(/^[\s\S]*?`\w+` of the \{@link Service\}\./, "").trim()
  return { text: rest === "" ? found.text : `${found.text}\n\n${rest}`, tags: [...entry.comment.tags, ...found.tags] }
}

const markdownOf = (entry: Entry): string => {
  const { module } = entry
  const comment = behaviourOf(entry)
  // A schema of its own module describes the same thing as the class.
  const namesake = [...pages.values()]
    .flat()
    .find(
      ({ comment, module: other, name }) =>
        name === entry.name && other.package === module.package && comment.text !== ""
    )
  const text = comment.text === "" ? (namesake?.comment.text ?? "") : comment.text
  if (text === "") throw new Error(`${entry.file}:${entry.line}: ${entry.name} has no text for the reference`)
  const parameters = comment.tags.flatMap(([tag, text]) => {
    const [, name = "", about = ""] = tag === "param" ? (/^(\w+)\s*-?\s*([\s\S]*)$/.exec(text) ?? []) : []
    return name === "" ? [] : [`- \`${name}\`: ${linked(module, about.replace(/\s+/g, " "))}`]
  })
  const tagged = (tag: string): ReadonlyArray<string> => [
    ...new Set(comment.tags.flatMap(([name, text]) => (name === tag ? [linked(module, text)] : [])))
  ]
  const uses = [...new Set(entry.uses)].flatMap((symbol) => {
    const found = nearest(module, bySymbol.get(symbol) ?? [])
    return found === undefined ? [] : [`[\`${found.name}\`](${hrefOf(module, found)})`]
  })
  const code = entry.code()
  const isFunction = code.some((each) => each.startsWith("function "))
  return [
    `### ${entry.name}${isFunction ? "()" : ""} {#${entry.anchor}}`,
    ...tagged("deprecated").map((text) => `**Deprecated:** ${text}.`),
    `\`\`\`ts\n${withNames(module, code.join("\n\n"))}\n\`\`\``,
    linked(module, text),
    ...(parameters.length === 0 ? [] : [`Parameters:\n\n${parameters.join("\n")}`]),
    ...tagged("example"),
    `${[
      ...(uses.length === 0 ? [] : [`Types: ${[...new Set(uses)].join(", ")}`]),
      ...tagged("see").map((text) => (text.startsWith("http") ? `[API of OpenAI](${text})` : `See ${text}`)),
      `[Source](../../../${entry.file}#L${entry.line})`
    ].join(" · ")}`
  ].join("\n\n")
}

const titleOf = (category: string): string => category.charAt(0).toUpperCase() + category.slice(1)

rmSync(referenceFolder, { recursive: true, force: true })
for (const [module, entries] of pages) {
  const categories = [...new Set(entries.map(({ category }) => category))]
  const body = categories.flatMap((category) => [
    `## ${titleOf(category)} {#category-${category.replaceAll(" ", "-")}}`,
    ...entries.filter((entry) => entry.category === category).map(markdownOf)
  ])
  mkdirSync(join(referenceFolder, module.package), { recursive: true })
  const page = pageOf(module, linked(module, headOf(module)), body)
  if (page.includes("{@link")) throw new Error(`${sourceOf(module)}: a {@link of its page is not a link`)
  writeFileSync(join(referenceFolder, module.package, `${module.name}.md`), page)
}

// A guide never means a name of `protocol`. A name of both versions of Effect is that of Effect 3.
const symbols = Object.fromEntries(
  [...pages]
    .filter(([module]) => module.package !== "protocol")
    .sort(([one], [other]) => Number(other.package === "effect4") - Number(one.package === "effect4"))
    .flatMap(([module, entries]) => {
      const page = `/reference/${module.package}/${module.name}.html`
      return [
        // `server` and `seed` are also ordinary words.
        ...(/^[A-Z]/.test(module.name) ? [[module.name, page]] : []),
        ...entries.flatMap(({ anchor, isError, name }) => [
          [`${module.name}.${name}`, `${page}#${anchor}`],
          ...(module.name === "PermissionsError" && isError ? [[name, `${page}#${anchor}`]] : [])
        ])
      ]
    })
)

const table = (owner: string, folder: string): string =>
  [
    "| Module | What it is |",
    "| --- | --- |",
    ...modules
      .filter((module) => module.package === owner)
      .map(
        (module) =>
          `| [\`${module.name}\`](${folder}${module.name}.md) | ${firstSentence(linked(module, headOf(module)))} |`
      )
  ].join("\n")

for (const name of libraries) {
  writeFileSync(
    join(referenceFolder, name, "index.md"),
    `# @checkpoint-permissions/${name}\n\n${manifestOf(name).description}. [What it is for, and how to install it](../../../packages/${name}/README.md).\n\n${table(name, "")}\n`
  )
}
writeFileSync(
  join(referenceFolder, "index.md"),
  `# API reference\n\nEvery public module, made from its types and doc comments.\n\n${libraries
    .map((name) => `## ${name}\n\n${manifestOf(name).description}.\n\n${table(name, `${name}/`)}`)
    .join("\n\n")}\n`
)
writeFileSync(symbolsFile, JSON.stringify(symbols, undefined, 1))
