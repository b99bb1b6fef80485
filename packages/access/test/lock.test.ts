import * as fs from "node:fs"
import { dirname } from "node:path"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Either, Exit, Fiber, Logger, Option, Scope, TestClock } from "effect"
import { Lock } from "../src/index.ts"
import { lockWorld, server, subject, test } from "./support/lockWorld.ts"
import { checkpoint } from "./support/world.ts"

const isRoot = process.getuid?.() === 0

/** Whether the lock of the checkpoint is free for somebody else. */
const isFree = (locks: Lock.Locks) => Effect.isSuccess(Effect.scoped(locks.checkpoint(subject, { timeout: 0 })))

describe("a lock", () => {
  test("keeps everybody else away until it is released", function* () {
    const { locks, make } = yield* lockWorld()
    const other = yield* make()
    yield* Effect.gen(function* () {
      yield* locks.checkpoint(subject)
      assert.isFalse(yield* isFree(other))
      // Fibers of one process exclude each other too.
      assert.isFalse(yield* isFree(locks))
    }).pipe(Effect.scoped)
    assert.isTrue(yield* isFree(other))
  })

  test("says whether somebody else held it first", function* () {
    const { locks, make } = yield* lockWorld()
    const other = yield* make()
    const scope = yield* Scope.make()
    assert.isFalse((yield* Scope.extend(other.checkpoint(subject), scope)).wasHeld)
    const waiting = yield* Effect.fork(Effect.scoped(locks.checkpoint(subject)))
    // One sleeps until the next renewal, the other until its next attempt.
    while (Chunk.size(yield* TestClock.sleeps()) < 2) yield* Effect.yieldNow()
    yield* Scope.close(scope, Exit.void)
    yield* TestClock.adjust("2 seconds")
    assert.isTrue((yield* Fiber.join(waiting)).wasHeld)
    assert.isFalse((yield* Effect.scoped(locks.checkpoint(subject))).wasHeld)
  })

  test("is a file that only its owner may read, in a folder of which that is true too", function* () {
    const { files, folder, lockFile, locks } = yield* lockWorld()
    yield* Effect.gen(function* () {
      yield* locks.checkpoint(subject)
      assert.strictEqual(fs.statSync(lockFile()).mode & 0o777, 0o600)
      assert.strictEqual(fs.statSync(folder).mode & 0o777, 0o700)
      assert.strictEqual(fs.statSync(dirname(folder)).mode & 0o777, 0o700)
      assert.lengthOf(files(), 1)
      // Its name tells neither server nor checkpoint.
      assert.match(files()[0] ?? "", /^checkpoint-[0-9a-f]{32}\.lock$/)
      const { checkpoint, holder, server } = JSON.parse(fs.readFileSync(lockFile(), "utf8"))
      assert.strictEqual(checkpoint, subject)
      assert.strictEqual(server, "https://api.openai.com")
      assert.strictEqual(holder.command, "apply --file policy.yaml")
    }).pipe(Effect.scoped)
    assert.isEmpty(files())
  })

  test("says who holds it, on one line", function* () {
    const { lockFile, locks, make } = yield* lockWorld()
    const other = yield* make({ command: "revoke", process: { pid: 4711, host: "laptop\n" } })
    yield* other.checkpoint(subject)
    const error = yield* Effect.flip(locks.checkpoint(subject, { timeout: 0 }))
    assert.strictEqual(error._tag, "Locked")
    assert.strictEqual(error.lock, "checkpoint")
    assert.strictEqual(error.checkpoint, subject)
    assert.strictEqual(error.path, lockFile())
    assert.strictEqual(error.holder?.pid, 4711)
    assert.strictEqual(error.holder?.command, "revoke")
    assert.strictEqual(
      error.message,
      // It.effect has the time stand still at the beginning of Unix time.
      `the checkpoint ${subject} is locked by process 4711 on laptop (revoke), since 1970-01-01 00:00:00 UTC: wait until that ends, or allow a longer wait (lock file: ${lockFile()})`
    )
  })

  test("names this process by itself where there is a /proc", function* () {
    if (process.platform !== "linux") return
    const { locks } = yield* lockWorld()
    yield* locks.run()
    const { holder, message } = yield* Effect.flip(locks.run())
    assert.strictEqual(holder?.pid, process.pid)
    assert.strictEqual(holder?.host, fs.readFileSync("/proc/sys/kernel/hostname", "utf8").trim())
    assert.match(message, /^apply is locked by process /)
  })

  test("is one for each checkpoint and server, and one for each server and organization", function* () {
    const { locks, make } = yield* lockWorld()
    yield* locks.checkpoint(subject)
    yield* locks.run()
    const take = (of: Lock.Locks, which: "run" | "checkpoint") =>
      Effect.isSuccess(Effect.scoped(which === "run" ? of.run() : of.checkpoint(subject, { timeout: 0 })))
    const sameServer = yield* make({ server: { apiUrl: "https://API.openai.com/v2/" } })
    assert.isFalse(yield* take(sameServer, "checkpoint"))
    assert.isFalse(yield* take(sameServer, "run"))
    const organization = yield* make({ server: { apiUrl: "https://api.openai.com/v1", organization: "org-b" } })
    assert.isFalse(yield* take(organization, "checkpoint"))
    assert.isTrue(yield* take(organization, "run"))
    const elsewhere = yield* make({ server: { apiUrl: "https://eu.api.openai.com/v1" } })
    assert.isTrue(yield* take(elsewhere, "checkpoint"))
    assert.isTrue(yield* take(elsewhere, "run"))
    assert.isTrue(yield* Effect.isSuccess(locks.checkpoint(checkpoint("ft:another"), { timeout: 0 })))
  })

  test("does not touch the file of somebody else when it is released", function* () {
    const { files, lockFile, locks } = yield* lockWorld()
    const scope = yield* Scope.make()
    yield* Scope.extend(locks.checkpoint(subject), scope)
    const file = lockFile()
    const others = fs.readFileSync(file, "utf8").replace(/"token": "[0-9a-f]{4}/, '"token": "ffff')
    fs.rmSync(file)
    fs.writeFileSync(file, others)
    yield* Scope.close(scope, Exit.void)
    assert.strictEqual(fs.readFileSync(file, "utf8"), others)
    assert.lengthOf(files(), 1)
  })
})

describe("withCheckpoint", () => {
  test("holds the lock while an effect runs, whichever way that ends", function* () {
    const { files, locks, make } = yield* lockWorld()
    const other = yield* make()
    const held = Lock.withCheckpoint(locks, subject)
    assert.isFalse(yield* held(isFree(other)))
    assert.isTrue(yield* isFree(other))
    assert.strictEqual(yield* Effect.flip(held(Effect.fail("wrong"))), "wrong")
    assert.isTrue(yield* isFree(other))
    const begun = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(held(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)))
    yield* Deferred.await(begun)
    assert.isFalse(yield* isFree(other))
    yield* Fiber.interrupt(fiber)
    assert.isEmpty(files())
  })

  test("leaves the scope of the effect alone", function* () {
    const { locks, make } = yield* lockWorld()
    const other = yield* make()
    let open = false
    yield* Effect.gen(function* () {
      yield* Lock.withCheckpoint(
        locks,
        subject
      )(
        Effect.acquireRelease(
          Effect.sync(() => {
            open = true
          }),
          () =>
            Effect.sync(() => {
              open = false
            })
        )
      )
      assert.isTrue(open)
      assert.isTrue(yield* isFree(other))
    }).pipe(Effect.scoped)
    assert.isFalse(open)
  })

  test("does not begin the effect when the lock is another's", function* () {
    const { locks, make } = yield* lockWorld()
    yield* (yield* make()).checkpoint(subject)
    const ended = yield* Effect.either(Lock.withCheckpoint(locks, subject, { timeout: 0 })(Effect.die("it was begun")))
    assert.isTrue(Either.isLeft(ended))
  })
})

