import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync
} from "node:fs"
import { join } from "node:path"
import type { AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Duration, Effect, Exit, Fiber, Redacted, Scope, TestClock } from "effect"
import type { SavedRows } from "../src/internal/state/savedRows.ts"
import { type ForgetOptions, forget } from "../src/internal/state/savedRows.ts"
import { checkpoints, failure, faulty, filling, Machine, Process, rowNow, scope } from "./support/state.ts"
import { folder as temporaryFolder } from "./support/world.ts"

const ten = checkpoints(10)
const first = CheckpointId.make("ft:c0")
const second = CheckpointId.make("ft:c1")
const third = CheckpointId.make("ft:c2")

const names = (rows: ReadonlyArray<AccessMatrix.Row>) => rows.map(({ checkpoint }) => checkpoint).sort()

const minutes = (count: number) => TestClock.adjust(Duration.minutes(count))

/** The state folder, and processes on its machine. */
const world = Effect.gen(function* () {
  yield* TestClock.setTime(Date.UTC(2026, 0, 1))
  const folder = (yield* temporaryFolder).path
  const machine = new Machine()
  return { folder, process: () => new Process(machine) }
})

/** Opens and never closes: what ends it is the end of its process. */
const opened = (process: Process, folder: string, more: Parameters<Process["open"]>[1] = {}) =>
  Effect.flatMap(Scope.make(), (left) => Scope.extend(process.open(folder, more), left))

const save = (rows: SavedRows, ...which: ReadonlyArray<CheckpointId>) =>
  Effect.forEach(which, (checkpoint) => Effect.flatMap(rowNow(checkpoint), rows.save))

/** A run that saves some rows and is killed. */
const killed = (
  process: Process,
  folder: string,
  which: ReadonlyArray<CheckpointId>,
  more: Parameters<Process["open"]>[1] = {}
) =>
  Effect.gen(function* () {
    const rows = yield* opened(process, folder, more)
    yield* save(rows, ...which)
    process.alive = false
  })

/** What a run would go on with; it ends before it has read anything. */
const seen = (process: Process, folder: string, more: Parameters<Process["open"]>[1] = {}) =>
  Effect.scoped(Effect.map(process.open(folder, more), ({ rows }) => names(rows)))

const files = (folder: string, what = ""): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.includes(what))
    .map((entry) => join(entry.parentPath, entry.name))

const forgotten = (folder: string, checkpoint: CheckpointId, more: Partial<ForgetOptions> = {}) =>
  forget({ folder, apiUrl: scope.apiUrl, checkpoint, warn: (message) => Effect.dieMessage(message), ...more })

const onNode = Effect.provide(NodeContext.layer)

