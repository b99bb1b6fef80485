/**
 * Installs what the lock file names, with the pnpm that package.json pins, and
 * only when the lock file is not what was installed last. Needs Node and npm.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))

const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8"))
const stamp = `${root}node_modules/.installed`

const fingerprint = () => {
  const hash = createHash("sha256")
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]) {
    hash.update(readFileSync(`${root}${file}`))
  }
  return hash.digest("hex")
}

/** True if npx and pnpm can write to their default caches. */
const hasHome = () => {
  try {
    accessSync(homedir(), constants.W_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Runs the pinned pnpm; its output goes to standard error, so that standard
 * output holds nothing but what a command prints.
 * @param {ReadonlyArray<string>} args
 */
export const pnpm = (...args) => {
  const caches = hasHome() ? undefined : mkdtempSync(join(tmpdir(), "checkpoint-permissions-install-"))
  const { status, error } = spawnSync("npx", ["--yes", manifest.packageManager, ...args], {
    cwd: root,
    env: {
      ...process.env,
      // the variables of `npm --prefix … --silent` would also apply to the inner npm
      npm_config_prefix: undefined,
      npm_config_local_prefix: undefined,
      npm_config_loglevel: undefined,
      // npm itself names the cache of the home to what it runs
      ...(caches === undefined ? {} : { HOME: caches, npm_config_cache: join(caches, "npm") }),
      pnpm_config_confirm_modules_purge: "false"
    },
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32"
  })
  if (caches !== undefined) rmSync(caches, { recursive: true, force: true })
  return error === undefined && status === 0
}

/** Runs Node here, and says how long it took. @param {string} what @param {ReadonlyArray<string>} args */
export const timed = (what, ...args) => {
  const from = Date.now()
  const isFine = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status === 0
  const seconds = Math.round((Date.now() - from) / 100) / 10
  process.stdout.write(`${what}${isFine ? "" : " FAILED"}, ${seconds} s\n`)
  return isFine
}

/** @param {string} message */
export const fail = (message) => {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

export const ensureInstalled = () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`This needs Node ${manifest.engines.node}, and this is ${process.versions.node}: install a newer Node.`)
  }
  const wanted = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  process.stderr.write(`Installing dependencies with ${manifest.packageManager}, once …\n`)
  if (!pnpm("install", "--frozen-lockfile")) {
    fail("The dependencies could not be installed: see the lines above, and that the npm registry can be reached.")
  }
  writeFileSync(stamp, wanted)
}
