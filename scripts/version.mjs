/**
 * `npm run version`: makes versions and changelogs of the changesets, writes what depends on them, and removes what the
 * guides say of packages that are not in the registry yet.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { ensureInstalled, fail, pnpm, root } from "./install.mjs"

/** A passage for the time before the first release: a quotation that begins with these words. */
const passage = /^> \*\*Before the first release\*\*.*\n(?:>.*\n)*\n?/gm

/** A guide once the packages are published. @param {string} text */
export const published = (text) => text.replaceAll(passage, "")

/** Words that are for such a passage only. */
export const unpublished = /(before|until) the first release|registry yet|until\s[^.]*\bregistry\b/i

/** The pages that may have such a passage, relative to the root. */
export const guides = () =>
  [
    "README.md",
    ...readdirSync(join(root, "docs")).map((file) => `docs/${file}`),
    ...["examples", "packages"].flatMap((folder) => [
      ...(folder === "examples" ? ["examples/README.md"] : []),
      ...readdirSync(join(root, folder)).map((name) => `${folder}/${name}/README.md`)
    ])
  ].filter((file) => file.endsWith(".md") && existsSync(join(root, file)))

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
  for (const file of guides()) {
    writeFileSync(join(root, file), published(readFileSync(join(root, file), "utf8")))
  }
  const { status } = spawnSync(process.execPath, ["--import", "tsx", join(root, "scripts/manifests.mjs")], {
    cwd: root,
    stdio: "inherit"
  })
  if (status !== 0 || !pnpm("install", "--lockfile-only", "--silent")) fail("version: see the lines above")
}
