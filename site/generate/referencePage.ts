/** A page of the reference, from what TypeDoc made of a module. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { slug } from "../../docs/slug.ts"
import { allPages, type Page, root } from "../pages.ts"

export interface Module {
  readonly package: string
  readonly name: string
}

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

const errorNames = [
  "InvalidInputError",
  "BadRequestError",
  "AuthenticationError",
  "MissingScopeError",
  "PermissionDeniedError",
  "NotFoundError",
  "ConflictError",
  "RateLimitError",
  "QuotaExhaustedError",
  "ServerError",
  "ConnectionError",
  "RequestTimeoutError",
  "InvalidResponseError",
  "IncompleteListingError"
]
const inTables = new RegExp(
  errorNames.map((name) => `(?:\\\\\\| )?\\[\`${name}\`\\]\\(([^)#]*)#\\w+\\)`).join("\\s+"),
  "g"
)
const inCode = new RegExp(errorNames.map((name) => `\\|? *${name}`).join("\\s*"), "g")

/** The union of all errors by its name. */
const named = (markdown: string): string =>
  markdown
    .replace(inTables, (_, page: string) => `[\`PermissionsError\`](${page}#permissionserror)`)
    .replace(inCode, "PermissionsError")
    .replace(/: \n\s*PermissionsError/g, ": PermissionsError")
    .replace(/^\s+(?=\[`PermissionsError`\])/gm, "")

export const importOf = ({ name, package: owner }: Module): string =>
  `import { ${name} } from "@checkpoint-permissions/${owner}"`

/** The comment at the head of a module, as Markdown. */
export const commentOf = ({ name, package: owner }: Module): string => {
  const source = readFileSync(join(root, "packages", owner, "src", `${name}.ts`), "utf8")
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? ""
  return comment
    .replace(/^ *\* ?/gm, "")
    .replace(/^@since.*$/m, "")
    .replace(/\{@link ([\w.]+)\}/g, "`$1`")
    .trim()
}

/** The page as it is shown: with how to import it, the guides that use it, and the table of its errors. */
export const finished = (module: Module, comment: string, markdown: string, errors: string | undefined): string => {
  const uses = guidesOf(module)
  // From site/reference/<package>/ to the root.
  const links = uses.map(({ file, title }) => `[${title}](../../../${file})`)
  const body = markdown.slice(markdown.indexOf("\n") + 1)
  const start = `\n${body}`.indexOf("\n## ")
  const rest = start === -1 ? "" : body.slice(start)
  return `${[
    `# ${module.name}`,
    // The table of errors takes the place of the one in the comment.
    (errors === undefined ? comment : comment.replace(/^\|.*\n?/gm, "")).trim(),
    `\`\`\`ts\n${importOf(module)}\n\`\`\``,
    links.length > 0 ? `Guides that use it: ${links.join(", ")}.` : "",
    errors ?? "",
    named(rest.trim())
      .replace(/^## (.)/gm, (_, letter: string) => `## ${letter.toUpperCase()}`)
      .replace(/^\*\*\*$/gm, "")
      .replace(/^#### Extends\n\n(- .*\n)+/gm, "")
      .replace(/^(#{4,5}) Call Signature$/gm, "$1 Signature")
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .replace(/\n{3,}/g, "\n\n")}\n`
}

/** From each name of the module to its anchor. Of a type and a value of one name the value is described, and comes last. */
export const anchorsOf = (markdown: string): ReadonlyMap<string, string> => {
  const seen = new Map<string, number>()
  const anchors = new Map<string, string>()
  const prose = markdown.replace(/^ *(`{3,})[\s\S]*?^ *\1$/gm, "")
  for (const [, level = "", heading = ""] of prose.matchAll(/^(#{1,6}) +(.*?)\s*$/gm)) {
    const plain = heading.replaceAll("\\", "")
    const id = slug(plain)
    const count = seen.get(id) ?? 0
    seen.set(id, count + 1)
    const name = /^(\w+)(\(\))?$/.exec(plain)?.[1]
    if (level === "###" && name !== undefined) anchors.set(name, count === 0 ? id : `${id}-${count}`)
  }
  return anchors
}