describe("saved rows", () => {
  it.scoped("of a run that was killed or interrupted are gone on with, as often as it is cut short", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const row = yield* rowNow(first)
      const one = process()
      const run = yield* opened(one, folder)
      assert.deepStrictEqual(run.rows, [])
      yield* run.save(row)
      one.alive = false
      yield* minutes(5)
      // Interrupted: its scope is closed.
      yield* Effect.scoped(
        Effect.gen(function* () {
          const again = yield* process().open(folder)
          assert.deepStrictEqual(again.rows, [row])
          yield* save(again, second)
        })
      )
      yield* minutes(9)
      assert.deepStrictEqual(yield* seen(process(), folder), [first, second])
      assert.strictEqual(files(folder, ".jsonl").length, 1)
    }).pipe(onNode)
  )

  it.scoped("are their owner's alone", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first])
      for (const file of files(folder)) assert.strictEqual(statSync(file).mode & 0o777, 0o600, file)
      assert.strictEqual(statSync(join(folder, "rows")).mode & 0o777, 0o700)
      const text = files(folder).map((file) => file + readFileSync(file, "utf8"))
      assert.isFalse(text.some((one) => one.includes("sk-admin")))
    }).pipe(onNode)
  )

  it.scoped("are removed when everything was read", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first])
      const run = yield* process().open(folder)
      yield* save(run, second)
      yield* run.finish
      assert.deepStrictEqual(yield* seen(process(), folder), [])
      assert.deepStrictEqual(files(folder, ".jsonl"), [])
    }).pipe(onNode)
  )

  it.scoped("are there for the checkpoints that are asked for; those of others stay", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first, second])
      const run = yield* opened(process(), folder, { checkpoints: [second, third] })
      assert.deepStrictEqual(names(run.rows), [second])
      yield* save(run, third)
      yield* run.finish
      assert.deepStrictEqual(yield* seen(process(), folder, { checkpoints: [third] }), [])
    }).pipe(onNode)
  )

  it.scoped("of checkpoints that this run was not about are not removed with its own", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first, second])
      yield* Effect.scoped(Effect.flatMap(process().open(folder, { checkpoints: [second] }), ({ finish }) => finish))
      assert.deepStrictEqual(yield* seen(process(), folder), [first])
    }).pipe(onNode)
  )

  it.scoped("are all used if the last one is younger than the limit, and none otherwise", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const one = process()
      const run = yield* opened(one, folder)
      yield* save(run, first)
      yield* minutes(60)
      yield* save(run, second)
      one.alive = false
      yield* TestClock.adjust(Duration.millis(599_999))
      assert.deepStrictEqual(yield* seen(process(), folder), [first, second])
      yield* TestClock.adjust(Duration.millis(1))
      assert.deepStrictEqual(yield* seen(process(), folder), [])
      assert.deepStrictEqual(yield* seen(process(), folder, { maxAge: Duration.minutes(11) }), [first, second])
    }).pipe(onNode)
  )

  it.scoped("that are not complete are read again", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const one = process()
      const run = yield* opened(one, folder)
      const { checkpoint, permissions, readAt } = yield* rowNow(first)
      yield* run.save({ checkpoint, permissions, readAt, complete: false, reason: "not read to the end" })
      one.alive = false
      assert.deepStrictEqual(yield* seen(process(), folder), [])
    }).pipe(onNode)
  )

  it.scoped("belong to the server, both headers, the filter, the key and the command", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first])
      const others = [
        { command: "plan" as const },
        { apiUrl: "https://api.openai.com/v2" },
        { apiUrl: "https://eu.api.openai.com/v1" },
        { organization: "org-a" },
        { project: "org-a" },
        { filter: "org-a" },
        { key: Redacted.make("sk-admin-b") }
      ]
      for (const other of others) {
        assert.deepStrictEqual(
          yield* seen(process(), folder, { scope: { ...scope, ...other } }),
          [],
          JSON.stringify(other)
        )
      }
      // Each of them is another one than each other.
      for (const [index, other] of others.entries()) {
        yield* killed(process(), folder, ten.slice(0, index + 1), { scope: { ...scope, ...other } })
      }
      for (const [index, other] of others.entries()) {
        const found = yield* seen(process(), folder, { scope: { ...scope, ...other } })
        assert.strictEqual(found.length, index + 1)
      }
      assert.deepStrictEqual(yield* seen(process(), folder), [first])
    }).pipe(onNode)
  )

  it.scoped("belong to the folder: copied elsewhere they are nobody's", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const other = (yield* temporaryFolder).path
      yield* killed(process(), folder, [first])
      yield* seen(process(), other)
      const salts = [folder, other].map((one) => readFileSync(join(one, "salt"), "utf8"))
      assert.notStrictEqual(salts[0], salts[1])
      assert.deepStrictEqual(yield* seen(process(), other), [])
    }).pipe(onNode)
  )
})

