import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bundle } from "./support/binary.ts"
import { folder } from "./support/world.ts"

const many = Array.from({ length: 300 }, (_, i) => `ft:${i}`)
const policy = `version: 1\ncheckpoints:\n${many.map((id) => `  "${id}":\n    projects: [proj_001]\n`).join("")}`

/** Runs the published program in a shell. */
const shell = (command: string) =>
  Effect.gen(function* () {
    const home = yield* folder
    home.write("policy.yaml", policy)
    const { PATH = "", NODE_OPTIONS = "" } = process.env
    const env = { PATH, NODE_OPTIONS, HOME: home.path }
    const script = `cp() { "${process.execPath}" "${bundle}" "$@"; }; ${command}`
    const told = yield* Effect.async<{ code: number; stdout: string; stderr: string }>((resume) => {
      const child = execFile("bash", ["-c", script], { cwd: home.path, env, maxBuffer: 2 ** 26 }, (_, stdout, stderr) =>
        resume(Effect.succeed({ code: child.exitCode ?? -1, stdout, stderr }))
      )
    })
    return { ...told, home }
  })

const outputs = [
  "audit --from policy.yaml --fake --format csv",
  "audit --from policy.yaml --fake --json",
  "plan --file policy.yaml --fake --json",
  "export --from policy.yaml --fake"
]

describe.concurrent("standard output", () => {
  it.live.each(outputs)(
    "of %s is whole, or the exit code is 1: to a file that can take 24 KiB",
    (command) =>
      Effect.gen(function* () {
        const whole = yield* shell(`cp ${command}`)
        assert.strictEqual(whole.code, 0, whole.stderr)
        assert.isAbove(whole.stdout.length, 30_000)
        const cut = yield* shell(`ulimit -f 24; cp ${command} > out`)
        assert.strictEqual(cut.code, 1, cut.stderr)
        assert.match(cut.stderr, /^checkpoint-permissions: standard output cannot be written: EFBIG\n$/m)
        const file = yield* shell(`cp ${command} > out`)
        assert.strictEqual(file.code, 0, file.stderr)
        assert.strictEqual(file.home.read("out").length, whole.stdout.length)
      }).pipe(Effect.scoped),
    120_000
  )

  it.live.each(existsSync("/dev/full") ? [...outputs, "list ft:a --fake --json", "help", "--version"] : [])(
    "of %s to a full disk is an error",
    (command) =>
      Effect.gen(function* () {
        const { code, stderr } = yield* shell(`cp ${command} > /dev/full`)
        assert.strictEqual(code, 1)
        assert.match(stderr, /^checkpoint-permissions: standard output cannot be written: .*ENOSPC.*\n$/m)
      }).pipe(Effect.scoped),
    120_000
  )

  it.live(
    "is whole through a pipe that is read slowly, and a pipe that is closed early is no error",
    () =>
      Effect.gen(function* () {
        const command = outputs[0]
        const whole = yield* shell(`cp ${command}`)
        const slow = yield* shell(
          `cp ${command} | (read -r -N 100 first; printf %s "$first"; read -r -t 0.5 < /dev/zero; cat)`
        )
        assert.strictEqual(slow.stdout.length, whole.stdout.length)
        for (const one of [...outputs, "list ft:a --fake", "help"]) {
          const { code, stderr } = yield* shell(`cp ${one} | head -1 > /dev/null; exit \${PIPESTATUS[0]}`)
          assert.strictEqual(code, 0, stderr)
          assert.notInclude(stderr, "checkpoint-permissions:")
        }
      }).pipe(Effect.scoped),
    120_000
  )
})
