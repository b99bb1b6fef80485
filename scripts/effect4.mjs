/**
 * A folder outside this workspace with what cannot be in it, `@effect/vitest` 4 with vitest 5 and
 * `@effect/platform-node` 4, and with the suite of the package for Effect 4.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "./install.mjs"
import { copyPackages } from "./outside.mjs"

/** The version that the package is tested with here. @param {string} name */
const installed = (name) =>
  JSON.parse(readFileSync(join(root, "packages/effect4/node_modules", name, "package.json"), "utf8")).version

/** Makes it; `undefined` when something cannot be had from the npm registry. */
export const effect4Suite = () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "checkpoint-permissions-effect4-")))
  const dependencies = {
    effect: installed("effect"),
    "fast-check": installed("fast-check"),
    "@effect/platform-node": "^4.0.0",
    "@effect/vitest": "^4.0.0",
    vitest: "^5.0.0"
  }
  writeFileSync(join(home, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
  const { status } = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], {
    cwd: home,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32"
  })
  if (status !== 0) return undefined
  copyPackages(home, ["protocol", "fake", "contract", "effect4"])
  // In place of the few lines that stand in for it in this workspace.
  writeFileSync(join(home, "packages/effect4/test/support/it.ts"), 'export { it } from "@effect/vitest"\n')
  return home
}
