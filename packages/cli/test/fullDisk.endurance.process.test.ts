import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isEndurance } from "../../../tools/endurance.ts"
import { bundle } from "./support/binary.ts"
import { live } from "./support/test.ts"
import { folder, policyOf } from "./support/world.ts"

/** So many that the output is longer than a pipe holds, and than the limit on files. */
const many = Array.from({ length: isEndurance ? 100 : 50 }, (_, i) => `ft:${i}`)
const policy = policyOf(many, "proj_001")

/** Runs the published program in a shell. */
const shell = (command: string, given: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const home = yield* folder
    home.write("policy.yaml", policy)
    const { PATH = "", NODE_OPTIONS = "" } = process.env
    const env = { PATH, NODE_OPTIONS, HOME: home.path, ...given }
    const script = `cp() { "${process.execPath}" "${bundle}" "$@"; }; ${command}`
    const told = yield* Effect.async<{ code: number; stdout: string; stderr: string }>((resume) => {
      const child = execFile("bash", ["-c", script], { cwd: home.path, env, maxBuffer: 2 ** 26 }, (_, stdout, stderr) =>
        resume(Effect.succeed({ code: child.exitCode ?? -1, stdout, stderr }))
      )
    })
    return { ...told, home }
  })

/** All, or the first. */
const some = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> => (isEndurance ? all : all.slice(0, 1))

const outputs = [
  "audit --from policy.yaml --fake --format csv",
  "audit --from policy.yaml --fake --json",
  "plan --file policy.yaml --fake --json",
  "export --from policy.yaml --fake"
]

describe("standard output", () => {
  it.live.each(some(outputs))("of %s is whole, or the exit code is 1", (command) =>
    Effect.gen(function* () {
      const { home, stderr, stdout } = yield* shell(
        `cp ${command} > whole; echo $?; ulimit -f 24; cp ${command} > cut; echo $?`
      )
      assert.strictEqual(stdout, "0\n1\n", stderr)
      assert.match(stderr, /^checkpoint-permissions: standard output cannot be written: EFBIG\n$/m)
      assert.strictEqual(home.read("cut").length, 24 * 1024)
      const whole = home.read("whole")
      for (const id of many) assert.include(whole, id)
      assert.match(whole, /\n$/)
    }).pipe(Effect.scoped)
  )

  it.live.each(existsSync("/dev/full") ? some(["list ft:a --fake", "audit ft:a --fake --json", "help"]) : [])(
    "of %s to a full disk is an error",
    (command) =>
      Effect.gen(function* () {
        const { code, stderr } = yield* shell(`cp ${command} > /dev/full`)
        assert.strictEqual(code, 1)
        assert.match(stderr, /^checkpoint-permissions: standard output cannot be written: .*ENOSPC.*\n$/m)
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!existsSync("/dev/full"))(
    "is the same when standard error is on a full disk, with the same exit code",
    () =>
      Effect.gen(function* () {
        for (const [command, code] of some([
          ["list ft:a --fake --nonsense", 2],
          ["list ft:a --fake", 0],
          ["list .. --fake", 2]
        ] as const)) {
          assert.strictEqual((yield* shell(`cp ${command} 2> /dev/full`)).code, code)
        }
      }).pipe(Effect.scoped)
  )

  live("is whole through a pipe that is read slowly, and one that is closed early is no error", function* () {
    const slow = yield* shell(
      `cp ${outputs[0]} | (read -r -N 100 first; printf %s "$first"; read -r -t 0.5 < /dev/zero; cat)`
    )
    for (const id of many) assert.include(slow.stdout, `\n${id},`)
    for (const one of some(["list ft:a --fake", outputs[0], "help"])) {
      const { code, stderr } = yield* shell(`cp ${one} | head -1 > /dev/null; exit \${PIPESTATUS[0]}`)
      assert.strictEqual(code, 0, stderr)
      assert.notInclude(stderr, "checkpoint-permissions:")
    }
  })
})

describe("a file that cannot be written", () => {
  it.live.each(some(["audit ft:a", "export ft:a", "plan --file policy.yaml"]))(
    "ends %s before its first request",
    (command) =>
      Effect.gen(function* () {
        const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789", OPENAI_BASE_URL: "http://127.0.0.1:9" }
        const { code, home, stderr } = yield* shell(`ulimit -f 24; cp ${command} --out out.json`, env)
        assert.match(stderr, /^checkpoint-permissions: .* "out\.json": EFBIG\n$/)
        assert.strictEqual(code, 1)
        assert.deepStrictEqual(home.files(), ["policy.yaml"])
      }).pipe(Effect.scoped)
  )
})