describe("two of the same command at once", () => {
  it.scoped("are two runs, and the one that was cut short is gone on with", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const one = process()
      const other = process()
      const run = yield* opened(one, folder)
      yield* save(run, first)
      const rival = yield* opened(other, folder)
      assert.deepStrictEqual(rival.rows, [])
      yield* save(rival, second, third)
      yield* save(run, third)
      one.alive = false
      const next = yield* opened(process(), folder)
      assert.deepStrictEqual(names(next.rows), [first, third])
      // Nobody gets what somebody has: a third one begins anew.
      assert.deepStrictEqual(yield* seen(process(), folder), [])
      yield* next.finish
      other.alive = false
      assert.deepStrictEqual(yield* seen(process(), folder), [second, third])
    }).pipe(onNode)
  )

  it.scoped("when both were cut short, the one that read more is gone on with, else the later", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const [one, other, last] = [process(), process(), process()]
      const runs = yield* Effect.all([opened(one, folder), opened(other, folder), opened(last, folder)])
      yield* save(runs[0], first, second)
      yield* minutes(1)
      yield* save(runs[1], second, third)
      yield* minutes(1)
      yield* save(runs[2], third)
      for (const process of [one, other, last]) process.alive = false
      assert.deepStrictEqual(yield* seen(process(), folder), [second, third])
    }).pipe(onNode)
  )

  it.scoped("and begun at the same instant: one of them goes on, and both find one salt", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const many = yield* Effect.all(
        Array.from({ length: 8 }, () => {
          const one = process()
          return Effect.tap(opened(one, folder), (run) => save(run, first))
        }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(many.length, 8)
      const runs = files(folder, ".jsonl").map((file) => file.replace(/\.[0-9a-z]+\.jsonl$/, ""))
      assert.strictEqual(runs.length, 8)
      assert.strictEqual(new Set(runs).size, 1)
      assert.deepStrictEqual(files(folder, ".tmp"), [])
    }).pipe(onNode)
  )

  it.scoped("at a run that was cut short: one of them gets it", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first])
      const all = yield* Effect.all(
        Array.from({ length: 8 }, () => opened(process(), folder)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(all.filter(({ rows }) => rows.length > 0).length, 1)
    }).pipe(onNode)
  )
})

describe("a clock that is set back", () => {
  it.scoped("makes no row young: not while it is of the future, and not later", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const start = yield* DateTime.now
      yield* minutes(60)
      const one = process()
      const run = yield* opened(one, folder)
      yield* save(run, first)
      yield* TestClock.setTime(DateTime.toEpochMillis(start))
      yield* save(run, second)
      one.alive = false
      yield* minutes(1)
      assert.deepStrictEqual(yield* seen(process(), folder), [second])
      yield* minutes(60)
      assert.deepStrictEqual(yield* seen(process(), folder, { maxAge: Duration.hours(2) }), [second])
    }).pipe(onNode)
  )

  it.scoped("makes a run of the future alone one to begin anew", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const start = yield* DateTime.now
      yield* minutes(60)
      yield* killed(process(), folder, [first])
      yield* TestClock.setTime(DateTime.toEpochMillis(start))
      assert.deepStrictEqual(yield* seen(process(), folder), [])
      yield* minutes(61)
      assert.deepStrictEqual(yield* seen(process(), folder), [])
    }).pipe(onNode)
  )
})

describe("a checkpoint that is changed", () => {
  it.scoped("loses its row in every run of the server, whoever made it", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const scopes = [
        scope,
        { ...scope, command: "plan" as const },
        { ...scope, organization: "org-a", project: "proj_a", filter: "proj_b" },
        { ...scope, key: Redacted.make("sk-admin-b") },
        { ...scope, apiUrl: "https://api.openai.com/other/v1" }
      ]
      const elsewhere = { ...scope, apiUrl: "https://api.openai.com:8443/v1" }
      for (const one of [...scopes, elsewhere]) yield* killed(process(), folder, [first, second], { scope: one })
      yield* forgotten(folder, first)
      for (const one of scopes) assert.deepStrictEqual(yield* seen(process(), folder, { scope: one }), [second])
      assert.deepStrictEqual(yield* seen(process(), folder, { scope: elsewhere }), [first, second])
    }).pipe(onNode)
  )

  it.scoped("loses it in a run in progress too, until that reads it again", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const one = process()
      const run = yield* opened(one, folder)
      yield* save(run, first, second)
      yield* forgotten(folder, first)
      yield* forgotten(folder, second)
      yield* Effect.flatMap(rowNow(second, "proj_new"), run.save)
      one.alive = false
      const next = yield* opened(process(), folder)
      assert.deepStrictEqual(names(next.rows), [second])
      assert.strictEqual(next.rows[0]?.permissions[0]?.project_id, "proj_new")
    }).pipe(onNode)
  )

  it.scoped("loses it for good although another run had loaded it before", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first, second])
      const other = process()
      yield* opened(other, folder)
      yield* forgotten(folder, first)
      other.alive = false
      assert.deepStrictEqual(yield* seen(process(), folder), [second])
    }).pipe(onNode)
  )

  it.scoped("makes no file where nothing was saved", () =>
    Effect.gen(function* () {
      const { folder } = yield* world
      yield* forgotten(folder, first)
      yield* forgotten(join(folder, "nowhere"), first)
      assert.deepStrictEqual(files(folder), [])
      assert.isFalse(existsSync(join(folder, "nowhere")))
      appendFileSync(join(folder, "file"), "")
      yield* forgotten(join(folder, "file", "below"), first)
    }).pipe(onNode)
  )

  it.scoped("loses the whole run where the disk is full", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first, second])
      yield* forgotten(folder, first).pipe(Effect.provide(filling(() => true)))
      assert.deepStrictEqual(yield* seen(process(), folder), [])
    }).pipe(onNode)
  )

  it.scoped("is changed with a warning if its rows can neither be marked nor removed", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first])
      const said: Array<string> = []
      const readOnly = faulty(() => ({
        open: () => Effect.fail(failure("EROFS")),
        remove: () => Effect.fail(failure("EROFS"))
      }))
      const warn = (message: string) => Effect.sync(() => said.push(message))
      yield* forgotten(folder, first, { warn }).pipe(Effect.provide(readOnly))
      assert.deepStrictEqual(said, [
        "saved rows cannot be removed (EROFS): an audit that goes on with them shows what was before"
      ])
    }).pipe(onNode)
  )
})

