/**
 * Tests a new user's installation: installs the packed packages with npm into empty projects outside this repository, one for
 * Effect 3 and one for Effect 4, type-checks and loads them there, and runs the command line. Installs the package for
 * Effect 4 beside Effect 3, which has to fail. Emits the declarations of an application that pnpm installed. Runs the first
 * screen of the README as copied, and the programs and tests of every page with what it says to install.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { parseArgs } from "node:util"
import { buildSync } from "esbuild"
import { installedBy } from "../docs/installing.ts"
import { pages, snippets } from "../docs/snippets.ts"
import { nameOf } from "./application.mjs"
import { root } from "./install.mjs"
import { installAll, outside, overridesBy, run, tarballsIn } from "./outside.mjs"
import { isLibrary } from "./pack.mjs"

/** @param {string} folder @param {string} what @param {string} command @param {ReadonlyArray<string>} args */
const step = (folder, what, command, ...args) => {
  process.stdout.write(`smoke: ${basename(folder)}: ${what}\n`)
  const { output, status } = run(folder, command, ...args)
  if (status !== 0) throw new Error(`${what} failed\n${output}`)
  return output
}

/** The version that this repository tests with. @param {string} name */
const installed = (name, /** @type {"." | "docs" | "docs/effect4"} */ where = "docs") =>
  JSON.parse(readFileSync(join(root, where, "node_modules", name, "package.json"), "utf8")).version

/** @param {ReadonlyArray<string>} names */
const atInstalled = (...names) => names.map((name) => `${name}@${installed(name)}`)

const install = ["install", "--no-audit", "--no-fund", "--loglevel=error"]

/** @param {string} folder */
const project = (folder) => {
  mkdirSync(folder)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "smoke", private: true, type: "module" }))
}

/** As strict as it gets, the types of what is imported included. */
const strict = "--target ES2022 --module NodeNext --strict --exactOptionalPropertyTypes --noEmit --types node".split(
  " "
)

/** @param {ReadonlyArray<string>} tarballs */
const reExports = (tarballs) =>
  tarballs
    .filter(isLibrary)
    .map(nameOf)
    .map((name) => `export * as ${name} from "@checkpoint-permissions/${name}"`)
    .join("\n")

/**
 * All packages of a line as a whole, and one module by itself, as both can be imported.
 * @param {string} home @param {ReadonlyArray<string>} tarballs @param {ReadonlyArray<string>} peers @param {string} module
 */
const ofLine = (home, tarballs, peers, module) => {
  project(home)
  const registry = [...peers, ...atInstalled("typescript", "tsx", "@types/node")]
  step(home, "npm install of the tarballs", "npm", ...install, ...tarballs, ...registry)
  writeFileSync(join(home, "imports.ts"), `${reExports(tarballs)}\nexport * as Identifiers from "${module}"\n`)
  step(home, "strict type check", "npx", "tsc", ...strict, "imports.ts")
  step(home, "all packages load", "npx", "tsx", "imports.ts")
  step(home, "checkpoint-permissions demo", "npx", "checkpoint-permissions", "demo")
}

/** The package for Effect 4 beside Effect 3. @param {string} home @param {ReadonlyArray<string>} tarballs */
const wrongMajor = (home, tarballs) => {
  process.stdout.write("smoke: wrong-major: npm refuses to install, and Node to import\n")
  project(home)
  const refused = run(home, "npm", ...install, ...tarballs, `effect@${installed("effect")}`)
  if (refused.status === 0 || !refused.output.includes("ERESOLVE")) {
    throw new Error(`npm was to refuse effect4 beside effect@3\n${refused.output}`)
  }
  const forced = ["--legacy-peer-deps", ...tarballs, `effect@${installed("effect")}`]
  step(home, "installed by force", "npm", ...install, ...forced)
  const imported = run(
    home,
    process.execPath,
    "--input-type=module",
    "--eval",
    'await import("@checkpoint-permissions/effect4/CheckpointPermissions")'
  ).output
  const page = readFileSync(join(root, "docs/moving-from-effect-3-to-4.md"), "utf8")
  const quoted = /^Error \[ERR_PACKAGE_PATH_NOT_EXPORTED\].*$/m.exec(page)?.[0]
  const found = /^Error \[ERR_PACKAGE_PATH_NOT_EXPORTED\].*$/m.exec(imported)?.[0]
  const neutral = found?.replaceAll(/(in|from) \S*[\\/](?=node_modules)/g, "$1 /app/").replaceAll("\\", "/")
  if (quoted === undefined || neutral !== quoted) {
    throw new Error(`docs/moving-from-effect-3-to-4.md quotes\n${quoted}\nbut Node says\n${neutral ?? imported}`)
  }
}

