/**
 * A folder outside this repository in which the packed packages are tried, as
 * a stranger would.
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { nameOf } from "./application.mjs"
import { fail, pnpm, root } from "./install.mjs"
import { pack, packed } from "./pack.mjs"

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
 * Packages of this repository in another folder, without what is built and what is left out, for its `node_modules`.
 * @param {string} home @param {ReadonlyArray<string>} names @param {RegExp} leftOut
 */
export const copyPackages = (home, names, leftOut = /(?!)/) => {
  mkdirSync(join(home, "node_modules/@checkpoint-permissions"))
  for (const file of [
    "tsconfig.base.json",
    ...["endurance", "fast-check-seed", "project"].map((name) => `tools/${name}.ts`)
  ]) {
    cpSync(join(root, file), join(home, file))
  }
  for (const name of names) {
    const from = join(root, "packages", name)
    const isLeftOut = (/** @type {string} */ path) => /^[\\/](node_modules|dist|build)/.test(path) || leftOut.test(path)
    cpSync(from, join(home, "packages", name), {
      recursive: true,
      filter: (path) => !isLeftOut(path.slice(from.length))
    })
    symlinkSync(join(home, "packages", name), join(home, "node_modules/@checkpoint-permissions", name), "junction")
  }
}

/**
 * The tarballs of all packages. `--tarballs <folder>` names where they are kept for the next script: they are made only
 * if there are none. Without it they are made again only if a package has changed.
 * @param {string | undefined} kept
 */
export const tarballsIn = (kept) => {
  if (kept === undefined) return packed()
  const folder = resolve(kept)
  mkdirSync(folder, { recursive: true })
  const found = readdirSync(folder).filter((file) => file.endsWith(".tgz"))
  return found.length > 0 ? found.map((file) => join(folder, file)) : pack(folder)
}

/** The tarballs stand for the versions that are published. @param {ReadonlyArray<string>} tarballs */
export const overridesBy = (tarballs) =>
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
