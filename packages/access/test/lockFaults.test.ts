import { VirtualClock } from "@checkpoint-permissions/testing"
import { FileSystem, Path, Error as PlatformError } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Scope } from "effect"
import type { YieldWrap } from "effect/Utils"
import { Lock } from "../src/index.ts"
import { type Before, intercepted } from "./support/interceptedFiles.ts"
import { server, subject } from "./support/lockWorld.ts"
import { memoryDisk } from "./support/memoryFiles.ts"

const folder = "/state"

/** Locks in memory, of processes that know no `/proc`: they are judged by the age of their files alone. */
const memory = Effect.map(memoryDisk(folder), (disk) => {
  const warnings: Array<string> = []
  const make = (before: Before = () => Effect.void) =>
    Lock.make({
      folder,
      server,
      command: "apply",
      onWarning: (line) => Effect.sync(() => void warnings.push(line))
    }).pipe(Effect.provideService(FileSystem.FileSystem, intercepted(disk.files(), before)), Effect.provide(Path.layer))
  return { disk, warnings, make }
})

type Memory = Effect.Effect.Success<typeof memory>

/** Takes the lock for good, as a process does that was killed then. */
const abandon = (locks: Lock.Locks) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    yield* Scope.extend(locks.checkpoint(subject), scope)
    return { release: Scope.close(scope, Exit.void) }
  })

/** Counts operations, and does something before the `n`th, from 1. */
const atOperation = (n: number, act: Effect.Effect<void, PlatformError.PlatformError>) => {
  const seen = { count: 0 }
  const before: Before = () =>
    Effect.suspend(() => {
      seen.count += 1
      return seen.count === n ? act : Effect.void
    })
  return { before, seen }
}

/** Calls with 1, 2, 3, … until the answer is false, and gives the last number. */
const upwards = <E>(each: (n: number) => Effect.Effect<boolean, E>) => {
  const from = (n: number): Effect.Effect<number, E> =>
    Effect.flatMap(each(n), (more) => (more ? from(n + 1) : Effect.succeed(n)))
  return from(1)
}

const noSpace = new PlatformError.SystemError({
  reason: "Unknown",
  module: "FileSystem",
  method: "write",
  pathOrDescriptor: "",
  description: "ENOSPC: no space left on device"
})

/** A test in time that passes by itself. */
const inVirtualTime = (
  what: string,
  body: () => Generator<YieldWrap<Effect.Effect<unknown, unknown, Scope.Scope>>, unknown, never>
): void => it.live(what, () => VirtualClock.run(Effect.scoped(Effect.gen(body))))

const isFree = (locks: Lock.Locks) => Effect.isSuccess(Effect.scoped(locks.checkpoint(subject, { timeout: 0 })))