/**
 * The index of each library, bundled for a browser: none of it needs Node.
 * @param {string} home @param {string} line @param {ReadonlyArray<string>} tarballs
 */
const inBrowser = (home, line, tarballs) => {
  const stdin = { contents: reExports(tarballs), resolveDir: join(home, line) }
  process.stdout.write(`smoke: ${line}: bundled for a browser\n`)
  buildSync({ stdin, bundle: true, platform: "browser", format: "esm", write: false, logLevel: "error" })
}

/**
 * The packages for Effect 3 beside Effect 4, which pnpm installs: the name of the module that cannot be loaded says what to
 * install. Their index and a module by itself.
 * @param {string} home @param {ReadonlyArray<string>} tarballs
 */
const byAccident = (home, tarballs) => {
  mkdirSync(join(home, "application"), { recursive: true })
  const modules = ["core", "client", "testing", "access", "core/Identifiers", "client/RetryPolicy", "testing/Faults"]
  const ours = modules.filter((name) => !name.includes("/")).map((name) => [`@checkpoint-permissions/${name}`, "*"])
  writeFileSync(
    join(home, "application/package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: { ...Object.fromEntries(ours), effect: "^4.0.0" } })
  )
  installAll(home, tarballs)
  for (const module of modules) {
    process.stdout.write(`smoke: effect4-by-accident: ${module}\n`)
    const program = `await import("@checkpoint-permissions/${module}")`
    const { output, status } = run(
      join(home, "application"),
      process.execPath,
      "--input-type=module",
      "--eval",
      program
    )
    const quoted = /Cannot find module '\S*\/effect\/dist\/FiberId\.js' imported from \S*\/internal\/installEffect3\.js/
    if (status === 0 || !quoted.test(output)) throw new Error(`${module} was to ask for effect@3\n${output}`)
  }
}

/**
 * Every export of the installed packages, exported again by an application that pnpm installs and that emits
 * declarations: each type of a signature has to have a name there. On TypeScript 5.9 and 7.
 * @param {string} home @param {ReadonlyArray<string>} tarballs
 * @param {Readonly<Record<string, ReadonlyArray<string>>>} lines the packages of an install line
 */
const declared = (home, tarballs, lines) => {
  mkdirSync(home)
  const compilers = {
    typescript: installed("typescript"),
    "typescript-7": `npm:typescript@${installed("typescript-7", ".")}`
  }
  for (const [line, names] of Object.entries(lines)) {
    const peers =
      line === "effect4"
        ? { effect: installed("effect", "docs/effect4") }
        : Object.fromEntries(["effect", "@effect/platform"].map((name) => [name, installed(name)]))
    const ours = Object.fromEntries(names.map((name) => [`@checkpoint-permissions/${name}`, "*"]))
    mkdirSync(join(home, line))
    const dependencies = { ...ours, ...peers, ...compilers, "@types/node": installed("@types/node") }
    writeFileSync(
      join(home, line, "package.json"),
      JSON.stringify({ name: line, private: true, type: "module", dependencies })
    )
  }
  installAll(home, tarballs)
  for (const line of Object.keys(lines)) {
    const folder = join(home, line)
    writeFileSync(
      join(folder, "exports.mjs"),
      `import { writeFileSync } from "node:fs"
const lines = []
for (const name of ${JSON.stringify(lines[line])}) {
  const modules = Object.entries(await import("@checkpoint-permissions/" + name))
  for (const [module, exports] of modules.filter(([, value]) => value[Symbol.toStringTag] === "Module")) {
    lines.push("import { " + module + " as m" + lines.length + ' } from "@checkpoint-permissions/' + name + '"')
    const alias = "m" + (lines.length - 1)
    for (const key of Object.keys(exports)) lines.push("export const v" + lines.length + " = " + alias + "." + key)
  }
}
writeFileSync("exports.ts", lines.join("\\n"))`
    )
    step(folder, "lists every export", process.execPath, "exports.mjs")
    const flags = strict.filter((flag) => flag !== "--noEmit")
    for (const compiler of Object.keys(compilers)) {
      const tsc = join("node_modules", compiler, "bin/tsc")
      step(
        folder,
        `declarations by ${compiler}`,
        process.execPath,
        tsc,
        ...flags,
        "--declaration",
        "--skipLibCheck",
        "exports.ts"
      )
    }
  }
}

/**
 * The programs and tests of every page that says what to install, with that and nothing else.
 * @param {string} home @param {ReadonlyArray<string>} tarballs
 */
const ofPages = (home, tarballs) => {
  mkdirSync(home)
  const overrides = overridesBy(tarballs)
  const folders = pages.flatMap((page) =>
    /** @type {const} */ (["effect3", "effect4"]).flatMap((line) => {
      const found = snippets.filter(
        (one) => one.line === line && one.use !== "compile" && one.origin.startsWith(`${page}:`)
      )
      // dependencies of the other Effect version are not installed: both cannot be in one folder
      const other = `@checkpoint-permissions/${line === "effect3" ? "effect4" : "client"}`
      const names = installedBy(page).filter((all) => !all.includes(other))
      if (found.length === 0 || names.length === 0) return []
      return [{ folder: `${page.replace(/\.md$/, "").replaceAll("/", "-")}-${line}`, found, line, names: names.flat() }]
    })
  )
  for (const { folder, found, line, names } of folders) {
    const where = line === "effect4" ? "docs/effect4" : "docs"
    const dependencies = Object.fromEntries(
      names.map((name) => [
        name,
        overrides[name] ?? installed(name, existsSync(join(root, where, "node_modules", name)) ? where : "docs")
      ])
    )
    mkdirSync(join(home, folder))
    writeFileSync(join(home, folder, "package.json"), JSON.stringify({ name: folder, type: "module", dependencies }))
    for (const { code, file } of found) writeFileSync(join(home, folder, file), code)
  }
  installAll(home, tarballs)
  for (const { folder, found } of folders) {
    const at = join(home, folder)
    for (const { file, origin, use } of found) {
      if (use === "run") step(at, `the program of ${origin}`, process.execPath, "--import", tsx, file)
    }
    if (found.some(({ use }) => use === "test"))
      step(at, "the tests of the page", "npx", "--no-install", "vitest", "run")
  }
}

/**
 * The first screen of the README as copied: its install blocks, one after the other in one shell, then the programs for
 * both versions of Effect. The shell knows no more than POSIX asks for, and npm could install into the folder around them.
 * @param {string} home @param {ReadonlyArray<string>} tarballs
 */
const asCopied = (home, tarballs) => {
  const readme = readFileSync(join(root, "README.md"), "utf8")
  const [, section = ""] = /^## Install$([\s\S]*?)^## /m.exec(readme) ?? []
  const blocks = Array.from(section.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, block = ""]) => block)
  // Once the packages are published, the rehearsal installs them from a registry.
  if (blocks.length === 0) return
  project(home)
  const clone = join(home, "checkpoint-permissions")
  mkdirSync(join(clone, "scripts"), { recursive: true })
  // The packages are packed already.
  writeFileSync(
    join(clone, "scripts/pack.mjs"),
    `import { cpSync } from "node:fs"\ncpSync(${JSON.stringify(dirname(tarballs[0] ?? ""))}, process.argv[2], { recursive: true })\n`
  )
  const shell = run(home, "dash", "-c", ":").status === 0 ? "dash" : "sh"
  step(clone, `the install blocks of README.md in ${shell}`, shell, "-ec", blocks.join("\n"))
  for (const [page, folder] of /** @type {const} */ ([
    ["README.md", "my-application"],
    ["packages/effect4/README.md", "my-application-4"]
  ])) {
    const at = join(home, folder)
    const program = snippets.find(({ origin, use }) => origin.startsWith(`${page}:`) && use === "run")
    writeFileSync(join(at, "main.mts"), program?.code ?? `throw new Error("${page} has no program")`)
    step(at, `the program of ${page}`, "npx", "--no-install", "tsx", "main.mts")
  }
}