describe("where rows cannot be saved", () => {
  it.scoped("a disk that is full for a while draws one warning, and costs the rows of that while", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      let full = false
      const one = process()
      const run = yield* opened(one, folder).pipe(Effect.provide(filling(() => full)))
      yield* save(run, ...ten.slice(0, 3))
      full = true
      yield* save(run, ...ten.slice(3, 6))
      full = false
      yield* save(run, ...ten.slice(6, 9))
      one.alive = false
      assert.deepStrictEqual(one.warnings, [
        "rows cannot be saved (ENOSPC): if this is cut short, what is not saved is read again"
      ])
      assert.deepStrictEqual(yield* seen(process(), folder), [...ten.slice(0, 3), ...ten.slice(6, 9)])
    }).pipe(onNode)
  )

  it.scoped("a folder that refuses draws one warning, and the run goes on", () =>
    Effect.gen(function* () {
      const { process } = yield* world
      const denied = () => Effect.fail(failure("EACCES", "PermissionDenied"))
      const faults: ReadonlyArray<Partial<FileSystem.FileSystem>> = [
        { makeDirectory: denied },
        { readFileString: denied },
        { writeFileString: denied },
        { readDirectory: denied },
        { open: denied }
      ]
      for (const fault of faults) {
        const one = process()
        const { path } = yield* temporaryFolder
        const run = yield* opened(one, path).pipe(Effect.provide(faulty(() => fault)))
        assert.deepStrictEqual(run.rows, [])
        yield* save(run, first, second)
        yield* run.finish
        assert.strictEqual(one.warnings.length, 1, Object.keys(fault).join())
        assert.match(
          one.warnings.join(),
          /^rows cannot be saved \(.*\): if this is cut short, what is not saved is read again$/
        )
      }
    }).pipe(onNode)
  )

  it.scoped("a link in the place of a folder is not followed", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      const target = (yield* temporaryFolder).path
      symlinkSync(target, join(folder, "rows"))
      const one = process()
      yield* save(yield* opened(one, folder), first)
      assert.match(one.warnings.join(), /^rows cannot be saved \(state folder ".*rows": it is a symbolic link\)/)
      assert.deepStrictEqual(readdirSync(target), [])
    }).pipe(onNode)
  )

  it.scoped("a link in the place of a run is passed by", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first])
      const [run = ""] = files(folder, ".jsonl")
      const target = join((yield* temporaryFolder).path, "target")
      appendFileSync(target, readFileSync(run, "utf8"))
      const before = readFileSync(target, "utf8")
      yield* Effect.scoped(Effect.flatMap(process().open(folder), ({ finish }) => finish))
      symlinkSync(target, run)
      assert.deepStrictEqual(yield* seen(process(), folder), [])
      yield* forgotten(folder, first)
      assert.strictEqual(readFileSync(target, "utf8"), before)
    }).pipe(onNode)
  )

  it.scoped("a damaged salt is replaced", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      appendFileSync(join(folder, "salt"), "short")
      yield* killed(process(), folder, [first])
      assert.deepStrictEqual(yield* seen(process(), folder), [first])
    }).pipe(onNode)
  )
})

