/**
 * `npm run test:lowest`: the suites of core and client on the lowest versions of Effect that the packages ask for, in a
 * folder of their own. SharedPacing is left out: `@effect/experimental` asks for newer ones.
 * Arguments go to vitest.
 */
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ensureInstalled, root } from "./install.mjs"
import { copyPackages, npmInstall, outside } from "./outside.mjs"

/** The tested packages, and the versions of their dependencies. */
const tested = ["core", "client"]
const copied = [...tested, "protocol", "fake", "testing", "contract"]

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

outside("lowest", (home) => {
  const run = (/** @type {ReadonlyArray<string>} */ ...args) =>
    spawnSync(process.execPath, args, { cwd: home, stdio: ["ignore", "inherit", "inherit"] }).status === 0

  // @effect/vitest asks for a newer effect, and platform-node for the cluster, which nothing here imports.
  if (!npmInstall(home, dependencies, "--legacy-peer-deps")) throw new Error("they could not be installed")
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
  if (!run("node_modules/typescript/bin/tsc", "-p", ".")) throw new Error("the types do not fit")
  if (!run("node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2))) {
    throw new Error("the suites do not pass")
  }
})
