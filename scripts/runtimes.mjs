/**
 * `pnpm test:runtimes`: the suite on Node 20, 22 and 24, and the client over
 * `fetch` on these, Bun and Deno. All runtimes come from the npm registry and are
 * kept in node_modules/.runtimes; no install script is run.
 *
 *     pnpm test:runtimes [--only node@22,bun] [arguments of vitest]
 */
import { fork, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { ensureInstalled, fail, root } from "./install.mjs"

const { arch, platform } = process

/** The first file in `folder` whose path fits, looked for so many levels deep. */
const find = (folder, pattern, depth = 3) => {
  if (!existsSync(folder)) return undefined
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      const found = depth > 0 ? find(path, pattern, depth - 1) : undefined
      if (found !== undefined) return found
    } else if (pattern.test(path.replaceAll("\\", "/"))) return path
  }
  return undefined
}

/** What carries each: a package of its own for each platform, without a script to run. */
const node = (major) => ({
  name: `node@${major}`,
  wanted: `node-${platform === "win32" ? "win" : platform}-${arch}@${major}`,
  executable: /\/bin\/node(\.exe)?$/,
  args: []
})
const runtimes = [
  node(20),
  node(22),
  node(24),
  { name: "bun", wanted: "bun@1", executable: /@oven\/bun-[^/]+\/bin\/bun(\.exe)?$/, args: [] },
  {
    name: "deno",
    wanted: "deno@2",
    executable: /@deno\/[^/]+\/deno(\.exe)?$/,
    args: ["run", "--allow-all", "--node-modules-dir=manual", "--no-lock", "--quiet"]
  }
]

/** Installs a runtime if it is not there yet; `undefined` when it cannot be had. */
const install = ({ executable, name, wanted }) => {
  const folder = join(root, "node_modules/.runtimes", name)
  const modules = join(folder, "node_modules")
  const known = find(modules, executable)
  if (known !== undefined) return known
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }))
  const { status } = spawnSync(
    "npm",
    ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent", wanted],
    { stdio: ["ignore", 2, 2], shell: platform === "win32" }
  )
  return status === 0 ? find(modules, executable) : undefined
}

const versionOf = (executable) => {
  const { status, stdout } = spawnSync(executable, ["--version"], { encoding: "utf8" })
  return status === 0 ? stdout.split("\n")[0] : undefined
}

/** Runs a program with `executable` as the Node that everything it starts finds, too. */
const run = async (executable, args) => {
  const PATH = `${dirname(executable)}${delimiter}${process.env["PATH"]}`
  const child = spawn(executable, args, { cwd: root, stdio: "inherit", env: { ...process.env, PATH } })
  const [code] = await once(child, "exit")
  return code === 0
}

/** The smoke program against an emulator in another process, and what the emulator saw of it. */
const smoke = async (executable, args, folder) => {
  const emulator = fork(join(folder, "emulator.mjs"), { execArgv: [] })
  try {
    const [{ baseUrl, key }] = await once(emulator, "message")
    if (!(await run(executable, [...args, join(folder, "smoke.mjs"), baseUrl, key]))) return false
    emulator.send("done")
    const [{ abandoned, followed }] = await once(emulator, "message")
    process.stdout.write(`${abandoned === 2 ? "ok" : "not so"}: the server saw that both were given up\n`)
    process.stdout.write(`${followed === 0 ? "ok" : "not so"}: nobody followed the redirect\n`)
    return abandoned === 2 && followed === 0
  } finally {
    emulator.kill()
  }
}

const args = process.argv.slice(2).filter((arg) => arg !== "--")
const at = args.indexOf("--only")
const only = at < 0 ? [] : (args.splice(at, 2)[1] ?? "").split(",")
const strange = only.find((name) => runtimes.every((runtime) => runtime.name !== name))
if (strange !== undefined)
  fail(`There is no runtime ${strange}: pass some of ${runtimes.map(({ name }) => name).join(", ")}.`)

ensureInstalled()
const built = spawnSync(process.execPath, ["--import", "tsx", join(root, "packages/bench/src/runtimes/build.ts")], {
  cwd: root,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"]
})
if (built.status !== 0) fail("The smoke program could not be built: see the lines above.")

const results = []
for (const runtime of runtimes) {
  if (only.length > 0 && !only.includes(runtime.name)) continue
  const executable = install(runtime)
  const version = executable === undefined ? undefined : versionOf(executable)
  if (executable === undefined || version === undefined) {
    results.push([runtime.name, "not tested: it could not be had from the npm registry for this platform", false])
    continue
  }
  const label = `${runtime.name} (${version})`
  process.stdout.write(`\n=== ${label}: the client over fetch\n`)
  const smoked = await smoke(executable, runtime.args, built.stdout.trim())
  results.push([label, smoked ? "client over fetch: passed" : "client over fetch: failed", smoked])
  if (!runtime.name.startsWith("node")) continue
  process.stdout.write(`\n=== ${label}: the suite\n`)
  const passed = await run(executable, [join(root, "scripts/run.mjs"), "test", ...args])
  results.push([label, passed ? "suite: passed" : "suite: failed", passed])
}
process.stdout.write(`\n${results.map(([name, result]) => `${name}: ${result}`).join("\n")}\n`)
if (results.some(([, , passed]) => !passed)) process.exit(1)
