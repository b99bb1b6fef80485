import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../..", import.meta.url))

/** Bundles the program as it is now, before the first test. */
export const setup = (): void => {
  execFileSync(process.execPath, ["--import", "tsx", "bundle.mjs"], { cwd: folder, stdio: "inherit" })
}
