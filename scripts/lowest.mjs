/**
 * `npm run test:lowest`: the packages on the lowest versions of Effect that they ask for, in folders of their own. For
 * Effect 3 the suites of core and client, for Effect 4 the suite of effect4. The declarations of all packed packages are
 * type-checked, those of Effect included. Arguments go to vitest.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { nameOf } from "./application.mjs"
import { ensureInstalled, root } from "./install.mjs"
import { copyPackages, npmInstall, outside } from "./outside.mjs"
import { packed } from "./pack.mjs"

const workspace = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")

/** @param {"peers" | "peers4"} catalog @param {string} name */
const lowest = (catalog, name) => {
  const ranges = new RegExp(`^ {2}${catalog}:\\n((?: {4}.+\\n)+)`, "m").exec(workspace)?.[1] ?? ""
  const line = ranges.split("\n").find((line) => line.replaceAll('"', "").trimStart().startsWith(`${name}:`))
  const version = /\d+\.\d+\.\d+/.exec(line ?? "")?.[0]
  if (version === undefined) throw new Error(`pnpm-workspace.yaml: catalogs.${catalog} has no version of ${name}`)
  return version
}

/** The version that is installed here. @param {string} name */
const installed = (name, where = ".") =>
  JSON.parse(readFileSync(join(root, where, "node_modules", name, "package.json"), "utf8")).version

const common = Object.fromEntries(["@types/node", "typescript", "vitest"].map((name) => [name, installed(name)]))

/** The tested packages of each Effect version. */
const lines = [
  {
    name: "effect3",
    packed: ["protocol", "core", "client", "fake", "testing", "access"],
    suites: ["core", "client"],
    copied: ["core", "client", "protocol", "fake", "testing", "contract"],
    lowest: {
      effect: lowest("peers", "effect"),
      "@effect/platform": lowest("peers", "@effect/platform"),
      "@effect/experimental": lowest("peers", "@effect/experimental")
    },
    // The newest that takes the lowest platform.
    others: { "@effect/platform-node": "0.104.1", "@effect/vitest": installed("@effect/vitest") }
  },
  {
    name: "effect4",
    packed: ["protocol", "fake", "effect4"],
    suites: ["effect4"],
    copied: ["effect4", "protocol", "fake", "contract"],
    lowest: { effect: lowest("peers4", "effect") },
    others: { "fast-check": installed("fast-check", "packages/effect4") }
  }
]

ensureInstalled()

outside("lowest", (home) => {
  const tarballs = packed()
  for (const line of lines) {
    const folder = join(home, line.name)
    const packed = join(folder, "packed")
    mkdirSync(packed, { recursive: true })
    const run = (/** @type {ReadonlyArray<string>} */ ...args) =>
      spawnSync(process.execPath, args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] }).status === 0
    const versions = Object.entries(line.lowest).map(([name, version]) => `${name} ${version}`)
    process.stdout.write(`lowest: ${versions.join(", ")}\n`)

    const ours = tarballs
      .filter((tarball) => line.packed.includes(nameOf(tarball)))
      .map((tarball) => [`@checkpoint-permissions/${nameOf(tarball)}`, `file:${tarball}`])
    // @effect/vitest asks for a newer effect, platform-node for the cluster, and experimental for stores.
    if (
      !npmInstall(folder, { ...line.lowest, ...line.others, ...common }, "--legacy-peer-deps") ||
      !npmInstall(packed, Object.fromEntries(ours), "--legacy-peer-deps")
    ) {
      throw new Error("they could not be installed")
    }
    writeFileSync(join(packed, "imports.ts"), ours.map(([name]) => `import "${name}"\n`).join(""))
    const strict = "--target ES2022 --module NodeNext --strict --exactOptionalPropertyTypes --noEmit --types node"
    if (!run("node_modules/typescript/bin/tsc", ...strict.split(" "), "packed/imports.ts")) {
      throw new Error("the types of the packed packages do not fit")
    }

    copyPackages(folder, line.copied)
    const projects = line.suites.map((name) => `packages/${name}`)
    const test = { projects, poolOptions: { threads: { isolate: false } } }
    writeFileSync(join(folder, "vitest.config.ts"), `export default ${JSON.stringify({ test })}\n`)
    if (!run("node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)))
      throw new Error("the suites do not pass")
  }
})