it.effect("none meets nobody", () =>
  Effect.gen(function* () {
    yield* Lock.none.run()
    yield* Lock.none.run()
    yield* Lock.none.checkpoint(subject)
    yield* Lock.withCheckpoint(Lock.none, subject)(Lock.none.checkpoint(subject))
  }).pipe(Effect.scoped)
)

describe("where locks cannot be used, a run goes on with one warning", () => {
  /** Takes locks that are refused, and gives the one warning. */
  const refused = (prepare: (folder: string) => void) =>
    Effect.gen(function* () {
      const { folder, locks, warnings } = yield* lockWorld(prepare)
      const { lost } = yield* locks.checkpoint(subject)
      yield* locks.checkpoint(subject, { timeout: 0 })
      yield* locks.run()
      const waiting = yield* Effect.fork(lost)
      yield* Effect.yieldNow()
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      const [warning = "", ...others] = warnings
      assert.isEmpty(others)
      assert.notInclude(warning, "\n")
      return { warning, folder }
    })

  const made = (folder: string) => fs.mkdirSync(folder, { recursive: true, mode: 0o700 })

  const cases: ReadonlyArray<readonly [string, boolean, (folder: string) => void, RegExp]> = [
    [
      "a file in place of a folder above it",
      true,
      (folder) => {
        made(dirname(dirname(folder)))
        fs.writeFileSync(dirname(folder), "")
      },
      /it is not a folder/
    ],
    [
      "a symbolic link in place of the folder",
      true,
      (folder) => {
        made(`${folder}-elsewhere`)
        fs.symlinkSync(`${folder}-elsewhere`, folder)
      },
      /it is a symbolic link/
    ],
    [
      "a folder that others can write to",
      true,
      (folder) => {
        made(folder)
        fs.chmodSync(folder, 0o770)
      },
      /others can write to it: chmod go-w/
    ],
    [
      "a folder that belongs to another user",
      isRoot,
      (folder) => {
        made(folder)
        fs.chownSync(folder, 65_534, 65_534)
      },
      /it belongs to another user/
    ],
    [
      "a folder that its owner may not write to",
      !isRoot,
      (folder) => {
        made(folder)
        fs.chmodSync(folder, 0o500)
      },
      /it may not be written/
    ]
  ]

  for (const [what, possible, prepare, reason] of cases) {
    it.skipIf(!possible)(`${what}${possible ? "" : ", which this user cannot make"}`, () =>
      Effect.gen(function* () {
        const { folder, warning } = yield* refused(prepare)
        assert.match(warning, reason)
        assert.include(warning, folder)
        // Nothing was written through the link, nor into the folder.
        const elsewhere = fs.existsSync(`${folder}-elsewhere`) ? fs.readdirSync(`${folder}-elsewhere`) : []
        assert.isEmpty(elsewhere)
      }).pipe(Effect.scoped, Effect.provide(NodeContext.layer), Effect.runPromise)
    )
  }

  const inPlaceOfTheFile: ReadonlyArray<readonly [string, boolean, (file: string) => void, RegExp]> = [
    ["a symbolic link", true, (file) => fs.symlinkSync(`${file}-elsewhere`, file), /it is a symbolic link/],
    [
      "a symbolic link to a lock",
      true,
      (file) => {
        fs.renameSync(`${file}-was`, `${file}-elsewhere`)
        fs.symlinkSync(`${file}-elsewhere`, file)
      },
      /it is a symbolic link/
    ],
    ["a folder", true, (file) => fs.mkdirSync(file), /it is not a file/],
    [
      "a file of another user",
      isRoot,
      (file) => {
        fs.renameSync(`${file}-was`, file)
        fs.chownSync(file, 65_534, 65_534)
      },
      /it belongs to another user/
    ]
  ]

  for (const [what, possible, put, reason] of inPlaceOfTheFile) {
    it.skipIf(!possible)(`${what} in place of the lock file${possible ? "" : ", which this user cannot make"}`, () =>
      Effect.gen(function* () {
        const { files, lockFile, locks, warnings } = yield* lockWorld()
        yield* locks.checkpoint(subject)
        const file = lockFile()
        fs.renameSync(file, `${file}-was`)
        put(file)
        const before = files()
        yield* locks.checkpoint(subject, { timeout: 0 })
        yield* locks.checkpoint(subject, { timeout: 0 })
        assert.lengthOf(warnings, 1)
        assert.match(warnings[0] ?? "", reason)
        assert.include(warnings[0], file)
        assert.deepStrictEqual(files(), before)
      }).pipe(Effect.scoped, Effect.provide(NodeContext.layer), Effect.runPromise)
    )
  }

  test("is logged where nobody asks for it", function* () {
    const logged: Array<unknown> = []
    const logger = Logger.make(({ logLevel, message }) => void logged.push(`${logLevel.label} ${message}`))
    const locks = yield* Lock.make({ folder: "/dev/null/locks", server, command: "apply" })
    yield* Effect.provide(locks.run(), Logger.replace(Logger.defaultLogger, logger))
    assert.match(String(logged), /^WARN going on without locks/)
  })
})
