import { Access, AccessMatrix, AccessPolicy } from "@checkpoint-permissions/access"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { resume } from "../src/internal/resume/resume.ts"
import { matrixOf, planOf } from "../src/internal/server/reading.ts"
import { exits } from "./support/inProcess.ts"
import { holdAgainstSchemas } from "./support/schemas.ts"
import { silentScreen } from "./support/screen.ts"
import { filling } from "./support/state.ts"
import { test } from "./support/test.ts"
import { type Folder, folder, old, policyOf, seed, weather, world } from "./support/world.ts"

const twenty = Array.from({ length: 20 }, (_, i) => `ft:c${String(i).padStart(2, "0")}`)

const server = Emulator.layer({ seed })
const slow = Emulator.layer({ behavior: { latency: "20 millis" } })

/** A failure that is not the checkpoint's own. */
const unanswered = Faults.error(500, { headers: { "x-should-retry": "false" } })

const file = "rows.jsonl"

const linesIn = (home: Folder): ReadonlyArray<string> => {
  const text = home.read(file)
  holdAgainstSchemas(text)
  assert.isTrue(text === "" || text.endsWith("\n"))
  const lines = text.split("\n").slice(0, -1)
  for (const line of lines) assert.isObject(JSON.parse(line))
  return lines
}

const goesOn = (command: string, rows: number, total: number) =>
  new RegExp(
    `^${command}: goes on with ${rows} of ${total} checkpoints from rows\\.jsonl, the oldest read at 20.*Z: what has changed since is not in it$`,
    "m"
  )

const commands = { audit: ["audit", "--from", "all.yaml", "--json"], plan: ["plan", "--file", "all.yaml", "--json"] }

describe.concurrent("a reading that is cut short", () => {
  for (const [command, signal] of [
    ["audit", "SIGKILL"],
    ["audit", "SIGINT"],
    ["plan", "SIGTERM"]
  ] as const) {
    test(
      `by ${signal}: with the same file the ${command} goes on from there, and each row has its time`,
      slow,
      function* () {
        const { fake, home, cli, start } = yield* world
        home.write("all.yaml", policyOf(twenty, "proj_a"))
        const args = [...commands[command], "--resume", file]
        // Fourteen are answered at the most, however late the signal comes.
        const unanswered = {
          fault: Faults.latency({ before: "1 hour" }),
          operation: "list",
          nth: 15,
          times: 6
        } as const
        yield* fake.setFaults(Faults.scripted([unanswered]))
        const first = yield* start(args)
        yield* fake.awaitRequests(14)
        yield* first.signal(signal)
        const cut = yield* first.outcome
        const again = `go on from there with: checkpoint-permissions ${args.join(" ")}\n`
        if (signal !== "SIGKILL") assert.include(cut.stderr, again)
        assert.strictEqual(home.mode(file), 0o600)
        yield* fake.setFaults(Faults.none)
        const { length } = home.read(file).split("\n").slice(0, -1)
        assert.isAtLeast(length, 14 - 8)
        yield* fake.clearRequests
        const rest = yield* exits(0, cli(args))
        assert.match(rest.stderr, goesOn(command, length, 20))
        assert.strictEqual((yield* fake.requests).length, 20 - length)
        assert.strictEqual(linesIn(home).length, 20)
        if (command === "audit") {
          const times = JSON.parse(rest.stdout).rows.map(({ readFrom }: { readFrom: string }) => Date.parse(readFrom))
          const saved = linesIn(home).map((line) => Date.parse(JSON.parse(line).row.readFrom))
          assert.deepStrictEqual(times.sort(), saved.sort())
        }
        // A run reads anew unless it is told otherwise.
        yield* fake.clearRequests
        const anew = yield* cli(commands[command])
        assert.notInclude(anew.stderr, "goes on")
        assert.strictEqual((yield* fake.requests).length, 20)
      }
    )
  }

  test("without a file leaves nothing behind: a grant made meanwhile is in the next report", server, function* () {
    const { fake, home, cli } = yield* world
    yield* fake.inject(unanswered, { checkpoint: old, times: 1 })
    yield* exits(4, cli(["audit", weather, old]))
    yield* fake.seed({ [weather]: ["proj_meanwhile"] })
    const { code, stderr, stdout } = yield* cli(["audit", weather, old, "--json"])
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.include(stdout, "proj_meanwhile")
    assert.deepStrictEqual(home.files(), ["policy.yaml"])
    const stopped = yield* cli(["audit", weather, "--max-duration", "1ms"])
    assert.match(stopped.stderr, /; nothing is kept: with --resume <file> the next run can be gone on with\n/)
  })

  test("by a failure of the server: what was read is not read again", server, function* () {
    const { fake, home, cli } = yield* world
    yield* fake.inject(unanswered, { checkpoint: old, times: 1 })
    yield* exits(4, cli(["audit", weather, old, "--resume", file]))
    assert.strictEqual(linesIn(home).length, 1)
    yield* fake.clearRequests
    const rest = yield* cli(["plan", "--file", "policy.yaml", "--resume", file])
    assert.match(rest.stderr, goesOn("plan", 1, 2))
    assert.match(rest.stdout, /^With 1 of 2 checkpoints from rows\.jsonl, the oldest read at .*Z: what has changed/m)
    assert.deepStrictEqual(
      (yield* fake.requests).map(({ checkpoint }) => checkpoint),
      [old]
    )
  })
})

