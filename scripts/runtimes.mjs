/**
 * `npm run test:runtimes`: the suite on Node 20, 22 and 24, and the client over
 * `fetch` on these, Bun and Deno. For Effect 4 its suite on Node 22 and 24, with
 * `@effect/vitest` 4 in a folder outside, and its client on all of them, on Node also
 * over the transport of `@effect/platform-node` 4. All runtimes come from the npm
 * registry and are kept in node_modules/.runtimes; no install script is run.
 *
 *     npm run test:runtimes -- [--only node@22,bun] [--effect 4] [arguments of vitest]
 */
import { fork, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { ensureInstalled, fail, root } from "./install.mjs"
import { bun, copyPackages, emptyFolder, nodeOf, npmInstall, runtime } from "./outside.mjs"

/** @param {number} major */
const node = (major) => ({ from: nodeOf(major), args: [] })
const runtimes = [
  node(20),
  node(22),
  node(24),
  { from: bun, args: [] },
  {
    from: ["deno", "deno", "2", /@deno\/[^/]+\/deno(\.exe)?$/],
    args: ["run", "--allow-all", "--node-modules-dir=manual", "--no-lock", "--quiet"]
  }
].map(({ args, from }) => ({ name: from[0], from, args }))

/** The version that the package for Effect 4 is tested with here. */
const installed = (name) =>
  JSON.parse(readFileSync(join(root, "packages/effect4/node_modules", name, "package.json"), "utf8")).version

/**
 * A folder outside this workspace with what cannot be in it, `@effect/vitest` 4 with vitest 5 and
 * `@effect/platform-node` 4, and with the suite of the package for Effect 4.
 */
const effect4Suite = () => {
  const home = emptyFolder("effect4")
  const dependencies = {
    effect: installed("effect"),
    "fast-check": installed("fast-check"),
    "@effect/platform-node": "^4.0.0",
    "@effect/vitest": "^4.0.0",
    vitest: "^5.0.0"
  }
  if (!npmInstall(home, dependencies)) fail("What the suite for Effect 4 needs could not be installed.")
  copyPackages(home, ["protocol", "fake", "contract", "effect4"])
  // In place of the few lines that stand in for it in this workspace.
  writeFileSync(join(home, "packages/effect4/test/support/it.ts"), 'export { it } from "@effect/vitest"\n')
  return home
}

const versionOf = (executable) => {
  const { status, stdout } = spawnSync(executable, ["--version"], { encoding: "utf8" })
  return status === 0 ? stdout.split("\n")[0] : undefined
}

/** Runs a program with `executable` as the Node that everything it starts finds, too. */
const run = async (executable, args, cwd = root) => {
  const PATH = `${dirname(executable)}${delimiter}${process.env["PATH"]}`
  const child = spawn(executable, args, { cwd, stdio: "inherit", env: { ...process.env, PATH } })
  const [code] = await once(child, "exit")
  return code === 0
}

/** A smoke program against an emulator in another process, and what the emulator saw of it. */
const smoke = async (executable, args, { cwd, folder, program, transport }) => {
  const emulator = fork(join(folder, "emulator.mjs"), { execArgv: [] })
  try {
    const [{ baseUrl, key }] = await once(emulator, "message")
    if (!(await run(executable, [...args, program, baseUrl, key, transport], cwd))) return false
    emulator.send("done")
    const [{ abandoned, followed }] = await once(emulator, "message")
    process.stdout.write(`${abandoned === 2 ? "ok" : "not so"}: the server saw that both were given up\n`)
    process.stdout.write(`${followed === 0 ? "ok" : "not so"}: no client followed the redirect\n`)
    return abandoned === 2 && followed === 0
  } finally {
    emulator.kill()
  }
}

const args = process.argv.slice(2).filter((arg) => arg !== "--")
/** @param {string} name */
const option = (name) => {
  const at = args.indexOf(name)
  return at < 0 ? undefined : (args.splice(at, 2)[1] ?? "")
}
const only = option("--only")?.split(",") ?? []
const line = option("--effect")
const strange = only.find((name) => runtimes.every((one) => one.name !== name))
if (strange !== undefined)
  fail(`There is no runtime ${strange}: pass some of ${runtimes.map(({ name }) => name).join(", ")}.`)
if (line !== undefined && !["3", "4"].includes(line)) fail(`There is no package for Effect ${line}: pass 3 or 4.`)

ensureInstalled()
const built = spawnSync(process.execPath, ["--import", "tsx", join(root, "packages/bench/src/runtimes/build.ts")], {
  cwd: root,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"]
})
if (built.status !== 0) fail("The smoke programs could not be built: see the lines above.")
const folder = built.stdout.trim()
const home = line === "3" ? undefined : effect4Suite()

const results = []

/** @param {string} what @param {() => Promise<boolean>} test */
const step = async (what, test) => {
  process.stdout.write(`\n=== ${what}\n`)
  const passed = await test()
  results.push([`${what}: ${passed ? "passed" : "failed"}`, passed])
}

for (const one of runtimes.filter(({ name }) => only.length === 0 || only.includes(name))) {
  const { args: flags, from, name } = one
  const executable = runtime(...from)
  const version = executable === undefined ? undefined : versionOf(executable)
  if (executable === undefined || version === undefined) {
    results.push([`${name}: not tested: it could not be had from the npm registry for this platform`, false])
    continue
  }
  const label = `${name} (${version})`
  const isNode = name.startsWith("node")
  /** @param {string} cwd @param {string} program @param {string} transport */
  const client = (cwd, program, transport) => smoke(executable, flags, { cwd, folder, program, transport })
  if (line !== "4") {
    await step(`${label}: client over fetch`, () => client(root, join(folder, "smoke.mjs"), "fetch"))
    if (isNode) await step(`${label}: suite`, () => run(executable, [join(root, "scripts/run.mjs"), "test", ...args]))
  }
  if (home === undefined) continue
  const program = join(home, "smoke.mjs")
  copyFileSync(join(folder, "effect4/smoke.mjs"), program)
  await step(`${label}: Effect 4, client over fetch`, () => client(home, program, "fetch"))
  // vitest 5 and @effect/platform-node 4 need a newer one
  if (!isNode || name === "node@20") continue
  await step(`${label}: Effect 4, client over undici`, () => client(home, program, "undici"))
  const vitest = join(home, "node_modules/vitest/vitest.mjs")
  await step(`${label}: Effect 4, suite`, () =>
    run(executable, [vitest, "run", ...args], join(home, "packages/effect4"))
  )
}
if (home !== undefined) rmSync(home, { recursive: true, force: true })
process.stdout.write(`\n${results.map(([result]) => result).join("\n")}\n`)
if (results.some(([, passed]) => !passed)) process.exit(1)
