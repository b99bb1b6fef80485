import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"
import { startsProcesses } from "../../../../tools/processes.ts"

const folder = fileURLToPath(new URL("../..", import.meta.url))

/** Set once it is bundled: the tests of the action, in the same run, want it too. */
const bundled = "CHECKPOINT_PERMISSIONS_TEST_BUNDLED"

/** Bundles the program as it is now, before the first test, if a test may start it. */
export const setup = (project: TestProject): void => {
  if (!startsProcesses(project) || process.env[bundled] === String(process.pid)) return
  process.env[bundled] = String(process.pid)
  execFileSync(process.execPath, ["--import", "tsx", "bundle.mjs"], { cwd: folder, stdio: "inherit" })
  // The many processes that the tests start need not compile it again: scripts/code-cache.mjs.
  if (process.env["NODE_OPTIONS"]?.includes("code-cache.mjs") === true) {
    const env = { ...process.env, WRITES_CODE_CACHE: "true" }
    execFileSync(process.execPath, ["dist/checkpoint-permissions.js", "demo"], { cwd: folder, env, stdio: "ignore" })
  }
}