/** A file that an audit of two checkpoints made, and what comes of a command line with it. */
const made = Effect.gen(function* () {
  const { cli, fake, home } = yield* world
  const args = ["audit", weather, old, "--resume", file]
  yield* exits(0, cli(args))
  yield* fake.clearRequests
  const run = (more: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) => cli([...args, ...more], env)
  const refused = Effect.fnUntraced(function* (more: ReadonlyArray<string>, message: RegExp) {
    const before = home.read(file)
    const { code, stderr, stdout } = yield* cli(more)
    assert.deepStrictEqual([code, stdout], [2, ""], stderr)
    assert.match(stderr, /^checkpoint-permissions: [^\n]*\n$/)
    assert.match(stderr, message)
    assert.strictEqual(home.read(file), before)
    assert.deepStrictEqual(yield* fake.requests, [])
  })
  return { args, cli, fake, home, refused, run }
})

describe.concurrent("a file of rows", () => {
  test("is gone on from as long as its rows are young enough, 12 hours by default", server, function* () {
    const { fake, home, run } = yield* made
    const count = Effect.tap(
      Effect.map(fake.requests, ({ length }) => length),
      fake.clearRequests
    )
    /** Moves the first row into the past. */
    const age = (hours: number) => {
      const [first = "", second = ""] = linesIn(home)
      const time = new Date(Date.now() - hours * 3_600_000).toISOString()
      const older = first.replace(/"readFrom":"[^"]*"/, `"readFrom":"${time}"`)
      home.write(file, `${older}\n${second}\n`)
    }
    yield* run([])
    assert.strictEqual(yield* count, 0)
    age(11.9)
    yield* run([])
    assert.strictEqual(yield* count, 0)
    age(12.1)
    const again = yield* run([])
    assert.match(again.stderr, /goes on with 1 of 2 .*; 1 row older than 12h \(--max-age\), read again\n$/)
    assert.strictEqual(yield* count, 1)
    yield* run([])
    assert.strictEqual(yield* count, 0)
    const all = yield* run(["--max-age", "0"])
    assert.include(all.stderr, "goes on with 0 of 2 checkpoints from rows.jsonl; 2 rows older than 0 s (--max-age)")
    assert.strictEqual(yield* count, 2)
    age(-1)
    yield* run([])
    assert.strictEqual(yield* count, 1)
  })

  test("whose last line was cut loses that line only, and has whole lines again", server, function* () {
    const { fake, home, run } = yield* made
    home.write(file, home.read(file).slice(0, -20))
    const { stderr } = yield* exits(0, run([]))
    assert.match(stderr, goesOn("audit", 1, 2))
    assert.strictEqual((yield* fake.requests).length, 1)
    assert.strictEqual(linesIn(home).length, 2)
  })

  test("that is none, or of something else, is refused before a request, and stays as it is", server, function* () {
    const { args, home, refused } = yield* made
    const rows = home.read(file)
    yield* refused(["audit", "ft:other", "--resume", file], /rows\.jsonl: its rows are of other checkpoints: pass /)
    yield* refused([...args, "--openai-organization", "org-b"], /rows\.jsonl, line 1 is of .*, no named organization/)
    yield* refused([...args, "--project", "proj_a"], /line 1 is of .*, all projects, and .* project proj_a alone/)
    yield* refused(
      [...args, "--fake"],
      /line 1 is of http:\/\/127\.0\.0\.1.*, and this run is of https:\/\/fake\.invalid/
    )
    home.write(file, rows.replace(`"${old}"`, "nonsense"))
    yield* refused(args, /rows\.jsonl, line \d is no row \(.*\): take it out, or pass another file/)
    for (const text of ["ft:a", "ft:a\n", "", "[]\n"].filter((text) => text !== "")) {
      home.write(file, text)
      yield* refused(args, /rows\.jsonl, line 1 is no row/)
    }
    home.write(file, home.read("policy.yaml"))
    yield* refused(args, /rows\.jsonl is a policy: pass it as --file/)
    home.write(file, rows)
    yield* refused(
      ["audit", "--from", file],
      /rows\.jsonl is a file of rows, as --resume .* writes it: pass it as --resume/
    )
  })

  test("never counts for a verdict, and goes with nothing that reads otherwise", server, function* () {
    const { args, refused, run } = yield* made
    const plan = ["plan", "--file", "policy.yaml"]
    yield* refused(
      [...plan, "--resume", file, "--exit-code"],
      /--exit-code rests on what this run reads, and --resume on what was read before: leave out --resume, or/
    )
    yield* refused([...plan, "--max-age", "1h"], /--max-age is of the rows of --resume: pass --resume too/)
    yield* refused([...args, "--previous", "audit.json"], /--resume does not go with --previous/)
    yield* refused(["audit", weather, "--resume", "new", "--out", "new"], /--out and --resume are one file/)
    yield* refused([...args, "--max-age", "soon"], /--max-age: not a time/)
    yield* exits(2, run(["--resume", "nowhere/rows.jsonl"]))
  })

  test("that two runs add to at once is whole, and so is what each of them says", slow, function* () {
    const { cli, fake, home } = yield* world
    home.write("all.yaml", policyOf(twenty, "proj_a"))
    const args = [...commands.audit, "--resume", file]
    const [one, two] = yield* Effect.all([cli(args), cli(args)], { concurrency: 2 })
    for (const { code, stdout } of [one, two]) {
      assert.strictEqual(code, 0)
      assert.strictEqual(JSON.parse(stdout).rows.filter((row: { complete: boolean }) => row.complete).length, 20)
    }
    assert.isAtLeast(linesIn(home).length, 20)
    yield* fake.clearRequests
    assert.match((yield* cli(args)).stderr, goesOn("audit", 20, 20))
    assert.deepStrictEqual(yield* fake.requests, [])
  })
})

