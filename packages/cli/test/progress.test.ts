import { Readable } from "node:stream"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, TestClock } from "effect"
import * as Screen from "../src/internal/terminal/screen.ts"
import { type Writable, withoutColors } from "../src/internal/terminal/style.ts"
import { cli } from "./support/inProcess.ts"
import { live, scoped } from "./support/test.ts"
import { folder, policyOf } from "./support/world.ts"

/** A screen that is a terminal of so many columns, or none, and what was written to standard error. */
const screenOf = (columns?: number, stdin: Readable & { readonly isTTY?: boolean } = Readable.from([])) => {
  const said: Array<string> = []
  const stream: Writable = {
    isTTY: columns !== undefined,
    columns,
    on: () => undefined,
    write: (text, callback) => {
      said.push(text)
      callback()
      return true
    }
  }
  return {
    said,
    screen: Screen.make({ stdin, stdout: stream, stderr: stream, onExpectSignal() {} })
  }
}

const left = "; left: about 16h 40m at 10 a minute, 1h 50m if nothing more is refused"
const wait = "429 Too Many Requests (Retry-After: 5m), next request at 14:03:20"

describe("the line of progress", () => {
  scoped("is a line a minute where there is no terminal, until it ends", function* () {
    const { said, screen } = screenOf()
    yield* screen.progress("audit: 1 of 9 read")
    yield* TestClock.adjust("59 seconds")
    assert.deepStrictEqual(said, [])
    yield* TestClock.adjust("1 second")
    yield* screen.progress("audit: 2 of 9 read")
    yield* screen.showWait(wait, Duration.seconds(90))
    yield* TestClock.adjust("3 minutes")
    assert.deepStrictEqual(said, [
      "audit: 1 of 9 read\n",
      `audit: 2 of 9 read; ${wait}\n`,
      "audit: 2 of 9 read\n",
      "audit: 2 of 9 read\n"
    ])
    yield* screen.clear
    yield* TestClock.adjust("1 hour")
    yield* screen.progress("audit: again")
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(said.slice(4), ["audit: again\n"])
    yield* screen.clear
  })

  scoped("shows the time left on a terminal of 80 columns, and as much of a wait as fits", function* () {
    for (const columns of [80, 100, 160]) {
      const { said, screen } = screenOf(columns)
      yield* screen.progress(`revoke: 9999 of 9999 read${left}`)
      yield* screen.showWait(wait, Duration.minutes(5))
      const shown = withoutColors(said.at(-1) ?? "").replace(/^\r\p{Cc}\[2K/u, "")
      assert.match(shown, /; left: about 16h 40m at 10 a minute, 1h 50m/)
      assert.isBelow(shown.length, columns)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(said.length, 2)
    }
    const { said, screen } = screenOf(160)
    yield* screen.showWait(wait, Duration.minutes(5))
    yield* screen.progress("audit: 3 of 9 read; left: about 8m")
    assert.include(said.at(-1), `audit: 3 of 9 read; left: about 8m; ${wait}`)
  })
})

describe("a question at the terminal", () => {
  scoped("is not erased by progress, and stays below other lines, until it is answered", function* () {
    const stdin = Object.assign(new Readable({ read: () => {} }), { isTTY: true })
    const { said, screen } = screenOf(80, stdin)
    yield* screen.progress("offboard: 1 of 9 read")
    const begun = said.length
    const asking = yield* Effect.fork(screen.ask("Type 3 to confirm: "))
    yield* Effect.yieldNow()
    yield* screen.progress("offboard: 2 of 9 read")
    yield* screen.showWait(wait, Duration.minutes(5))
    yield* screen.warn("a note")
    yield* screen.clear
    assert.match(said.slice(begun).join(""), /^\r\p{Cc}\[2KType 3 to confirm: \na note\nType 3 to confirm: $/u)
    stdin.push("3\n")
    assert.strictEqual(yield* Fiber.join(asking), "3")
    yield* screen.progress("offboard: 3 of 9 read")
    assert.include(said.at(-1), "3 of 9 read")
  })
})

const ids = Array.from({ length: 12 }, (_, n) => `ft:gpt-4o-mini:org:model:${n}`)

describe("without a terminal", () => {
  const commands = {
    audit: [],
    apply: ["--file", "policy.yaml", "--yes", "--max-revokes", "100"],
    offboard: ["proj_a", "--from", "policy.yaml", "--yes"]
  }
  for (const [name, more] of Object.entries(commands)) {
    live(`${name} prints a line a minute`, function* () {
      const home = yield* folder
      home.write("policy.yaml", policyOf(ids, "proj_b"))
      const seed = Object.fromEntries(ids.map((id) => [id, ["proj_a"]]))
      home.write("seed.json", JSON.stringify({ ...seed, organization: { projects: ["proj_a", "proj_b"] } }))
      const fake = ["--fake", "--seed-file", "seed.json"]
      const slow = [...fake, "--rate", "1/minute"]
      const { minutes, run } = yield* VirtualClock.run(
        Effect.gen(function* () {
          const run = yield* cli([name, ...slow, ...(name === "audit" ? ids : more)], { cwd: home.path })
          return { run, minutes: (yield* Clock.currentTimeMillis) / 60_000 }
        })
      )
      assert.include([0, 3, 4], run.code, run.stderr)
      const lines = run.stderr.split("\n").filter((line) => /^\w+: (\d+ of 12|asking)/.test(line))
      assert.isAbove(minutes, 10)
      assert.isAtLeast(lines.length, Math.floor(minutes) - 1, run.stderr)
      assert.isAtMost(lines.length, minutes + 2, run.stderr)
    })
  }

  for (const name of ["history", "discover"]) {
    live(`${name} reports each page of the audit log`, function* () {
      const home = yield* folder
      const events = Array.from({ length: 350 }, (_, n) => ({
        type: "checkpoint.permission.created",
        effective_at: 0,
        permission_id: `cp_${n}`,
        project_id: "proj_a",
        fine_tuned_model_checkpoint: ids[0]
      }))
      home.write("seed.json", JSON.stringify({ organization: { projects: ["proj_a"], events } }))

      const since = name === "history" ? ["--since", "1970-01-01"] : []
      const slow = ["--fake", "--seed-file", "seed.json", "--rate", "1/minute"]
      const { code, stderr } = yield* VirtualClock.run(cli([name, ...slow, ...since], { cwd: home.path }))
      assert.strictEqual(code, 0, stderr)
      const lines = stderr.split("\n").filter((line) => /^(history: reading|discover: reading)/.test(line))
      assert.isAtLeast(lines.length, 2, stderr)
    })
  }
})