describe("an interruption at any operation", () => {
  /** Waits for the lock, holds it through two renewals, releases it; interrupted before the `n`th operation. */
  const interrupted = (locks: (before: Before) => Effect.Effect<Lock.Locks>, n: number, holdFor: number) =>
    Effect.gen(function* () {
      const running = yield* Deferred.make<Fiber.RuntimeFiber<unknown, unknown>>()
      const { before, seen } = atOperation(n, Effect.flatMap(Deferred.await(running), Fiber.interruptFork))
      const mine = yield* locks(before)
      const fiber = yield* Effect.fork(
        Lock.withCheckpoint(mine, subject, { timeout: "5 seconds" })(Effect.sleep(holdFor))
      )
      yield* Deferred.succeed(running, fiber)
      yield* Fiber.await(fiber)
      return seen.count >= n
    })

  /** What is there before, with the files that may be left and how the holder ends. */
  const befores: ReadonlyArray<
    readonly [
      string,
      number,
      number,
      (world: Memory) => Effect.Effect<{ readonly release: Effect.Effect<void> }, Lock.Locked>
    ]
  > = [
    ["leaves no file behind, and the lock free", 25_000, 40, () => Effect.succeed({ release: Effect.void })],
    [
      "of a take-over leaves the stale file or none",
      0,
      25,
      (world) =>
        Effect.gen(function* () {
          yield* abandon(yield* world.make())
          world.disk.makeOlder(60_000)
          return { release: Effect.void }
        })
    ],
    ["of a wait leaves only the file of the holder", 0, 25, (world) => Effect.flatMap(world.make(), abandon)]
  ]
  for (const [what, holdFor, least, before] of befores) {
    it.live(what, () =>
      Effect.gen(function* () {
        const last = yield* upwards((n) =>
          VirtualClock.run(
            Effect.gen(function* () {
              const world = yield* memory
              const { release } = yield* before(world)
              const its = world.disk.below()
              const more = yield* interrupted(world.make, n, holdFor)
              if (world.disk.below().length > 0) assert.deepStrictEqual(world.disk.below(), its)
              yield* release
              assert.isTrue(yield* isFree(yield* world.make()))
              assert.isEmpty(world.disk.below())
              return more
            })
          )
        )
        assert.isAbove(last, least)
      })
    )
  }

  it.live("of real files, which go on while nobody waits for them, is no different", () =>
    Effect.gen(function* () {
      const real = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const last = yield* upwards((n) =>
        Effect.gen(function* () {
          const root = yield* Effect.orDie(real.makeTempDirectoryScoped())
          const make = (before: Before) =>
            Lock.make({ folder: root, server, command: "apply" }).pipe(
              Effect.provideService(FileSystem.FileSystem, intercepted(real, before)),
              Effect.provideService(Path.Path, path)
            )
          const more = yield* interrupted(make, n, 0)
          assert.isEmpty(yield* Effect.orDie(real.readDirectory(root)))
          return more
        }).pipe(Effect.scoped)
      )
      assert.isAbove(last, 15)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("a full disk", () => {
  it.live("at any operation costs at most the lock: one warning, no torn lock file, and free again in a minute", () =>
    Effect.gen(function* () {
      let warned = 0
      const last = yield* upwards((n) =>
        VirtualClock.run(
          Effect.gen(function* () {
            const { disk, make, warnings } = yield* memory
            const { before, seen } = atOperation(n, Effect.fail(noSpace))
            const mine = yield* make(before)
            yield* Lock.withCheckpoint(mine, subject)(Effect.sleep("25 seconds"))
            for (const file of disk.below().filter((path) => path.endsWith(".lock"))) {
              JSON.parse(disk.text(file))
            }
            assert.isAtMost(warnings.length, 1)
            warned += warnings.length
            yield* Effect.sleep("61 seconds")
            assert.isTrue(yield* isFree(yield* make()))
            return seen.count >= n
          })
        )
      )
      assert.isAbove(last, 40)
      assert.isAbove(warned, 5)
    })
  )

  inVirtualTime("that stops a write half-way makes no lock file, and leaves nothing", function* () {
    const { disk, make, warnings } = yield* memory
    const methods = new Set<string>()
    const locks = yield* make(({ method }) => Effect.sync(() => void methods.add(method)))
    disk.disk.free = 100
    yield* Effect.scoped(Effect.zipRight(locks.run(), locks.checkpoint(subject)))
    assert.lengthOf(warnings, 1)
    assert.include(warnings[0], "no space left on device")
    assert.isFalse(methods.has("link"))
    assert.isEmpty(disk.below())
  })

  inVirtualTime("on which no renewal can be written lets a holder know when it was taken over", function* () {
    const { make } = yield* memory
    const mine = yield* make(({ method }) => (method === "writeAll" ? Effect.fail(noSpace) : Effect.void))
    const { lost } = yield* mine.checkpoint(subject)
    yield* (yield* make()).checkpoint(subject)
    const taken = yield* Clock.currentTimeMillis
    assert.isAtLeast(taken, 60_000)
    assert.isBelow(taken, 62_000)
    yield* lost
    assert.isAtMost((yield* Clock.currentTimeMillis) - taken, 10_000)
  })

  inVirtualTime("on which nothing can be written does not keep a lock from being released", function* () {
    const { disk, make } = yield* memory
    const mine = yield* make(({ method }) => (method === "writeAll" ? Effect.fail(noSpace) : Effect.void))
    yield* Lock.withCheckpoint(mine, subject)(Effect.sleep("30 seconds"))
    assert.isEmpty(disk.below())
  })
})

describe("time", () => {
  inVirtualTime("a holder renews every ten seconds, until it releases", function* () {
    const { make } = yield* memory
    const written: Array<number> = []
    const locks = yield* make(({ method }) =>
      method === "writeAll" ? Effect.map(Clock.currentTimeMillis, (now) => void written.push(now)) : Effect.void
    )
    yield* Lock.withCheckpoint(locks, subject)(Effect.sleep("35 seconds"))
    yield* Effect.sleep("1 minute")
    assert.deepStrictEqual(written, [10_000, 20_000, 30_000, 35_000])
  })

  inVirtualTime("a waiter gets the lock soon after it is free", function* () {
    const { make } = yield* memory
    const first = yield* abandon(yield* make())
    yield* Effect.fork(Effect.delay(first.release, "100 seconds"))
    yield* Effect.scoped((yield* make()).checkpoint(subject))
    const now = yield* Clock.currentTimeMillis
    assert.isAtLeast(now, 100_000)
    assert.isAtMost(now, 101_500)
  })

  const timeouts: ReadonlyArray<readonly [string, (locks: Lock.Locks) => ReturnType<Lock.Locks["run"]>, number]> = [
    ["a run lock is not waited for", (locks) => locks.run(), 0],
    ["a run lock is waited for as long as is said", (locks) => locks.run({ timeout: "90 seconds" }), 90_000],
    ["a checkpoint's lock is waited for five minutes", (locks) => locks.checkpoint(subject), 300_000],
    [
      "a checkpoint's lock is waited for as long as is said",
      (locks) => locks.checkpoint(subject, { timeout: 1_234 }),
      1_234
    ]
  ]
  for (const [what, take, expected] of timeouts) {
    inVirtualTime(what, function* () {
      const { make } = yield* memory
      yield* take(yield* make())
      const error = yield* Effect.flip(take(yield* make()))
      assert.strictEqual(error._tag, "Locked")
      assert.strictEqual(yield* Clock.currentTimeMillis, expected)
    })
  }

  inVirtualTime("a holder whose own clock is set back by an hour keeps its lock", function* () {
    const { make } = yield* memory
    const clock = yield* Effect.clock
    const setBack: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
      currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => (now > 15_000 ? now - 3_600_000 : now)),
      currentTimeNanos: clock.currentTimeNanos,
      sleep: (duration) => clock.sleep(duration)
    }
    const rival = yield* make()
    const holder = yield* Effect.fork(
      Effect.withClock(Effect.scoped(Effect.flatMap((yield* make()).checkpoint(subject), ({ lost }) => lost)), setBack)
    )
    yield* Effect.sleep("1 second")
    yield* Effect.flip(rival.checkpoint(subject, { timeout: "10 minutes" }))
    assert.isTrue((yield* Fiber.poll(holder))._tag === "None")
    yield* Fiber.interrupt(holder)
    assert.isTrue(yield* isFree(rival))
  })

  inVirtualTime("a holder keeps its lock when the clock of the file system is set back by an hour", function* () {
    const { disk, make } = yield* memory
    const { lost } = yield* (yield* make()).checkpoint(subject)
    const losing = yield* Effect.fork(lost)
    yield* Effect.sleep("25 seconds")
    disk.time.skew = -3_600_000
    yield* Effect.flip((yield* make()).checkpoint(subject, { timeout: "10 minutes" }))
    assert.isTrue((yield* Fiber.poll(losing))._tag === "None")
  })
})
