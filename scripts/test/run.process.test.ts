import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, it, vi } from "vitest"

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

const isRunning = (pid: number): boolean => /\) [^ZX]/.test(read(`/proc/${pid}/stat`))

it.skipIf(process.platform !== "linux")("a signal to npm test ends its workers, also one that computes", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "run-")))
  const file = join(folder, "pid")
  const endless = `require("node:fs").writeFileSync(${JSON.stringify(file)}, String(process.pid)); for (;;);`
  writeFileSync(join(folder, "endless.test.cjs"), `it("computes", () => { ${endless} })`)
  const test = { globals: true, include: ["*.test.cjs"], pool: "forks" }
  writeFileSync(join(folder, "vitest.config.mjs"), `export default ${JSON.stringify({ test })}`)
  const program = fileURLToPath(new URL("../run.mjs", import.meta.url))
  const args = [program, "test", `--root=${folder}`, `--config=${join(folder, "vitest.config.mjs")}`]
  const started = spawn(process.execPath, args, { stdio: "ignore" })
  try {
    await vi.waitUntil(() => read(file) !== "", { timeout: 200_000 })
    started.kill("SIGTERM")
    assert.deepStrictEqual(await once(started, "exit"), [143, null])
    await vi.waitUntil(() => !isRunning(Number(read(file))), { timeout: 60_000 })
  } finally {
    started.kill("SIGKILL")
    if (isRunning(Number(read(file)))) process.kill(Number(read(file)), "SIGKILL")
    rmSync(folder, { recursive: true })
  }
})

it("pack.mjs --help prints its usage", () => {
  const program = fileURLToPath(new URL("../pack.mjs", import.meta.url))
  assert.match(execFileSync(process.execPath, [program, "--help"], { encoding: "utf8" }), /^Usage: .* --into <folder>/)
})
