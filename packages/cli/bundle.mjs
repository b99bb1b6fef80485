/**
 * Makes the one file that is published as the program, everything in it, and
 * the licences of what is in it. Run with tsx: the help of each command is
 * written into the bundle, so that it needs nothing loaded.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const here = dirname(fileURLToPath(import.meta.url))
const outfile = join(here, "dist/checkpoint-permissions.js")

const { helped } = await import("./src/Cli.ts")
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"))
const bundled = {
  version,
  commands: helped.map(({ name, summary, details, examples, entries }) => ({
    name,
    summary,
    details,
    examples,
    entries: entries()
  }))
}

mkdirSync(join(here, "dist"), { recursive: true })
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["src/bin.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.12",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  define: { CHECKPOINT_PERMISSIONS_BUNDLED: JSON.stringify(bundled) },
  // Modules of CommonJS in the bundle ask for those of Node in their way.
  banner: {
    js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);'
  }
})

/** The folder of the package that a file is of. @param {string} file */
const packageOf = (file) => {
  for (let folder = dirname(join(here, file)); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json")
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name !== undefined) return folder
  }
  throw new Error(`${file} is in no package`)
}

const packages = new Map(
  Object.keys(metafile.inputs).map((file) => {
    const folder = packageOf(file)
    return [JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name, folder]
  })
)

const licences = [...packages]
  .filter(([name]) => !name.startsWith("@checkpoint-permissions/"))
  .sort(([one], [other]) => (one < other ? -1 : 1))
  .map(([name, folder]) => {
    const { license, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    if (license === undefined && file === undefined) throw new Error(`${name} names no licence`)
    const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`
    return `${name} ${version}: ${license}\n${text}`
  })

writeFileSync(
  join(here, "dist/LICENSES.txt"),
  `checkpoint-permissions.js holds code of these packages besides its own.\n\n${licences.join(`\n${"-".repeat(78)}\n\n`)}`
)
