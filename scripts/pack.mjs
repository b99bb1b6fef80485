/**
 * Builds and packs every published package, into a folder in `node_modules`, which is made again only if a package has
 * changed. `node scripts/pack.mjs <folder>` copies the packages there, so that a release has what was tested. With `--check`
 * it looks at what would be published: `publint`, `attw`, the manifest, the files, and the guides.
 *
 * `node scripts/pack.mjs --into <folder> [--effect4]` makes an application of a folder, which may exist: it has what the
 * install line of the README names, for Effect 4 that of the package `effect4`, and npm, pnpm or Bun installs it there.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { fingerprintOf, tarballsOf, writeApplication } from "./application.mjs"
import { ensureInstalled, fail, pnpm, root } from "./install.mjs"
import { guides, unpublished } from "./version.mjs"

const published = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name))
  .filter((folder) => !JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).private)

const usage = `Usage: node scripts/pack.mjs --into <folder> [--effect4] | <folder> | --check

  --into <folder>  makes an application of the folder, with the packages for Effect 3
  --effect4        the package for Effect 4 instead
  <folder>         copies the packed packages there
  --check          checks the packages as they would be published
`

/** @param {string} module @param {ReadonlyArray<string>} args */
const node = (module, ...args) =>
  spawnSync(process.execPath, [join(root, "node_modules", module), ...args], { cwd: root, stdio: "inherit" }).status ===
  0

/** Prints the current step, since a first build takes minutes. @param {string} doing */
const say = (doing) => process.stderr.write(`pack: ${doing}\n`)

/**
 * The tarballs of a build from nothing, in `folder`.
 * @param {string} folder
 */
const pack = (folder) => {
  ensureInstalled()
  say(`builds ${published.length} packages from nothing`)
  for (const at of published) {
    rmSync(join(at, "dist"), { recursive: true, force: true })
    rmSync(join(at, "build/src.tsbuildinfo"), { force: true })
  }
  const projects = published.map((at) => join(at, "tsconfig.src.json"))
  if (!node("typescript-7/bin/tsc", "-b", ...projects)) fail("The build failed: see the lines above.")
  for (const [index, at] of published.entries()) {
    say(`packs ${basename(at)}, ${index + 1} of ${published.length}`)
    if (!pnpm("--dir", at, "--silent", "pack", "--pack-destination", folder))
      fail(`${basename(at)} could not be packed.`)
  }
  return readdirSync(folder).map((file) => join(folder, file))
}

/** The tarballs of the packages as they are. They are made only if a package has changed since the last time. */
export const packed = () => {
  const files = [
    "LICENSE",
    "package.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "tools/licenses.ts",
    "tsconfig.base.json"
  ]
  const fingerprint = fingerprintOf(root, ...files.map((file) => join(root, file)), ...published)
  return tarballsOf(join(root, "node_modules/.tarballs"), fingerprint, pack)
}

/** @param {ReadonlyArray<string>} args */
const tar = (...args) => execFileSync("tar", args, { encoding: "utf8" })

const library = ["dist/index.js", "dist/index.d.ts", "src/index.ts"]
/** All that it needs is in it. */
const program = ["dist/LICENSES.txt", "dist/checkpoint-permissions.js"]

/** @param {string} tarball */
const manifestIn = (tarball) => JSON.parse(tar("-xOf", tarball, "package/package.json"))

/** Returns true if a package can be imported. The command line is a program. @param {string} tarball */
export const isLibrary = (tarball) => manifestIn(tarball).exports["."] !== undefined

