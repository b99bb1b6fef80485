/**
 * Checks what the linter cannot see. No comment in src silences a check, and no file has a refused word. The modules of
 * the two Effect versions are twins. The lock file names no registry, and no package that needs a newer Node than ours.
 * The examples name the versions that are tested here.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fail, root } from "./install.mjs"
import { differences } from "./twins.mjs"
import { endings, lists, problemsOf } from "./words/check.mjs"

/** @type {Array<string>} */
const problems = [...differences()]

const retired = new Set(readFileSync(join(root, "scripts/words/retired.txt"), "utf8").split("\n").filter(Boolean))

/** Folders with installed, built or generated files. */
const made = /^(node_modules|\.git|build|dist|reference|public|tarballs|coverage|cache|\.snippets|\.stryker-tmp)$/

/** @param {string} folder @returns {ReadonlyArray<string>} */
const filesBelow = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${entry.name}`
    if (!entry.isDirectory()) return endings.test(path) ? [path] : []
    return made.test(entry.name) ? [] : filesBelow(`${path}/`)
  })

for (const file of filesBelow("")) {
  if (lists.includes(file) || file === "pnpm-lock.yaml") continue
  for (const { line, problem } of problemsOf(readFileSync(join(root, file), "utf8"), retired)) {
    problems.push(`${file}:${line}: ${problem}`)
  }
}

for (const name of readdirSync(join(root, "packages"))) {
  if (name === "bench") continue
  const src = join("packages", name, "src")
  for (const file of readdirSync(join(root, src), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue
    const text = readFileSync(join(root, src, file), "utf8")
    text.split("\n").forEach((line, index) => {
      const [silencer] = /@ts-(ignore|expect-error|nocheck)|biome-ignore/.exec(line) ?? []
      if (silencer !== undefined) problems.push(`${src}/${file}:${index + 1}: ${silencer} hides a fault: fix it`)
    })
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

// each catalog installs one version of a package
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
