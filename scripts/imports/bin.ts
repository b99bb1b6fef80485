/**
 * `npm run imports`: checks the rules of `.dependency-cruiser.mjs`, and draws the map of the packages in `docs/images`. With
 * `--check` it does not write the map, and fails if the map differs.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { cruise, format, type ICruiseResult } from "dependency-cruiser"
import extractOptions from "dependency-cruiser/config-utl/extract-depcruise-options"
import { draw } from "./map.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const map = join(root, "docs/images/modules.svg")

process.chdir(root)
const packages = readdirSync("packages").map((name) => `packages/${name}`)

/** The modules of a folder itself. */
const modulesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder).flatMap((name) => (/\.(ts|mjs)$/.test(name) ? [`${folder}/${name}`] : []))

// Not the folders with built or generated files. A pattern would be looked for in all folders, those of dependencies too.
const files = [
  ...packages.flatMap((folder) => [`${folder}/src`, `${folder}/test`]).filter((folder) => existsSync(folder)),
  ...[...packages, "docs", "site", "site/.vitepress", "scripts", "tools"].flatMap(modulesIn),
  "docs/test",
  ...["browser", "check", "generate", "markdown", "pictures", "test"].map((name) => `site/${name}`),
  ...["imports", "lines", "mutation", "openapi", "test"].map((name) => `scripts/${name}`)
]
const found = await cruise(files, {
  ...(await extractOptions("./.dependency-cruiser.mjs")),
  validate: true
})
const result: ICruiseResult | string = found.output
if (typeof result === "string") throw new Error(result)

const { exitCode, output } = await format(result, { outputType: "err" })
process.stdout.write(`${output}`)
if (exitCode !== 0) process.exitCode = 1

const drawn = draw(
  result.modules.map(({ dependencies, source }) => ({ source, imports: dependencies.map(({ resolved }) => resolved) }))
)
if (!process.argv.includes("--check")) writeFileSync(map, drawn)
else if (readFileSync(map, "utf8") !== drawn) {
  process.stderr.write("docs/images/modules.svg is out of date: run npm run imports\n")
  process.exitCode = 1
}
