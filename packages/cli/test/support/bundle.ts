import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../..", import.meta.url))

/** Set once it is bundled: the tests of the action, in the same run, want it too. */
const bundled = "CHECKPOINT_PERMISSIONS_TEST_BUNDLED"

/** Bundles the program as it is now, before the first test. */
export const setup = (): void => {
  if (process.env[bundled] === String(process.pid)) return
  process.env[bundled] = String(process.pid)
  execFileSync(process.execPath, ["--import", "tsx", "bundle.mjs"], { cwd: folder, stdio: "inherit" })
}
