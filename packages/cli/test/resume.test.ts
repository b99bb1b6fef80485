import { readdirSync } from "node:fs"
import { join } from "node:path"
import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli } from "./support/inProcess.ts"
import { type Folder, old, seed, weather, world } from "./support/world.ts"

/** A failure that is not the checkpoint's own. */
const unanswered = Faults.error(500, { headers: { "x-should-retry": "false" } })

const patience = 300_000

const twenty = Array.from({ length: 20 }, (_, i) => `ft:c${String(i).padStart(2, "0")}`)
const sixty = Array.from({ length: 60 }, (_, i) => `ft:d${i}`)
const policyOf = (checkpoints: ReadonlyArray<string>) =>
  `version: 1\ncheckpoints:\n${checkpoints.map((id) => `  "${id}":\n    projects: [proj_a]\n`).join("")}`

const server = Emulator.layer({ seed })
const slow = Emulator.layer({ behavior: { latency: "20 millis" } })

const goesOn = (command: string, rows: number, total: number) =>
  new RegExp(
    `^${command}: goes on with ${rows} of ${total} checkpoints that a run which was cut short had read, the oldest [0-9.]+ s ago; --max-age 0 reads all of them now$`,
    "m"
  )

const savedIn = (state: Folder): ReadonlyArray<string> =>
  readdirSync(state.path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"))

/** The same, but commands run in this process. */
const here = Effect.map(world, ({ env, home, ...there }) => ({
  ...there,
  home,
  run: (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) =>
    cli(
      args.map((arg) => (["policy.yaml", "elsewhere"].includes(arg) ? join(home.path, arg) : arg)),
      { env: { ...env, ...more } }
    )
}))

/** Everything by eight at once: when the n-th request comes, all but eight of those before are read and saved. */
const atOnce = 8

describe.concurrent("a reading that is cut short", () => {
  const cases = [
    ["audit", "SIGKILL"],
    ["plan", "SIGKILL"],
    ["audit", "SIGINT"],
    ["plan", "SIGTERM"]
  ] as const
  for (const [command, signal] of cases) {
    it.scopedLive(
      `by ${signal}: the same ${command} goes on with what was read, and says how old that is`,
      () =>
        Effect.gen(function* () {
          const { fake, home, cli, start, state } = yield* world
          home.write("all.yaml", policyOf(twenty))
          const args = command === "audit" ? ["audit", "--from", "all.yaml", "--json"] : ["plan", "--file", "all.yaml"]
          const first = yield* start(args)
          yield* fake.awaitRequests(14)
          yield* first.signal(signal)
          yield* first.outcome
          yield* fake.clearRequests
          const again = yield* cli(args)
          assert.strictEqual(again.code, 0, again.stderr)
          const read = (yield* fake.requests).length
          assert.isAtMost(read, 20 - (14 - atOnce))
          assert.match(again.stderr, goesOn(command, 20 - read, 20))
          yield* fake.clearRequests
          // There is nothing to go on with once all is read.
          const whole = yield* cli(args)
          assert.strictEqual((yield* fake.requests).length, 20)
          assert.notInclude(whole.stderr, "goes on")
          assert.deepStrictEqual(savedIn(state), [])
        }).pipe(Effect.provide(slow)),
      patience
    )
  }

  it.scopedLive(
    "is gone on with once its process has ended, not while it is at work",
    () =>
      Effect.gen(function* () {
        const { fake, home, cli, start } = yield* world
        home.write("all.yaml", policyOf(sixty))
        const args = ["audit", "--from", "all.yaml"]
        const first = yield* start(args)
        yield* fake.awaitRequests(14)
        yield* fake.setBehavior({ latency: "1 minute" })
        yield* fake.awaitRequests(15)
        // However long the second takes, the first does not end meanwhile.
        yield* first.signal("SIGSTOP")
        yield* fake.setBehavior({ latency: "0 millis" })
        yield* fake.clearRequests
        const second = yield* cli(args)
        assert.deepStrictEqual([second.code, second.stderr], [0, ""])
        assert.isAtLeast((yield* fake.requests).length, 60)
        yield* first.signal("SIGKILL")
        yield* first.outcome
        const third = yield* cli(args)
        assert.match(third.stderr, /goes on with \d+ of 60 checkpoints/)
      }).pipe(Effect.provide(slow)),
    patience
  )

  it.scopedLive(
    "by a failure of the server: what was read is not read again",
    () =>
      Effect.gen(function* () {
        const { fake, cli } = yield* here
        yield* fake.inject(unanswered, { checkpoint: old, times: 1 })
        const part = yield* cli(["audit", weather, old])
        assert.strictEqual(part.code, 4)
        yield* fake.clearRequests
        const rest = yield* cli(["audit", old, weather])
        assert.match(rest.stderr, goesOn("audit", 1, 2))
        assert.deepStrictEqual(
          (yield* fake.requests).map(({ checkpoint }) => checkpoint),
          [old]
        )
      }).pipe(Effect.provide(server)),
    patience
  )
})

/** An audit of two checkpoints, of which one can be read. */
const half = Effect.gen(function* () {
  const there = yield* here
  const { fake, cli } = there
  yield* fake.inject(unanswered, { checkpoint: old, times: 1 })
  assert.strictEqual((yield* cli(["audit", weather, old])).code, 4)
  yield* fake.clearRequests
  const listed = Effect.map(fake.requests, (all) =>
    all.filter(({ method }) => method === "GET").map(({ checkpoint }) => checkpoint)
  )
  return { ...there, listed }
})

describe.concurrent("what was read before", () => {
  const others: ReadonlyArray<readonly [what: string, args: ReadonlyArray<string>, env?: Record<string, string>]> = [
    ["with --max-age 0", ["--max-age", "0"]],
    ["after --max-age", ["--max-age", "1ms"]],
    ["with another key", [], { OPENAI_ADMIN_KEY: "sk-another" }],
    ["for another organization", ["--openai-organization", "org-a"]],
    ["for another project's header", ["--openai-project", "proj_a"]],
    ["for one project", ["--project", "proj_a"]],
    ["in another state folder", ["--state-dir", "elsewhere"]]
  ]
  for (const [what, args, env] of others) {
    it.scopedLive(
      `is read again ${what}`,
      () =>
        Effect.gen(function* () {
          const { listed, cli, state } = yield* half
          const before = savedIn(state).length
          const { code, stderr } = yield* cli(["audit", weather, old, ...args], env)
          assert.strictEqual(savedIn(state).length, before)
          assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
          assert.deepStrictEqual([...(yield* listed)].sort(), [old, weather].sort())
        }).pipe(Effect.provide(server)),
      patience
    )
  }

  const changes = {
    grant: ["grant", weather, "proj_new"],
    revoke: ["revoke", weather, "proj_x"],
    create: ["create", weather, "proj_new"],
    apply: ["apply", "--file", "policy.yaml", "--yes"]
  }
  for (const [name, args] of Object.entries(changes)) {
    it.scopedLive(
      `is read again after ${name}`,
      () =>
        Effect.gen(function* () {
          const { fake, listed, cli } = yield* half
          assert.strictEqual((yield* cli(args, { OPENAI_ADMIN_KEY: "sk-another" })).code, 0)
          yield* fake.clearRequests
          const { code, stderr } = yield* cli(["audit", weather, old])
          assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
          assert.include(yield* listed, weather)
        }).pipe(Effect.provide(server)),
      patience
    )
  }

  it.scopedLive(
    "is read again after delete",
    () =>
      Effect.gen(function* () {
        const { fake, listed, cli } = yield* half
        const [permission] = yield* fake.permissions(weather)
        assert.strictEqual((yield* cli(["delete", weather, permission?.id ?? ""])).code, 0)
        yield* cli(["audit", weather, old])
        assert.include(yield* listed, weather)
      }).pipe(Effect.provide(server)),
    patience
  )

  it.scopedLive(
    "of another checkpoint stays after a change",
    () =>
      Effect.gen(function* () {
        const { listed, cli } = yield* half
        assert.strictEqual((yield* cli(["create", old, "proj_new"])).code, 0)
        yield* cli(["audit", weather, old])
        assert.deepStrictEqual(yield* listed, [old])
      }).pipe(Effect.provide(server)),
    patience
  )

  it.scopedLive(
    "is not used by apply, nor by plan --exit-code, nor by another command",
    () =>
      Effect.gen(function* () {
        const { fake, listed, cli } = yield* half
        yield* fake.inject(unanswered, { checkpoint: old, times: 1 })
        assert.strictEqual((yield* cli(["plan", "--file", "policy.yaml"])).code, 4)
        yield* fake.clearRequests
        assert.strictEqual((yield* cli(["plan", "--file", "policy.yaml", "--exit-code"])).code, 3)
        assert.strictEqual((yield* listed).length, 2)
        yield* fake.clearRequests
        assert.strictEqual((yield* cli(["export", weather, old])).code, 0)
        assert.strictEqual((yield* listed).length, 2)
        const applied = yield* cli(["apply", "--file", "policy.yaml", "--yes"])
        assert.strictEqual(applied.code, 0)
        assert.notInclude(applied.stderr, "goes on")
      }).pipe(Effect.provide(server)),
    patience
  )

  it.scopedLive(
    "is not known if the state folder cannot be used: one warning, and the run goes on",
    () =>
      Effect.gen(function* () {
        const { home, cli } = yield* here
        home.write("file", "")
        for (const env of [{ XDG_STATE_HOME: "", HOME: "" }, { XDG_STATE_HOME: `${home.path}/file` }]) {
          const { code, stderr } = yield* cli(["audit", weather, old], env)
          assert.strictEqual(code, 0)
          assert.match(stderr, /^audit: rows are not saved, (there is no|.*:) .*\n$/)
        }
        const off = yield* cli(["audit", weather, "--max-age", "0"], { XDG_STATE_HOME: "", HOME: "" })
        assert.deepStrictEqual([off.code, off.stderr], [0, ""])
        assert.strictEqual((yield* cli(["create", weather, "proj_n"], { XDG_STATE_HOME: "", HOME: "" })).stderr, "")
      }).pipe(Effect.provide(server)),
    patience
  )

  it.scopedLive(
    "is nowhere with --fake, and a limit that is none is wrong use",
    () =>
      Effect.gen(function* () {
        const { cli, state } = yield* here
        assert.strictEqual((yield* cli(["audit", weather, "--fake"], { OPENAI_BASE_URL: "" })).code, 0)
        assert.deepStrictEqual(state.files(), [])
        const none = yield* cli(["audit", weather, "--max-age", "soon"])
        assert.strictEqual(none.code, 2)
        assert.include(none.stderr, "--max-age: not a time: pass one such as 90s, 15m or 2h, or 0")
        const both = yield* cli(["plan", "--file", "policy.yaml", "--exit-code", "--max-age", "5m"])
        assert.strictEqual(both.code, 2)
        assert.include(both.stderr, "leave out --max-age, or --exit-code")
      }).pipe(Effect.provide(server)),
    patience
  )
})
