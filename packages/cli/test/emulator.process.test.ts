import process from "node:process"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { run, start } from "./support/binary.ts"
import { folder } from "./support/folder.ts"
import { exits } from "./support/inProcess.ts"
import { live } from "./support/test.ts"

/** Prints what it was given, calls once, and ends with 7. */
const command = `
const { OPENAI_ADMIN_KEY, OPENAI_API_KEY, OPENAI_BASE_URL } = process.env
const status = async (key, path) =>
  (await fetch(OPENAI_BASE_URL + path, { headers: { authorization: "Bearer " + key } })).status
const path = "/fine_tuning/checkpoints/ft:a/permissions"
const statuses = [await status(OPENAI_ADMIN_KEY, path), await status(OPENAI_API_KEY, "/models"), await status("sk-other", path)]
console.log(JSON.stringify({ args: process.argv.slice(1), statuses }))
process.exitCode = 7
`

describe.concurrent("emulator, as a process", () => {
  live(
    "-- command: its address and keys are set, its exit code is the emulator's, nothing else is printed",
    function* () {
      const run7 = ["--", process.execPath, "--input-type=module", "-e", command, "--", "-q", "--port", "x y"]
      const outcome = yield* run(["emulator", "--admin-key", "My Admin API Key", ...run7], {
        PATH: process.env["PATH"] ?? ""
      })
      assert.deepStrictEqual([outcome.code, outcome.stderr], [7, ""])
      assert.deepStrictEqual(JSON.parse(outcome.stdout), {
        args: ["-q", "--port", "x y"],
        statuses: [200, 200, 401]
      })
    }
  )

  live("-- command: a signal is passed on, and the command ends by itself", function* () {
    const home = yield* folder
    const urlFile = home.at("url")
    for (const signal of ["SIGTERM", "SIGHUP"] as const) {
      const waiting = `process.on("${signal}", () => { console.log("ending"); process.exit(3) }); console.log("up"); setInterval(() => {}, 1000)`
      const running = yield* start(["emulator", "--url-file", urlFile, "--", process.execPath, "-e", waiting])
      assert.strictEqual(yield* running.firstLine, "up")
      yield* running.signal(signal)
      const { code, stdout } = yield* running.outcome
      assert.deepStrictEqual([code, stdout], [3, "up\nending\n"])
      assert.isFalse(home.exists("url"))
    }
    yield* exits(137, run(["emulator", "--", process.execPath, "-e", 'process.kill(process.pid, "SIGKILL")']))
  })

  live("-- command: fails in one line with a shell's exit code if it cannot be run", function* () {
    for (const [program, code, why] of [
      ["/no/such/program", 127, "no such program"],
      ["/tmp", 126, "it is not executable: check its mode"]
    ] as const) {
      const stderr = `checkpoint-permissions: cannot run "${program}": ${why}\n`
      assert.deepStrictEqual(yield* run(["emulator", "--", program]), { code, stdout: "", stderr })
    }
  })

  live("--until-stdin-ends, --url-file: the file exists as long as it runs", function* () {
    const home = yield* folder
    const path = home.at("url")
    const settings = home.write("settings.yaml", "# what editors read\nbehavior:\n  rate: 1/minute\n")
    const args = ["emulator", "--until-stdin-ends", "--url-file", path, "--settings", settings]
    const running = yield* start(args, {}, { holdsInput: true })
    const url = yield* running.firstLine
    assert.strictEqual(home.read("url"), `${url}\n`)
    const status = Effect.promise(
      async () =>
        (await fetch(`${url}/fine_tuning/checkpoints/ft:a/permissions`, { headers: { authorization: "Bearer k" } }))
          .status
    )
    assert.deepStrictEqual([yield* status, yield* status], [200, 429])
    yield* running.closeInput
    assert.deepStrictEqual(yield* running.outcome, { code: 0, stdout: `${url}\n`, stderr: "" })
    assert.isFalse(home.exists("url"))
  })
})