describe("what is left behind", () => {
  it.scoped("is removed a day later, also of other servers, unless older rows are asked for", () =>
    Effect.gen(function* () {
      const { folder, process } = yield* world
      yield* killed(process(), folder, [first], { scope: { ...scope, apiUrl: "https://other.example.com/v1" } })
      const [left = ""] = files(folder, ".jsonl")
      const at = yield* DateTime.now
      const claim = join(folder, "rows", "claims", "run.lock")
      mkdirSync(join(folder, "rows", "claims"))
      appendFileSync(claim, "")
      utimesSync(claim, DateTime.toDate(at), DateTime.toDate(at))
      utimesSync(left, DateTime.toDate(at), DateTime.toDate(at))
      yield* TestClock.adjust(Duration.hours(24))
      yield* seen(process(), folder)
      assert.deepStrictEqual(files(folder, ".jsonl"), [left])
      yield* minutes(1)
      yield* seen(process(), folder, { maxAge: Duration.days(2) })
      assert.deepStrictEqual(files(folder, ".jsonl"), [left])
      yield* seen(process(), folder)
      assert.deepStrictEqual(files(folder, ".jsonl"), [])
      assert.isFalse(existsSync(claim))
    }).pipe(onNode)
  )
})

/** Ends a fiber at the n-th call of the file system, before it or after it was carried out. */
const stoppedAt = (n: number, when: "before" | "after") => {
  let calls = 0
  const reached = Deferred.unsafeMake<void>(Fiber.id(Fiber.void))
  const step = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      calls += 1
      if (calls !== n) return self
      const stop = Effect.zipRight(Deferred.succeed(reached, undefined), Effect.yieldNow())
      return when === "before" ? Effect.zipRight(stop, self) : Effect.zipLeft(self, stop)
    })
  const layer = faulty((fs) => ({
    link: (...args) => step(fs.link(...args)),
    makeDirectory: (...args) => step(fs.makeDirectory(...args)),
    open: (...args) => step(fs.open(...args)),
    readDirectory: (...args) => step(fs.readDirectory(...args)),
    readFileString: (...args) => step(fs.readFileString(...args)),
    readLink: (...args) => step(fs.readLink(...args)),
    remove: (...args) => step(fs.remove(...args)),
    stat: (...args) => step(fs.stat(...args)),
    writeFileString: (...args) => step(fs.writeFileString(...args))
  }))
  return { layer, reached, calls: () => calls }
}

describe("an interruption", () => {
  it.scoped("at any call of the file system loses nothing that was saved, and leaves nothing half-done", () =>
    Effect.gen(function* () {
      let more = true
      for (let n = 1; more; n += 1) {
        for (const when of ["before", "after"] as const) {
          const { folder, process } = yield* world
          yield* killed(process(), folder, [first])
          const { calls, layer, reached } = stoppedAt(n, when)
          const other = [{ ...scope, key: Redacted.make("sk-admin-b") }, scope]
          const done: Array<CheckpointId> = [first]
          const run = Effect.forEach(other, (one) =>
            Effect.scoped(
              Effect.gen(function* () {
                const rows = yield* process().open(folder, { scope: one })
                yield* save(rows, second)
                if (one === scope) done.push(second)
                yield* save(rows, third)
                if (one === scope) done.push(third)
              })
            )
          ).pipe(Effect.provide(layer))
          const fiber = yield* Effect.fork(run)
          const stopped = yield* Effect.raceFirst(
            Effect.as(Deferred.await(reached), true),
            Effect.as(Fiber.await(fiber), false)
          )
          const exit = yield* Fiber.interrupt(fiber)
          more = stopped
          if (stopped) assert.isTrue(Exit.isInterrupted(exit) || n === calls())
          const found = yield* seen(process(), folder)
          for (const checkpoint of done) assert.include(found, checkpoint, `${n} ${when}`)
          assert.deepStrictEqual(files(folder, ".tmp"), [])
        }
      }
    }).pipe(onNode)
  )
})
