/**
 * `npm run test:lowest`: the suites of core and client on the lowest versions of Effect that the packages ask for, in a
 * folder of their own. SharedPacing is left out: `@effect/experimental` asks for newer ones.
 * Arguments go to vitest.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureInstalled, root } from "./install.mjs"
import { copyPackages } from "./outside.mjs"

/** What is tested, and what it is tested with. */
const tested = ["core", "client"]
const copied = [...tested, "protocol", "fake", "testing"]

const peers = /^ {2}peers:\n((?: {4}.+\n)+)/m.exec(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"))?.[1] ?? ""

/** @param {string} name */
const lowest = (name) => {
  const line = peers.split("\n").find((line) => line.replaceAll('"', "").trimStart().startsWith(`${name}:`))
  const version = /\d+\.\d+\.\d+/.exec(line ?? "")?.[0]
  if (version === undefined) throw new Error(`pnpm-workspace.yaml: catalogs.peers has no version of ${name}`)
  return version
}

/** The version that is installed here. @param {string} name */
const installed = (name) => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version

ensureInstalled()
const dependencies = {
  effect: lowest("effect"),
  "@effect/platform": lowest("@effect/platform"),
  // The newest that takes the lowest platform.
  "@effect/platform-node": "0.96.0",
  ...Object.fromEntries(
    ["@effect/vitest", "@types/node", "typescript", "vitest"].map((name) => [name, installed(name)])
  )
}

const home = realpathSync(mkdtempSync(join(tmpdir(), "checkpoint-permissions-lowest-")))
/** @param {string} command @param {ReadonlyArray<string>} args */
const run = (command, ...args) =>
  spawnSync(command, args, { cwd: home, stdio: ["ignore", "inherit", "inherit"], shell: process.platform === "win32" })
    .status === 0

try {
  writeFileSync(join(home, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
  // @effect/vitest asks for a newer effect, and platform-node for the cluster, which nothing here imports.
  if (!run("npm", "install", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")) {
    throw new Error("The lowest versions could not be installed.")
  }
  copyPackages(home, copied, /SharedPacing/)
  const projects = tested.map((name) => `packages/${name}`)
  const test = { projects, poolOptions: { threads: { isolate: false } } }
  writeFileSync(join(home, "vitest.config.ts"), `export default ${JSON.stringify({ test })}\n`)
  writeFileSync(
    join(home, "tsconfig.json"),
    JSON.stringify({
      extends: "./tsconfig.base.json",
      compilerOptions: { composite: false, incremental: false, declarationMap: false, types: ["node"], noEmit: true },
      include: copied.map((name) => `packages/${name}/src`)
    })
  )
  const versions = ["effect", "@effect/platform"].map((name) => `${name} ${dependencies[name]}`).join(", ")
  process.stdout.write(`lowest: ${versions}\n`)
  if (!run(process.execPath, "node_modules/typescript/bin/tsc", "-p", ".")) throw new Error("The types do not fit.")
  if (!run(process.execPath, "node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2))) {
    throw new Error("The suites do not pass.")
  }
} catch (error) {
  process.stderr.write(`lowest: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
} finally {
  rmSync(home, { recursive: true, force: true })
}
