/** A page of the reference: its head, and the guides that use its module. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { allPages, libraries, type Page, root } from "../pages.ts"

export interface Module {
  readonly package: string
  readonly name: string
}

/** Programs, and lists of the other modules. */
const hidden = new Set(["index.ts", "bin.ts"])

/** The public modules. */
export const modules: ReadonlyArray<Module> = libraries.flatMap((name) =>
  readdirSync(join(root, "packages", name, "src"))
    .filter((file) => file.endsWith(".ts") && !hidden.has(file))
    .sort()
    .map((file) => ({ package: name, name: file.slice(0, -".ts".length) }))
)

/** The source of a module, relative to the root. */
export const sourceOf = (module: Module): string => `packages/${module.package}/src/${module.name}.ts`

/** The comment at the head of a module, as Markdown. */
export const headOf = (module: Module): string => {
  const source = readFileSync(join(root, sourceOf(module)), "utf8")
  return (
    (/^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? "")
      .replace(/^ *\* ?/gm, "")
      .split(/^@(?!link)/m)[0]
      ?.trim() ?? ""
  )
}

/** For a cell of a table, which holds no bar and no line break. */
export const firstSentence = (text: string): string =>
  (text.split(/(?<=\.)\s/)[0] ?? "").replaceAll("|", "\\|").replace(/\s+/g, " ").trim()

const guides: ReadonlyArray<{ readonly page: Page; readonly text: string }> = allPages
  .filter(({ file }) => file.startsWith("docs/") && !file.startsWith("docs/decisions/"))
  .map((page) => ({ page, text: readFileSync(join(root, page.file), "utf8") }))

/** The guides that show a module at work, those that name it most often first. */
const guidesOf = ({ name, package: owner }: Module): ReadonlyArray<Page> => {
  const used = new RegExp(`\\b${name}\\.\\w`, "g")
  // `server.close()` is no word about the module `server`.
  const imported = new RegExp(`import (type )?\\{[^}]*\\b${name}\\b[^}]*\\} from "@checkpoint-permissions/`)
  return guides
    .map(({ page, text }) => ({
      page,
      uses: imported.test(text) || page.packages.includes(owner) ? (text.match(used)?.length ?? 0) : 0
    }))
    .filter(({ uses }) => uses > 0)
    .sort((one, other) => other.uses - one.uses)
    .slice(0, 5)
    .map(({ page }) => page)
}

/** The whole page: how to import the module, the guides that use it, then the entries. */
export const pageOf = (module: Module, head: string, body: ReadonlyArray<string>): string => {
  // From site/reference/<package>/ to the root.
  const links = guidesOf(module).map(({ file, title }) => `[${title}](../../../${file})`)
  return `${[
    // A type often has the name of its module.
    `# ${module.name} {#module}`,
    head,
    `\`\`\`ts\nimport { ${module.name} } from "@checkpoint-permissions/${module.package}"\n\`\`\``,
    ...(links.length > 0 ? [`Guides that use it: ${links.join(", ")}.`] : []),
    ...body
  ].join("\n\n")}\n`
}
