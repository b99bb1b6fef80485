/** `npm run bench`: installs if needed, then measures. Arguments are passed through to `packages/bench/src/bin.ts`. */
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { join } from "node:path"
import { ensureInstalled, root } from "./install.mjs"

ensureInstalled()
const child = spawn(
  process.execPath,
  ["--import", "tsx", join(root, "packages/bench/src/bin.ts"), ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit", env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.base.json") } }
)
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal))
child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
