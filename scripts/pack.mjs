/**
 * Builds and packs every published package, into a folder that is named and kept.
 * With `--check` it looks at what would be published: `publint`, `attw`, the
 * manifest, and the files.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { fingerprintOf, tarballsOf } from "./application.mjs"
import { ensureInstalled, fail, pnpm, root } from "./install.mjs"
import { unpublished } from "./version.mjs"

const published = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name))
  .filter((folder) => !JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).private)

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
export const pack = (folder) => {
  ensureInstalled()
  say(`builds ${published.length} packages from nothing, which takes a minute or more`)
  for (const at of published) {
    rmSync(join(at, "dist"), { recursive: true, force: true })
    rmSync(join(at, "build/src.tsbuildinfo"), { force: true })
  }
  const projects = published.map((at) => join(at, "tsconfig.src.json"))
  if (!node("typescript/bin/tsc", "-b", ...projects)) fail("The build failed: see the lines above.")
  for (const [index, at] of published.entries()) {
    say(`packs ${basename(at)}, ${index + 1} of ${published.length}`)
    if (!pnpm("--dir", at, "--silent", "pack", "--pack-destination", folder))
      fail(`${basename(at)} could not be packed.`)
  }
  return readdirSync(folder).map((file) => join(folder, file))
}

/** The tarballs of the packages as they are. They are made only if a package has changed since the last time. */
export const packed = () => {
  const files = ["LICENSE", "package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "tsconfig.base.json"]
  const fingerprint = fingerprintOf(...files.map((file) => join(root, file)), ...published)
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
    ...(version !== "0.0.0" && unpublished.test(tar("-xOf", tarball, "package/README.md"))
      ? ["says in README.md that it is not in the registry yet: run npm run version"]
      : []),
    ...Object.entries({ ...dependencies })
      .filter(([name, range]) => /\/(?:protocol|fake)$/.test(name) && range !== version)
      .map(([name, range]) => `asks for ${name} ${range}: any version may change its names, so the range is exact`),
    ...(type === "module" ? [] : ["is not ESM"]),
    ...(sideEffects === false ? [] : ["does not say sideEffects: false"]),
    ...(license === "MIT" ? [] : ["does not say MIT"])
  ].map((problem) => `${basename(tarball)} ${problem}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kept = process.argv.slice(2).find((argument) => !argument.startsWith("--"))
  const folder = kept === undefined ? mkdtempSync(join(tmpdir(), "checkpoint-permissions-pack-")) : resolve(kept)
  mkdirSync(folder, { recursive: true })
  try {
    const tarballs = pack(folder)
    if (process.argv.includes("--check")) {
      const problems = tarballs.flatMap((tarball) => {
        say(`looks at ${basename(tarball)} as it would be published`)
        return [
          ...problemsOf(tarball),
          ...(node("publint/src/cli.js", tarball, "--strict") ? [] : [`publint minds ${basename(tarball)}`]),
          ...(!isLibrary(tarball) ||
          node("@arethetypeswrong/cli/dist/index.js", tarball, "--profile", "esm-only", "--no-definitely-typed")
            ? []
            : [`attw minds ${basename(tarball)}`])
        ]
      })
      if (problems.length > 0) fail(problems.join("\n"))
      process.stdout.write(`${tarballs.length} packages are fit to publish.\n`)
    }
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true })
  }
}
