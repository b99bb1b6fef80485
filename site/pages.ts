/**
 * The place of each page of the repository on the site. The order, the groups and the package of each page are those of
 * `docs/README.md`, `docs/guarantees.md` and `CONTRIBUTING.md`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))

/** The API reference as Markdown, which git ignores. */
export const referenceFolder = join(root, "site/reference")

/** From each public name to its address on the site; made with the reference. */
export const symbolsFile = join(referenceFolder, "symbols.json")

export interface Page {
  /** Relative to the root of the repository. */
  readonly file: string
  readonly title: string
  /** Names of packages. */
  readonly packages: ReadonlyArray<string>
  readonly summary: string
}

export interface Group {
  readonly title: string
  readonly pages: ReadonlyArray<Page>
}

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly version: string
  readonly description: string
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, unknown>> }
}

export const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))

/** The names of the published packages, in the order of the README's table, others last. */
export const published: ReadonlyArray<string> = (() => {
  const readme = readFileSync(join(root, "README.md"), "utf8")
  const position = (name: string) => {
    const at = readme.indexOf(`](packages/${name})`)
    return at === -1 ? Number.POSITIVE_INFINITY : at
  }
  return readdirSync(join(root, "packages"))
    .filter((name) => existsSync(join(root, "packages", name, "package.json")) && manifestOf(name).private !== true)
    .sort((one, other) => position(one) - position(other) || (one < other ? -1 : 1))
})()

/** Packages that can be imported. The command line is a program. */
export const libraries: ReadonlyArray<string> = published.filter(
  (name) => manifestOf(name).publishConfig?.exports?.["."] !== undefined
)

/** A row of a table of pages. Its link is relative to `folder`. */
const rowOf = (line: string, folder: string): Page | undefined => {
  const match = /^\| \[([^\]]+)\]\(([^)#]+\.md)\) \|(?: ?([^|]*?) ?\|)? ([^|]*) \|$/.exec(line)
  if (match === null) return undefined
  const [, title = "", link = "", packages = "", summary = ""] = match
  return {
    file: relative(root, join(root, folder, link))
      .split(sep)
      .join("/"),
    title,
    packages: Array.from(packages.matchAll(/`([a-z0-9]+)`/g), ([, name = ""]) => name),
    summary
  }
}

/** The groups of pages that list others: the headings, and the pages that the table below each names. */
export const groups: ReadonlyArray<Group> = ["docs/README.md", "docs/guarantees.md", "CONTRIBUTING.md"].flatMap(
  (file) =>
    readFileSync(join(root, file), "utf8")
      .split(/^##? /m)
      .slice(1)
      .map((part) => ({
        title: part.slice(0, part.indexOf("\n")),
        pages: part.split("\n").flatMap((line) => rowOf(line, dirname(file)) ?? [])
      }))
      .filter(({ pages }) => pages.length > 0)
)

export const packagePages: ReadonlyArray<Page> = published.map((name) => ({
  file: `packages/${name}/README.md`,
  title: name,
  packages: [name],
  summary: manifestOf(name).description
}))

export const allPages: ReadonlyArray<Page> = [...groups.flatMap(({ pages }) => pages), ...packagePages]

/** Files that VitePress excludes: all without an address of `addressOf`. */
export const excluded: ReadonlyArray<string> = [
  "**/{build,dist,coverage,.snippets,.changeset,test}/**",
  "AGENTS.md",
  "examples/**",
  "{scripts,tools}/**",
  "packages/*/{src,test}/**",
  "packages/*/!(README).md",
  ...readdirSync(join(root, "packages"))
    .filter((name) => !published.includes(name))
    .map((name) => `packages/${name}/**`)
]

/** Returns the address of a file of the repository on the site: `server.md` for `docs/server.md`. */
export const addressOf = (file: string): string => {
  if (file === "README.md") return "index.md"
  if (file === "docs/README.md") return "guides.md"
  const [, folder = "", rest = ""] = /^(docs|site|packages)\/(.*)$/.exec(file) ?? []
  if (folder === "docs" || folder === "site") return rest
  if (folder === "packages") return `packages/${basename(dirname(rest))}.md`
  return file.toLowerCase()
}

/** The file that a relative link of `file` leads to, relative to the root of the repository; a folder's is its README. */
export const targetOf = (file: string, link: string): string => {
  const path = join(root, dirname(file), decodeURIComponent(link))
  const target = relative(root, path).split(sep).join("/")
  return existsSync(join(path, "README.md")) ? `${target}/README.md` : target
}

const known = new Set(["README.md", "docs/README.md", ...allPages.map(({ file }) => file)])

/** Returns true if a file of the repository is on the site. */
export const isOnSite = (file: string): boolean => known.has(file) || file.startsWith("site/reference/")
