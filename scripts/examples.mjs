/**
 * `npm run examples`: copies each application of `examples/` out of this
 * repository, installs it with the packed packages, type-checks it and runs
 * its tests. Arguments are the names of examples; without any, all are run.
 *
 * `npm run examples -- official-sdk --to <folder>` makes a new application of one: it copies it there and installs it with
 * the packed packages, which it keeps in `tarballs` there.
 */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { withAddresses, writeApplication } from "./application.mjs"
import { fail, root } from "./install.mjs"
import { installAll, outside, run } from "./outside.mjs"
import { packed } from "./pack.mjs"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { to: { type: "string" } }
})

const all = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

/** The program that a script of an example needs besides Node. @type {Readonly<Record<string, string>>} */
const needs = { "durable-apply test": "initdb", "official-sdk test:python": "python3" }

/** Debian keeps the programs of Postgres out of PATH. @param {string} home @param {string} tool */
const isHere = (home, tool) =>
  run(home, tool, "--version").status === 0 || (tool === "initdb" && existsSync("/usr/lib/postgresql"))

/** @param {string} home @param {string} name */
const tryExample = (home, name) => {
  const from = Date.now()
  const { scripts } = JSON.parse(readFileSync(join(home, name, "package.json"), "utf8"))
  const leftOut = []
  for (const script of Object.keys(scripts).filter((script) => /^(types|test(:.*)?)$/.test(script))) {
    const tool = needs[`${name} ${script}`]
    if (tool !== undefined && !isHere(home, tool)) {
      leftOut.push(`${script} left out, since there is no ${tool}`)
      continue
    }
    const { output, status } = run(join(home, name), "npm", "run", "--silent", script)
    if (status !== 0) throw new Error(`${name}: npm run ${script} failed\n${output}`)
  }
  const seconds = Math.round((Date.now() - from) / 1000)
  process.stdout.write(`examples: ${[`${name}: types and tests pass (${seconds} s)`, ...leftOut].join("; ")}\n`)
}

const wanted = positionals.length === 0 ? all : positionals
const unknown = wanted.filter((name) => !all.includes(name))
if (unknown.length > 0) fail(`examples: there is no ${unknown.join(", ")}: there are ${all.join(", ")}`)

/** @param {string} name */
const copy = (name, /** @type {string} */ to) =>
  cpSync(join(root, "examples", name), to, { recursive: true, filter: (path) => !path.endsWith("node_modules") })

/** A new application, made of an example. @param {string} name @param {string} to */
const begin = (name, to) => {
  if (existsSync(to)) fail(`examples: ${to} is there already`)
  const tarballs = packed()
  copy(name, to)
  /** @param {string} file */
  const textOf = (file) => readFileSync(join(to, file), "utf8")
  writeApplication(to, JSON.parse(textOf("package.json")), tarballs)
  writeFileSync(join(to, "README.md"), withAddresses(textOf("README.md"), `examples/${name}`))
  const { output, status } = run(to, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
  if (status !== 0) fail(`examples: ${name} could not be installed\n${output}`)
  process.stdout.write(`examples: ${name} is in ${to}: cd ${to} && npm test\n`)
}

if (values.to !== undefined) {
  const [name, ...others] = positionals
  if (name === undefined || others.length > 0) fail("examples: --to takes one example")
  // Relative to where npm was called.
  else begin(name, resolve(process.env["INIT_CWD"] ?? "", values.to))
} else
  outside("examples", (home) => {
    const tarballs = packed()
    for (const name of wanted) copy(name, join(home, name))
    installAll(home, tarballs)
    for (const name of wanted) tryExample(home, name)
  })
