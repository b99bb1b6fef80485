/**
 * Tests a new user's installation: installs the packed packages with npm into empty projects outside this repository, one for
 * Effect 3 and one for Effect 4, type-checks and loads them there, and runs the command line. Installs the package for
 * Effect 4 beside Effect 3, which has to fail. Emits the declarations of an application that pnpm installed, also with the
 * lowest TypeScript of the quick start. Follows the README's words for a clone.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { buildSync } from "esbuild"
import { nameOf } from "./application.mjs"
import { root } from "./install.mjs"
import { installAll, outside, run } from "./outside.mjs"
import { isLibrary, packed } from "./pack.mjs"

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
  const quoted = /`(Package subpath [^`]*)`/.exec(page)?.[1]
  const found = /ERR_PACKAGE_PATH_NOT_EXPORTED\]: (Package subpath .*?package\.json)/.exec(imported)?.[1]
  const neutral = found?.replaceAll("\\", "/").replace(/ in .*(?=\/effect\/package)/, " in …")
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
    const quoted =
      /Cannot find module '[^'\n]*\/effect\/dist\/FiberId\.js' imported from .*\/internal\/installEffect3\.js/
    if (status === 0 || !quoted.test(output)) throw new Error(`${module} was to ask for effect@3\n${output}`)
  }
}

/**
 * Every export of the installed packages, exported again by an application that pnpm installs and that emits
 * declarations: each type of a signature has to have a name there. On the lowest TypeScript, 5.9 and 7.
 * @param {string} home @param {ReadonlyArray<string>} tarballs
 * @param {Readonly<Record<string, ReadonlyArray<string>>>} lines the packages of an install line
 */
const declared = (home, tarballs, lines) => {
  mkdirSync(home)
  const page = readFileSync(join(root, "docs/quick-start.md"), "utf8")
  const [, lowest] = /\bTypeScript (\d+\.\d+) or newer/.exec(page) ?? []
  const compilers = {
    "typescript-lowest": `npm:typescript@~${lowest}.0`,
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
 * The words of README.md for a clone, and the programs of both versions of Effect, in folders that they make: with npm, and
 * for Effect 4 with pnpm.
 * @param {string} home
 */
const fromClone = (home) => {
  mkdirSync(home)
  const textOf = (/** @type {string} */ page) => readFileSync(join(root, page), "utf8")
  const quoted = textOf("README.md").replaceAll(/^(?:> ?(.*)|.*)$/gm, "$1")
  const [, words] = /^```sh\n([\s\S]*?)^```$/m.exec(quoted) ?? []
  // Once the packages are published, the rehearsal installs them from a registry.
  if (words === undefined) return
  for (const [page, flags, installer] of /** @type {const} */ ([
    ["README.md", "", "npm"],
    [
      "packages/effect4/README.md",
      " --effect4",
      `"${process.execPath}" "${join(root, "scripts/pnpm.mjs")}" --dir "$PWD"`
    ]
  ])) {
    const folder = join(home, `my-application${flags.replaceAll(" ", "")}`)
    const script = words
      .replaceAll("../my-application", `"${folder}"`)
      .replace(`"${folder}"\n`, `"${folder}"${flags}\n`)
    step(root, `the words of README.md for a clone: ${page}`, "sh", "-ec", script.replace("npm", installer))
    const [, program = ""] = /^```ts (?:effect4 )?run$\n([\s\S]*?)^```$/m.exec(textOf(page)) ?? []
    writeFileSync(join(folder, "main.mts"), program)
    step(folder, `the program of ${page}`, "npx", "--no-install", "tsx", "main.mts")
  }
}

outside("smoke", (home) => {
  const tarballs = packed()
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
  fromClone(join(home, "from-clone"))
  process.stdout.write("smoke: the packages work where they are installed.\n")
})