const tsx = import.meta.resolve("tsx")
const { values } = parseArgs({ options: { tarballs: { type: "string" } } })
outside("smoke", (home) => {
  const tarballs = tarballsIn(values.tarballs)
  const of4 = tarballs.filter((tarball) => ["cli", "effect4", "fake", "protocol"].includes(nameOf(tarball)))
  const of3 = tarballs.filter((tarball) => nameOf(tarball) !== "effect4")
  ofLine(
    join(home, "effect3"),
    of3,
    atInstalled("effect", "@effect/platform", "@effect/platform-node"),
    "@checkpoint-permissions/core/Identifiers"
  )
  ofLine(join(home, "effect4"), of4, ["effect@latest"], "@checkpoint-permissions/effect4/Identifiers")
  for (const [line, ours] of Object.entries({ effect3: of3, effect4: of4 })) inBrowser(home, line, ours)
  wrongMajor(join(home, "wrong-major"), of4)
  byAccident(join(home, "by-accident"), tarballs)
  declared(join(home, "declared"), tarballs, {
    effect3: ["core", "client", "testing", "access"],
    effect4: ["effect4"]
  })
  asCopied(join(home, "copied"), tarballs)
  ofPages(join(home, "pages"), tarballs)
  process.stdout.write("smoke: the packages work where they are installed.\n")
})
