/**
 * `npm run version`: makes versions and changelogs of the changesets, writes what depends on them, and removes what the
 * guides say of packages that are not in the registry yet.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { ensureInstalled, fail, pnpm, root } from "./install.mjs"

/** The passages for a time without published packages. */
const passages = [
  /\*\*The packages are not in the registry yet\.\*\*[\s\S]*?\n(?=`npm run examples -- access-service)/g,
  /Until the packages are in the registry, install\s\[tarballs from a clone\]\([^)]*\)\.[ \n]?/g,
  /\s\(\[from a clone\]\([^)]*\), until it is in the registry\)/g
]

/** A guide once the packages are published. @param {string} text */
export const published = (text) => passages.reduce((all, passage) => all.replaceAll(passage, ""), text)

/** The words by which `pack --check` finds such a passage. */
export const unpublished = /until (?:the packages are|it is) in the registry|not in the registry yet/i

/** @param {string} script @param {ReadonlyArray<string>} args */
const node = (script, ...args) => {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: "inherit" })
  if (status !== 0) fail(`version: ${script} failed: see the lines above`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureInstalled()
  node("node_modules/@changesets/cli/bin.js", "version")
  const { version } = JSON.parse(readFileSync(join(root, "packages/client/package.json"), "utf8"))
  for (const name of readdirSync(join(root, "examples"))) {
    const file = join(root, "examples", name, "package.json")
    if (!existsSync(file)) continue
    const text = readFileSync(file, "utf8")
    writeFileSync(file, text.replaceAll(/("@checkpoint-permissions\/\w+": )"\d+\.\d+\.\d+"/g, `$1"${version}"`))
  }
  const guides = [
    "README.md",
    ...readdirSync(join(root, "docs")).map((file) => join("docs", file)),
    ...readdirSync(join(root, "packages")).map((name) => join("packages", name, "README.md"))
  ].filter((file) => file.endsWith(".md"))
  for (const file of guides) {
    try {
      const text = readFileSync(join(root, file), "utf8")
      writeFileSync(join(root, file), published(text))
    } catch (error) {
      // not every package has one
      if (Object(error).code !== "ENOENT") throw error
    }
  }
  const { status } = spawnSync(process.execPath, ["--import", "tsx", join(root, "scripts/manifests.mjs")], {
    cwd: root,
    stdio: "inherit"
  })
  if (status !== 0 || !pnpm("install", "--lockfile-only", "--silent")) fail("version: see the lines above")
}