/** A reading in this process, on a fake and the file system that is given. */
const reading = (command: "audit" | "plan", path: string, said: Array<string> = []) =>
  Effect.gen(function* () {
    const { server } = yield* CheckpointPermissions.CheckpointPermissions
    const checkpoints = twenty.map((id) => CheckpointId.make(id))
    const options = { resume: Option.some(path), maxAge: Option.none(), out: Option.none() }
    const resumed = yield* resume(command, options, server, checkpoints)
    if (command === "plan") {
      const policy = yield* AccessPolicy.parse(policyOf(twenty, "proj_a"))
      return (yield* planOf(policy, resumed)).counts.unread
    }
    const matrix = yield* matrixOf("audit", { checkpoints, names: {}, owners: {} }, {}, resumed)
    return AccessMatrix.counts(matrix).incomplete
  }).pipe(
    Effect.scoped,
    Effect.provide(Access.layer),
    Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
    Effect.provide(silentScreen(said))
  )

describe("a full disk", () => {
  it.scoped.each(["audit", "plan"] as const)(
    "is said before a request of %s, and ends it where it meets one",
    (command) =>
      Effect.gen(function* () {
        const home = yield* folder
        const path = `${home.path}/${file}`
        const fake = yield* FakePermissions.FakePermissions
        const full = yield* Effect.flip(reading(command, path).pipe(Effect.provide(filling(() => true))))
        assert.match(full.message, /^file of rows ".*rows\.jsonl": its disk is full \(ENOSPC\): make room$/)
        assert.deepStrictEqual(yield* fake.requests, [])
        let writes = 0
        // It has room again at once: nothing may follow the line that was cut.
        const once = filling((path) => path.endsWith(file) && ++writes === 4)
        const met = yield* Effect.flip(reading(command, path).pipe(Effect.provide(once)))
        assert.match(
          met.message,
          /: file of rows .*: its disk is full \(ENOSPC\): make room; once it can be written, go on/
        )
        assert.isAtMost((yield* fake.requests).length, 3 + 8)
        const left = home.read(file).split("\n")
        assert.deepStrictEqual([left.length, left.at(-1) === ""], [3 + 1, false])
        yield* fake.clearRequests
        const said: Array<string> = []
        assert.strictEqual(yield* reading(command, path, said).pipe(Effect.provide(NodeContext.layer)), 0)
        assert.include(said.join(""), "goes on with 3 of 20")
        assert.strictEqual((yield* fake.requests).length, 17)
        assert.strictEqual(linesIn(home).length, 20)
      }).pipe(Effect.provide(FakePermissions.layer({})))
  )
})
