/**
 * What the linter cannot see: that every public module has a doc comment, that no comment in src silences a check, that
 * the lock file names no registry and no package that needs a newer Node than ours, and that the examples name the
 * versions that are tested here.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { fail, root } from "./install.mjs"

/** @type {Array<string>} */
const problems = []

/** @param {ts.Statement} statement */
const isExported = (statement) =>
  ts.isExportDeclaration(statement) ||
  (ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true)

/** @param {string} path @param {boolean} isPrivate */
const checkSource = (path, isPrivate) => {
  // An export is as old as its module, unless it says otherwise. `protocol` promises nothing between versions.
  const since = path.startsWith("packages/protocol/") ? "" : "@since"
  const text = readFileSync(join(root, path), "utf8")
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  const at = (/** @type {number} */ position) => `${path}:${file.getLineAndCharacterOfPosition(position).line + 1}`

  for (const { index, 0: silencer } of text.matchAll(/@ts-(ignore|expect-error|nocheck)|biome-ignore/g)) {
    problems.push(`${at(index)}: ${silencer} hides a fault: mend it`)
  }

  if (isPrivate || path.includes("/internal/")) return
  const header = ts.getLeadingCommentRanges(text, 0)?.[0]
  if (
    file.statements.some(isExported) &&
    (header === undefined || !text.slice(header.pos, header.end).includes(since))
  ) {
    problems.push(`${at(0)}: the module needs a doc comment${since && ` with ${since}`}`)
  }
}

for (const name of readdirSync(join(root, "packages"))) {
  if (name === "bench") continue
  const src = `packages/${name}/src`
  const isPrivate = JSON.parse(readFileSync(join(root, `packages/${name}/package.json`), "utf8")).private === true
  for (const file of readdirSync(join(root, src), { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".ts")) checkSource(`${src}/${file.replaceAll("\\", "/")}`, isPrivate)
  }
}

const lock = readFileSync(join(root, "pnpm-lock.yaml"), "utf8")
if (/:\/\/|tarball:/.test(lock)) {
  problems.push("pnpm-lock.yaml: holds the address of a registry: install without lockfileIncludeTarballUrl")
}

/** Of `18 || 20 || >=22` one suits Node 20. @param {string} range @param {number} major */
const suits = (range, major) =>
  range.split("||").some((one) => {
    const [, how = "", from] = /^\s*(>=?|\^|~)?\s*v?(\d+)/.exec(one) ?? []
    return from === undefined || (how.startsWith(">") ? Number(from) <= major : Number(from) === major)
  })

// An install warns of each package that wants a newer Node than the oldest that we run on.
const oldest = Number(/\d+/.exec(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines.node)?.[0])
for (const [, name, range = ""] of lock.matchAll(
  /^ {2}'?([^\s']+)'?:\n {4}resolution: .*\n {4}engines: \{.*?node: '?([^,'}]+)/gm
)) {
  if (!suits(range, oldest)) problems.push(`pnpm-lock.yaml: ${name} wants Node ${range}, and we run on ${oldest}`)
}

// What a catalog names is installed at one version for each catalog.
const [catalogs = ""] = lock.split("\nimporters:")
const ours = JSON.parse(readFileSync(join(root, "packages/client/package.json"), "utf8")).version
/** @param {string} name */
const tested = (name) =>
  name.startsWith("@checkpoint-permissions/")
    ? // Before the first release, the version that it will have.
      [ours === "0.0.0" ? "0.1.0" : ours]
    : Array.from(
        catalogs.matchAll(/^ {4}'?([^\s':]+)'?:\n {6}specifier: .*\n {6}version: (.+)$/gm),
        ([, found, version]) => (found === name ? [version] : [])
      ).flat()

for (const name of readdirSync(join(root, "examples"))) {
  const path = `examples/${name}/package.json`
  if (!existsSync(join(root, path))) continue
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, path), "utf8"))
  for (const [dependency, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    // Of another major, such as a package of Effect 4 beside one of Effect 3, there may be none here.
    const versions = tested(dependency).filter((one) => one.split(".")[0] === version.split(".")[0])
    if (!/^\d+\.\d+\.\d+$/.test(version)) problems.push(`${path}: ${dependency} ${version} is not one version`)
    else if (versions.length > 0 && !versions.includes(version)) {
      problems.push(`${path}: ${dependency} ${version} is not tested here, but ${versions.join(" and ")}`)
    }
  }
}

if (problems.length > 0) fail(problems.join("\n"))
