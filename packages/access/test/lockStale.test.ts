import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { basename } from "node:path"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Scope, TestClock } from "effect"
import { age, forge, lockWorld, subject, test } from "./support/lockWorld.ts"

const hasProc = fs.existsSync("/proc/self/ns/pid")

/** Looks again and again; the test's timeout is the bound. */
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise(setImmediate)
}

/** The process number of one that has ended, which its parent does not notice. */
const zombie = Effect.gen(function* () {
  const parent = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn("sh", ["-c", "sleep 600 & echo $!; exec sleep 600"], { stdio: ["ignore", "pipe", "ignore"] })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  return yield* Effect.promise(async () => {
    const [output] = await once(parent.stdout, "data")
    const pid = Number(String(output))
    await until(() => fs.readFileSync(`/proc/${parent.pid}/comm`, "utf8") === "sleep\n")
    process.kill(pid, "SIGKILL")
    await until(() => fs.readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "))
    return pid
  })
})

/** Takes the lock for good, changes what its file says, and lets somebody else try. */
const attempted = (change: (file: string) => void, seconds = 0) =>
  Effect.gen(function* () {
    const { files, lockFile, locks, make, warnings } = yield* lockWorld()
    yield* locks.checkpoint(subject)
    const file = lockFile()
    change(file)
    age(file, seconds)
    const rival = yield* make()
    const taken = yield* Effect.either(rival.checkpoint(subject, { timeout: 0 }))
    assert.isEmpty(warnings)
    assert.deepStrictEqual(files(), [basename(file)])
    return taken
  })

const instance = (change: Record<string, unknown>) => (file: string) =>
  forge(file, (entry) => ({ ...entry, instance: { ...(entry["instance"] as object), ...change } }))

const withoutInstance = (file: string) => forge(file, (entry) => ({ ...entry, instance: undefined }))

describe.runIf(hasProc)("a holder of the same boot and namespace", () => {
  test("that runs keeps its lock, however old the file is", function* () {
    const taken = yield* attempted(() => {}, 86_400)
    assert.isTrue(Either.isLeft(taken))
  })

  const ended: ReadonlyArray<readonly [string, Record<string, unknown>]> = [
    ["that has ended", { pid: 4_194_305 }],
    ["whose process number was reused", { start: "1" }]
  ]
  for (const [what, change] of ended) {
    test(`${what} is taken over at once`, function* () {
      const taken = yield* attempted(instance(change))
      // What it did is not known.
      assert.isTrue(Either.isRight(taken) && taken.right.wasHeld)
    })
  }

  test("that has ended unnoticed by its parent is taken over at once", function* () {
    const pid = yield* zombie
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
    const taken = yield* attempted(instance({ pid, start }))
    assert.isTrue(Either.isRight(taken))
  })
})

describe("a holder with the coordinator of who asks", () => {
  /** Whether a process that runs is taken over when its file is so many seconds old. */
  const taken = (holder: string | undefined, rival: string | undefined, seconds: number) =>
    Effect.gen(function* () {
      const { lockFile, make } = yield* lockWorld()
      const mine = yield* make({ coordinator: holder })
      yield* mine.checkpoint(subject)
      age(lockFile(), seconds)
      const other = yield* make({ coordinator: rival })
      return Either.isRight(yield* Effect.either(other.checkpoint(subject, { timeout: 0 })))
    }).pipe(Effect.scoped)

  it.effect("is taken over when its file is 20 seconds old, whether its process is there or not", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* taken("store-a", "store-a", 15))
      assert.isTrue(yield* taken("store-a", "store-a", 21))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("is one with the same name only", () =>
    Effect.gen(function* () {
      const others = [
        ["store-a", "store-b"],
        ["store-a", undefined],
        [undefined, "store-a"],
        [undefined, undefined]
      ] as const
      // Where there is no `/proc` a minute counts, whoever it is.
      for (const [holder, rival] of others) assert.isFalse(yield* taken(holder, rival, hasProc ? 86_400 : 55))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("any other holder is taken over when its file is a minute old", () => {
  const others: ReadonlyArray<readonly [string, (file: string) => void]> = [
    ["one of another boot", instance({ boot: "another", pid: 4_194_305 })],
    ["one of another process namespace", instance({ namespace: "pid:[1]", pid: 4_194_305 })],
    ["one that does not know its process", withoutInstance],
    ["an empty file", (file) => fs.writeFileSync(file, "")],
    ["a torn file", (file) => fs.truncateSync(file, 100)],
    ["a file of another program", (file) => forge(file, (entry) => ({ ...entry, version: 2 }))],
    ["a file whose token would lead elsewhere", (file) => forge(file, (entry) => ({ ...entry, token: "/../../x" }))]
  ]
  for (const [what, change] of others) {
    it.effect(what, () =>
      Effect.gen(function* () {
        assert.isTrue(Either.isLeft(yield* attempted(change)))
        assert.isTrue(Either.isLeft(yield* attempted(change, 55)))
        // A clock that was set back since: it is from the future.
        assert.isTrue(Either.isLeft(yield* attempted(change, -3600)))
        assert.isTrue(Either.isRight(yield* attempted(change, 61)))
      }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
    )
  }

  test("and a file that names nobody is told of so", function* () {
    const taken = yield* attempted((file) => fs.writeFileSync(file, ""))
    assert.isTrue(Either.isLeft(taken))
    if (Either.isLeft(taken)) {
      assert.isUndefined(taken.left.holder)
      assert.include(taken.left.message, "is locked by somebody whom the lock file does not name: wait")
    }
  })
})

describe("who was taken over", () => {
  /** A holder that did not renew its file for a minute, and who has the lock now. */
  const takenOver = Effect.gen(function* () {
    const { files, lockFile, locks, make } = yield* lockWorld()
    const before = yield* Scope.make()
    const held = yield* Scope.extend(locks.checkpoint(subject), before)
    withoutInstance(lockFile())
    age(lockFile(), 61)
    const rival = yield* make({ command: "the rival" })
    yield* rival.checkpoint(subject, { timeout: 0 })
    return { before, held, files, lockFile, rival }
  })

  test("finds that out at its next renewal, and does not overwrite the other's file", function* () {
    const { held, lockFile } = yield* takenOver
    const its = fs.readFileSync(lockFile(), "utf8")
    yield* TestClock.adjust("10 seconds")
    yield* held.lost
    assert.strictEqual(fs.readFileSync(lockFile(), "utf8"), its)
    assert.include(its, "the rival")
  })

  test("does not renew the other's file", function* () {
    const { lockFile, locks } = yield* lockWorld()
    const held = yield* locks.checkpoint(subject)
    forge(lockFile(), (entry) => ({ ...entry, token: "f".repeat(32) }))
    age(lockFile(), 3600)
    const { mtimeMs } = fs.statSync(lockFile())
    yield* TestClock.adjust("10 seconds")
    yield* held.lost
    assert.strictEqual(fs.statSync(lockFile()).mtimeMs, mtimeMs)
  })

  test("does not remove the other's file", function* () {
    const { before, files, lockFile, rival } = yield* takenOver
    const its = fs.readFileSync(lockFile(), "utf8")
    yield* Scope.close(before, Exit.void)
    assert.strictEqual(fs.readFileSync(lockFile(), "utf8"), its)
    assert.lengthOf(files(), 1)
    assert.isTrue(yield* Effect.isFailure(rival.checkpoint(subject, { timeout: 0 })))
  })

  test("or whose file is gone has lost its lock too", function* () {
    const { lockFile, locks } = yield* lockWorld()
    const held = yield* locks.checkpoint(subject)
    fs.rmSync(lockFile())
    yield* TestClock.adjust("10 seconds")
    yield* held.lost
  })
})

test("a holder renews its file again and again, without changing a byte", function* () {
  const { lockFile, locks } = yield* lockWorld()
  yield* locks.checkpoint(subject)
  const before = fs.readFileSync(lockFile(), "utf8")
  const { ino } = fs.statSync(lockFile())
  for (let n = 0; n < 3; n += 1) {
    age(lockFile(), 50)
    // A renewal that is not done with the file yet is not asleep: the clock is moved until the next one is due.
    const later = Effect.zipRight(
      TestClock.adjust("10 seconds"),
      Effect.promise(() => new Promise(setImmediate))
    )
    yield* Effect.repeat(later, { until: () => Date.now() - fs.statSync(lockFile()).mtimeMs < 40_000 })
  }
  assert.strictEqual(fs.readFileSync(lockFile(), "utf8"), before)
  assert.strictEqual(fs.statSync(lockFile()).ino, ino)
})
