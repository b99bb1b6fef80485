/**
 * `npm run examples`: copies each application of `examples/` out of this
 * repository, installs it with the packed packages, type-checks it and runs
 * its tests. Arguments are the names of examples; without any, all are run.
 * `--tarballs <folder>` as for `npm run smoke`.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { pnpm, root } from "./install.mjs"
import { nameOf, outside, run } from "./outside.mjs"

const { positionals, values } = parseArgs({ allowPositionals: true, options: { tarballs: { type: "string" } } })

const all = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

/** What a script needs besides Node. @type {Readonly<Record<string, string>>} */
const needs = { "test:python": "python3" }

/** What a script is run by that needs a database. */
const withPostgres = [
  process.execPath,
  "--import",
  import.meta.resolve("tsx"),
  fileURLToPath(new URL("with-postgres.mjs", import.meta.url))
]

/** The tarballs stand for the versions that are published. @param {ReadonlyArray<string>} tarballs */
const workspace = (tarballs) =>
  JSON.stringify({
    packages: ["*"],
    overrides: Object.fromEntries(
      tarballs.map((tarball) => [`@checkpoint-permissions/${nameOf(tarball)}`, `file:${tarball}`])
    ),
    // As in this repository: no dependency runs code at install time.
    strictDepBuilds: false
  })

/** @param {string} home @param {string} name */
const tryExample = (home, name) => {
  const from = Date.now()
  const { scripts } = JSON.parse(readFileSync(join(home, name, "package.json"), "utf8"))
  const leftOut = []
  for (const script of Object.keys(scripts).filter((script) => /^(types|test(:.*)?)$/.test(script))) {
    const tool = needs[script]
    if (tool !== undefined && run(home, tool, "--version").status !== 0) {
      leftOut.push(`${script} left out, since there is no ${tool}`)
      continue
    }
    const by = script === "test:postgres" ? withPostgres : []
    const [command = "", ...args] = [...by, "npm", "run", "--silent", script]
    const { output, status } = run(join(home, name), command, ...args)
    if (by === withPostgres && status === 77) {
      leftOut.push(`${script} left out, since there is no Postgres`)
      continue
    }
    if (status !== 0) throw new Error(`${name}: npm run ${script} failed\n${output}`)
  }
  const seconds = Math.round((Date.now() - from) / 1000)
  const done = "types and tests pass"
  process.stdout.write(`examples: ${[`${name}: ${done} (${seconds} s)`, ...leftOut].join("; ")}\n`)
}

const wanted = positionals.length === 0 ? all : positionals
outside("examples", values.tarballs, (home, tarballs) => {
  const unknown = wanted.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(", ")}: there are ${all.join(", ")}`)
  for (const name of wanted) {
    cpSync(join(root, "examples", name), join(home, name), {
      recursive: true,
      filter: (path) => !path.endsWith("node_modules")
    })
  }
  // JSON is YAML. One installation for all is quick, and pnpm gives each example what it names and nothing else.
  writeFileSync(join(home, "pnpm-workspace.yaml"), workspace(tarballs))
  if (!pnpm("--dir", home, "install", "--prefer-offline", "--no-frozen-lockfile", "--reporter=silent")) {
    throw new Error("the examples could not be installed")
  }
  for (const name of wanted) tryExample(home, name)
})
