/**
 * How long the help of the bundled program takes, against a Node that does
 * nothing: medians of runs in turn. Fails beyond four times of it.
 */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const bundle = fileURLToPath(new URL("../../dist/checkpoint-permissions.js", import.meta.url))
const runs = Number(process.argv[2] ?? 31)

/** @param {ReadonlyArray<string>} args */
const once = (args) => {
  const from = process.hrtime.bigint()
  execFileSync(process.execPath, args, { stdio: "ignore", env: { PATH: process.env["PATH"] } })
  return Number(process.hrtime.bigint() - from) / 1e6
}

/** @param {ReadonlyArray<number>} times */
const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN

const what = {
  "node -e 0": ["-e", "0"],
  "--help": [bundle, "--help"],
  "apply --help": [bundle, "apply", "--help"],
  "list ft:a --fake": [bundle, "list", "ft:a", "--fake"]
}
const times = Object.fromEntries(Object.keys(what).map((name) => [name, /** @type {Array<number>} */ ([])]))
for (let i = 0; i < runs; i++) {
  for (const [name, args] of Object.entries(what)) {
    times[name]?.push(once(args))
  }
}
const base = median(times["node -e 0"] ?? [])
for (const [name, all] of Object.entries(times)) {
  process.stdout.write(`${name.padEnd(18)} ${median(all).toFixed(1)} ms, ${(median(all) / base).toFixed(2)} ×\n`)
}
const worst = Math.max(median(times["--help"] ?? []), median(times["apply --help"] ?? []))
process.exitCode = worst <= 4 * base ? 0 : 1
