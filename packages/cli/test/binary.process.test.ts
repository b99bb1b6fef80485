import { pathToFileURL } from "node:url"
import { commandHelp } from "@checkpoint-permissions/cli/Cli"
import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bundle, type Running, run, start } from "./support/binary.ts"
import { folder } from "./support/folder.ts"
import { cli, exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { organization, seed, weather, world } from "./support/world.ts"

const keys = {
  admin: "sk-admin-0123456789abcdef",
  second: "sk-admin-second-0123456789",
  ordinary: "sk-ordinary-0123456789",
  readOnly: "sk-read-only-0123456789",
  wrong: "sk-admin-wrong-abcdefghijklmnop"
}

/** So many that a listing of one a page outlasts what is done to it. */
const projects = Array.from({ length: 20_000 }, (_, i) => `proj_${i}`)

/** A module that makes many functions hot as the process exits: more than threads have compiled by then. */
const compilingAtExit = `data:text/javascript,${encodeURIComponent(`
  import { setFlagsFromString } from "node:v8"
  setFlagsFromString("--invocation-count-for-maglev=20")
  process.on("exit", () => {
    const kept = []
    for (let i = 0; i < 1500; i++) {
      const hot = new Function("a", "let s = " + i + ";" + "s = (s * 31 + a) | 0; if (s > a) s -= a;".repeat(50) + "return s")
      for (let n = 0; n < 40; n++) hot(n)
      kept.push(hot)
    }
  })
`)}`

describe.concurrent("the binary", () => {
  it.scopedLive("reports wrong use and a missing key in one line", () =>
    Effect.gen(function* () {
      const wrong = yield* run(["lsit", "--json"])
      assert.deepStrictEqual(wrong, {
        code: 2,
        stdout: "",
        stderr: 'checkpoint-permissions: unknown command "lsit": did you mean list? See checkpoint-permissions --help\n'
      })
      const noKey = yield* run(["list", "ft:a"])
      assert.strictEqual(noKey.code, 2)
      assert.match(noKey.stderr, /^checkpoint-permissions: no admin key: .*\n$/)
    })
  )

  it.scopedLive("has the same help texts as the modules that it is made of", () =>
    Effect.gen(function* () {
      const all = [...commandHelp.map(({ name }) => name), "options"].map((topic) => ["help", ...topic.split(" ")])
      // One process for all: each import runs the program once more.
      const program = (yield* folder).write(
        "all.mjs",
        `for (const [i, args] of ${JSON.stringify(all)}.entries()) {
           process.argv.splice(2, Infinity, ...args)
           await import(${JSON.stringify(pathToFileURL(bundle).href)} + "?" + i)
           process.stdout.write("\\0")
         }`
      )
      const { stdout } = yield* exits(0, run([], {}, { program }))
      const expected = yield* Effect.forEach(all, (args) => cli(args))
      assert.deepStrictEqual(stdout.split("\0"), [...expected.map((help) => help.stdout), ""])
    })
  )

  it.scopedLive("runs the emulator for other commands until a signal ends it", () =>
    Effect.gen(function* () {
      const emulator = yield* start([
        // A key option again behind another one.
        ...["emulator", "--admin-key", keys.admin, "--port=0", "--ordinary-key", keys.ordinary],
        ...["--admin-key", keys.second, "--read-only-key", keys.readOnly]
      ])
      const baseUrl = yield* emulator.firstLine
      assert.match(baseUrl, /^http:\/\/127\.0\.0\.1:\d+\/v1$/)
      const env = (key: string) => ({ OPENAI_ADMIN_KEY: key, OPENAI_BASE_URL: baseUrl })
      const refused = [
        [keys.ordinary, ["list", "ft:few"], "list ft:few: the key lacks api.fine_tuning.checkpoints.read"],
        [
          keys.readOnly,
          ["api", "create", "ft:few", "x"],
          "create ft:few: the key lacks api.fine_tuning.checkpoints.write"
        ],
        [keys.readOnly, ["list", "ft:few"], undefined],
        [keys.second, ["list", "ft:few"], undefined],
        [keys.wrong, ["list", "ft:few"], "list ft:few: the server rejected the key: "],
        [keys.admin, ["api", "delete", "ft:few", "cp_none"], "delete ft:few: no such permission or checkpoint"],
        [keys.admin, ["emulator", "--port", new URL(baseUrl).port], "EADDRINUSE; pass another port, or 0"]
      ] as const
      const outcomes = yield* Effect.forEach(refused, ([key, args]) =>
        cli([...args, "--log-level", "debug"], { env: env(key) })
      )
      for (const [i, [, , says]] of refused.entries()) {
        assert.strictEqual(outcomes[i]?.code, says === undefined ? 0 : 1)
        if (says !== undefined) assert.include(outcomes[i]?.stderr, says)
      }

      yield* emulator.signal("SIGTERM")
      const ended = yield* emulator.outcome
      assert.deepStrictEqual(ended, { code: 0, stdout: `${baseUrl}\n`, stderr: "" })
      const everything = JSON.stringify({ outcomes, ended })
      for (const key of Object.values(keys)) {
        for (const form of [key, Buffer.from(key).toString("base64")]) assert.notInclude(everything, form)
      }
    })
  )

  it.scopedLive("ends a listing without an error if its pipe is closed, and at a signal", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const env = { OPENAI_ADMIN_KEY: keys.admin, OPENAI_BASE_URL: baseUrl }
      const endings = [
        [(running: Running) => running.closeOutput, 0],
        [(running: Running) => running.signal("SIGINT"), 130],
        [(running: Running) => running.signal("SIGTERM"), 143],
        [(running: Running) => running.signal("SIGHUP"), 129]
      ] as const
      for (const [end, code] of endings) {
        const listing = yield* start(["list", "ft:many"], env)
        yield* listing.firstLine
        yield* end(listing)
        const outcome = yield* listing.outcome
        assert.deepStrictEqual([outcome.code, outcome.stderr], [code, ""])
      }
    }).pipe(Effect.provide(Emulator.layer({ seed: { "ft:many": projects } })))
  )

  test(
    "does not wait for requests in flight after a second Ctrl-C",
    Emulator.layer({ seed, organization, behavior: { regrant: "second" } }),
    function* () {
      const { cli, fake, start } = yield* world
      for (const operation of ["create", "delete"] as const) {
        yield* fake.inject(Faults.latency({ before: "1 hour" }), { operation, times: 9 })
      }
      const applying = ["apply", "--file", "policy.yaml", "--yes"]
      const first = yield* start(applying)
      // The projects, two listings, and a write.
      yield* fake.awaitRequests(4)
      yield* first.signal("SIGINT")
      yield* first.says("press Ctrl-C again to stop immediately")
      // Two that come closer to each other are one.
      yield* Effect.sleep("500 millis")
      yield* first.signal("SIGINT")
      const ended = yield* exits(130, first.outcome)
      assert.include(ended.stderr, "stopped immediately")
      yield* fake.setFaults(Faults.none)
      yield* exits(0, cli(applying))
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b", "proj_c"])
    }
  )

  it.scopedLive("ends while the runtime is still compiling", () =>
    Effect.gen(function* () {
      const { NODE_OPTIONS: given = "" } = process.env
      const { code } = yield* run(["list", "ft:a", "--fake"], {
        NODE_OPTIONS: `${given} --import=${compilingAtExit}`.trim()
      })
      assert.strictEqual(code, 0)
    })
  )
})
