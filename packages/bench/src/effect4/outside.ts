/**
 * A folder outside this workspace, with what cannot be in it: Node 22, and `@effect/platform-node` 4, which needs it.
 * Everything comes from the npm registry; no install script is run.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { bundleForEffect4 } from "../build.ts"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const folder = here("../../../../node_modules/.runtimes/effect4")

const versionOf = (name: string): string => {
  const manifest: unknown = JSON.parse(readFileSync(here(`../../node_modules/${name}/package.json`), "utf8"))
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "latest"
}

export interface Outside {
  /** The Node that runs it. */
  readonly node: string
  /** A bundled program. */
  readonly file: (program: "worker" | "server" | "start") => string
  readonly folder: string
}

const findNode = (): string | undefined => {
  const modules = join(folder, "node_modules")
  const carrier = existsSync(modules) ? readdirSync(modules).find((name) => /^node-/.test(name)) : undefined
  const node = carrier === undefined ? undefined : join(modules, carrier, "bin/node")
  return node !== undefined && existsSync(node) ? node : undefined
}

/** Installs what is not there yet, and bundles the programs into it, with this repository's own TypeScript in them. */
export const outside = async (): Promise<Outside> => {
  const platform = process.platform === "win32" ? "win" : process.platform
  mkdirSync(folder, { recursive: true })
  const wanted = {
    effect: versionOf("effect-4"),
    "@effect/platform-node": "^4.1.0",
    openai: versionOf("openai"),
    [`node-${platform}-${process.arch}`]: "22"
  }
  if (findNode() === undefined) {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies: wanted }))
    const args = ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    spawnSync("npm", args, { stdio: ["ignore", 2, 2], shell: process.platform === "win32" })
  }
  const node = findNode()
  if (node === undefined) throw new Error("Node 22 could not be had from the npm registry for this platform")
  await bundleForEffect4("effect4/worker", folder)
  for (const program of ["server", "start"])
    copyFileSync(here(`../../build/bench/${program}.mjs`), join(folder, `${program}.mjs`))
  return { node, folder, file: (program) => join(folder, `${program}.mjs`) }
}