/** @param {string} tarball */
const problemsOf = (tarball) => {
  const files = tar("-tf", tarball).split("\n")
  const manifest = manifestIn(tarball)
  const { dependencies, exports, homepage, license, peerDependencies, repository, sideEffects, type, version } =
    manifest
  const named = Object.values(exports).filter((path) => typeof path === "string" && path.endsWith(".json"))
  const ranges = Object.entries({ ...dependencies, ...peerDependencies })
  return [
    ...["README.md", "AGENTS.md", "LICENSE", ...(isLibrary(tarball) ? library : program)]
      .filter((file) => !files.includes(`package/${file}`))
      .map((file) => `lacks ${file}`),
    ...named
      .filter((path) => {
        const pattern = new RegExp(`^package/${path.slice("./".length).replace("*", "[^/]+")}$`)
        return !files.some((file) => pattern.test(file))
      })
      .map((path) => `lacks ${path}`),
    ...files.filter((file) => /\.tsbuildinfo$|\/test\/|node_modules/.test(file)).map((file) => `holds ${file}`),
    ...(!isLibrary(tarball) && dependencies !== undefined ? ["is a program and has dependencies"] : []),
    ...ranges
      .filter(([, range]) => !/^([\^~]?\d+\.\d+\.\d+|>=\d+\.\d+\.\d+ <\d+)$/.test(range))
      .map(([name, range]) => `asks for ${name} ${range}, which is no range of the registry's`),
    ...(homepage !== undefined && repository?.directory !== undefined ? [] : ["does not say where it lives"]),
    ...["devDependencies", "scripts"].filter((key) => key in manifest).map((key) => `has ${key}`),
    ...(version === "0.0.0" || files.includes("package/CHANGELOG.md") ? [] : ["lacks CHANGELOG.md"]),
    ...Object.entries({ ...dependencies })
      .filter(([name, range]) => /\/(?:protocol|fake)$/.test(name) && range !== version)
      .map(([name, range]) => `asks for ${name} ${range}: any version may change its names, so the range is exact`),
    ...(type === "module" ? [] : ["is not ESM"]),
    ...(sideEffects === false ? [] : ["does not say sideEffects: false"]),
    ...(license === "MIT" ? [] : ["does not say MIT"])
  ].map((problem) => `${basename(tarball)} ${problem}`)
}

/** The pages of a version that have words for the time before the first one. */
const unpublishedPages = () => {
  const { version } = JSON.parse(readFileSync(join(root, "packages/client/package.json"), "utf8"))
  return version === "0.0.0"
    ? []
    : guides()
        .filter((file) => unpublished.test(readFileSync(join(root, file), "utf8")))
        .map((file) => `${file} says that the packages are not in the registry yet: run npm run version`)
}

/** The packages that the first install line of a page names, with their versions. @param {string} page */
const installLine = (page) => {
  const [, words = ""] =
    /^npm install (@checkpoint-permissions\/.*)$/m.exec(readFileSync(join(root, page), "utf8")) ?? []
  return Object.fromEntries(
    words.split(" ").map((word) => {
      const [, name = "", version = "*"] = /^(.+?)(?:@([^@]*))?$/.exec(word) ?? []
      return [name, version]
    })
  )
}

/** Makes an application of a folder. @param {string} folder @param {boolean} isEffect4 */
const into = (folder, isEffect4) => {
  const file = join(folder, "package.json")
  const former = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { private: true, type: "module" }
  const named = installLine(isEffect4 ? "packages/effect4/README.md" : "README.md")
  writeApplication(folder, { ...former, dependencies: { ...former.dependencies, ...named } }, packed(), former.name)
  process.stdout.write(`${folder} has the packages: install them there with npm install, pnpm install or bun install\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      check: { type: "boolean" },
      effect4: { type: "boolean" },
      help: { type: "boolean" },
      into: { type: "string" }
    }
  })
  if (values.help) {
    process.stdout.write(usage)
    process.exit()
  }
  if (values.into !== undefined) {
    into(resolve(values.into), values.effect4 === true)
    process.exit()
  }
  const tarballs = packed()
  const [kept] = positionals
  if (kept !== undefined) for (const one of tarballs) cpSync(one, join(resolve(kept), basename(one)))
  if (values.check) {
    const problems = tarballs.flatMap((tarball) => {
      say(`looks at ${basename(tarball)} as it would be published`)
      return [
        ...problemsOf(tarball),
        ...(node("publint/src/cli.js", tarball, "--strict") ? [] : [`publint has problems with ${basename(tarball)}`]),
        ...(!isLibrary(tarball) ||
        node("@arethetypeswrong/cli/dist/index.js", tarball, "--profile", "esm-only", "--no-definitely-typed")
          ? []
          : [`attw has problems with ${basename(tarball)}`])
      ]
    })
    problems.push(...unpublishedPages())
    if (problems.length > 0) fail(problems.join("\n"))
    process.stdout.write(`${tarballs.length} packages are fit to publish.\n`)
  }
}
