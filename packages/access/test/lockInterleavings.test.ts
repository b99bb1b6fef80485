import { VirtualClock } from "@checkpoint-permissions/testing"
import { FileSystem, Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import { Lock } from "../src/index.ts"
import { type Before, intercepted, type Operation } from "./support/interceptedFiles.ts"
import { server, subject } from "./support/lockWorld.ts"
import { memoryDisk } from "./support/memoryFiles.ts"

const folder = "/state"

/** Where processes stand still: before each change, and before each file is looked at and read. */
const places = new Set(["link", "rename", "remove", "writeFile", "writeAll", "readLink", "readFile"])

const world = Effect.map(memoryDisk(folder), (disk) => {
  /** Who believes to hold the lock. */
  const believers = new Set<string>()
  const scopes = new Map<string, Scope.CloseableScope>()

  /**
   * A process that stands still before one of its operations on lock files until it is told to go on. `mayPause` says
   * before which.
   */
  const process = (name: string, mayPause: (operation: Operation) => boolean = () => true) =>
    Effect.gen(function* () {
      const paused = yield* Deferred.make<void>()
      const resumed = yield* Deferred.make<void>()
      const seen = { left: Number.POSITIVE_INFINITY }
      const before: Before = (operation) =>
        Effect.suspend(() => {
          if (!operation.path.includes(".lock") || !places.has(operation.method)) return Effect.void
          if (!mayPause(operation)) return Effect.void
          seen.left -= 1
          return seen.left === 0
            ? Effect.zipRight(Deferred.succeed(paused, undefined), Deferred.await(resumed))
            : Effect.void
        })
      const locks = yield* Lock.make({ folder, server, command: name, onWarning: (line) => Effect.die(line) }).pipe(
        Effect.provideService(FileSystem.FileSystem, intercepted(disk.files(), before)),
        Effect.provide(Path.layer)
      )
      let running: Fiber.RuntimeFiber<void> | undefined
      return {
        name,
        locks,
        /** Stands still before the `n`th operation from now, from 1. */
        pauseAt: (n: number) => {
          seen.left = n
        },
        /** Whether there were that many. */
        reached: () => seen.left <= 0,
        /** Begins something, and comes back when it is done or stands still. */
        begin: (what: Effect.Effect<void>) =>
          Effect.gen(function* () {
            running = yield* Effect.forkDaemon(what)
            yield* Effect.raceFirst(Deferred.await(paused), Fiber.await(running))
          }),
        /** Goes on, and comes back when it is done. */
        goOn: Effect.gen(function* () {
          yield* Deferred.succeed(resumed, undefined)
          if (running !== undefined) yield* Fiber.join(running)
        }),
        believes: () => believers.has(name),
        believesNoMore: () => void believers.delete(name)
      }
    })

  type Process = Effect.Effect.Success<ReturnType<typeof process>>

  const take = ({ locks, name }: Process) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const taken = yield* Effect.either(Scope.extend(locks.checkpoint(subject, { timeout: 0 }), scope))
      if (taken._tag === "Left") return
      scopes.set(name, scope)
      believers.add(name)
      yield* Effect.forkDaemon(
        Effect.zipRight(
          taken.right.lost,
          Effect.sync(() => believers.delete(name))
        )
      )
    })

  const release = ({ name }: Process) =>
    Effect.suspend(() => {
      believers.delete(name)
      const scope = scopes.get(name)
      return scope === undefined ? Effect.void : Scope.close(scope, Exit.void)
    })

  /** Its file is as old as one that was not renewed for a minute. */
  const makeOld = () => disk.makeOlder(60_000)

  const holdsAlone = (what: string) =>
    Effect.sync(() => assert.isAtMost(believers.size, 1, `${what}: ${[...believers].join()}`))

  /** Once every holder has renewed its file: one holds the lock, or it can be had. */
  const settles = (what: string) =>
    Effect.gen(function* () {
      const before = [...believers]
      yield* Effect.sleep("11 seconds")
      yield* holdsAlone(what)
      const after = [...believers]
      // Nobody takes the lock from those who did not stand still.
      if (before.length === 1) assert.deepStrictEqual(after, before, what)
      const last = yield* process("the last")
      yield* Effect.sleep("61 seconds")
      yield* take(last)
      assert.strictEqual(believers.has("the last"), after.length === 0, `${what}: the last`)
    })

  return { process, take, release, makeOld, holdsAlone, settles }
})

type World = Effect.Effect.Success<typeof world>
type Process = Effect.Effect.Success<ReturnType<World["process"]>>

/** Where processes stand still; "false" says that a process has no such operation. */
type Standing = readonly [first: boolean, second: boolean]

/** Runs with every pair of operations, and gives how many there are. */
const everyPair = (each: (world: World, n: number, m: number) => Effect.Effect<Standing>) =>
  Effect.gen(function* () {
    let runs = 0
    for (let n = 1, moreN = true; moreN; n += 1) {
      moreN = false
      for (let m = 1, moreM = true; moreM; m += 1) {
        const [first, second] = yield* VirtualClock.run(Effect.flatMap(world, (made) => each(made, n, m)))
        runs += 1
        moreN = moreN || first
        moreM = second
      }
    }
    return runs
  })

/** A process that has ended and left its lock. */
const ended = ({ makeOld, process, take }: World) =>
  Effect.gen(function* () {
    const gone = yield* process("ended")
    yield* take(gone)
    gone.pauseAt(1)
    gone.believesNoMore()
    makeOld()
  })

/** What two processes do at once, after something was prepared. */
const works: ReadonlyArray<
  readonly [
    what: string,
    prepare: (made: World, one: Process, other: Process) => Effect.Effect<unknown>,
    work: (made: World, one: Process, other: Process) => readonly [Effect.Effect<void>, Effect.Effect<void>]
  ]
> = [
  [
    "a release and then a take-over of one lock leave one holder",
    ({ makeOld, take }, one) => Effect.map(take(one), makeOld),
    ({ release, take }, one, other) => [release(one), take(other)]
  ],
  [
    "a take-over and then a release of one lock leave one holder",
    ({ makeOld, take }, _, other) => Effect.map(take(other), makeOld),
    ({ release, take }, one, other) => [take(one), release(other)]
  ],
  ["of three that take one stale lock over one holds it", ended, ({ take }, one, other) => [take(one), take(other)]]
]

describe("whichever operations come between", () => {
  it.live.each(works)("%s", ([, prepare, work]) =>
    Effect.gen(function* () {
      const runs = yield* everyPair((made, n, m) =>
        Effect.gen(function* () {
          const { holdsAlone, process, settles, take } = made
          const [one, other, third] = yield* Effect.all([process("one"), process("other"), process("third")])
          yield* prepare(made, one, other)
          one.pauseAt(n)
          other.pauseAt(m)
          const [first, second] = work(made, one, other)
          yield* one.begin(first)
          yield* other.begin(second)
          yield* one.goOn
          yield* take(third)
          yield* other.goOn
          const what = `one stands at ${n}, the other at ${m}`
          const standing: Standing = [one.reached(), other.reached()]
          yield* holdsAlone(what)
          yield* settles(what)
          return standing
        })
      )
      assert.isAbove(runs, 80)
    })
  )
})

it.live(
  "a holder that was about to be taken over by a process that was killed believes no more than that one does",
  () =>
    Effect.gen(function* () {
      const runs = yield* everyPair(({ holdsAlone, makeOld, process, take }, n) =>
        Effect.gen(function* () {
          const [old, killed, third] = yield* Effect.all([process("old"), process("killed"), process("third")])
          yield* take(old)
          makeOld()
          killed.pauseAt(n)
          yield* killed.begin(take(killed))
          if (!killed.reached()) return [false, false]
          for (let minutes = 0; minutes < 2; minutes += 1) {
            yield* Effect.sleep("71 seconds")
            yield* take(third)
            yield* holdsAlone(`killed at ${n}`)
          }
          assert.isTrue(old.believes() || third.believes(), `killed at ${n}`)
          return [true, false]
        })
      )
      assert.isAbove(runs, 10)
    })
)

describe("a process that stands still for a minute", () => {
  /**
   * Just before it renames or removes the lock file itself, a file system has no
   * means to keep it from doing so afterwards.
   */
  const notAtTheLast = ({ method, path }: Operation) =>
    !(path.endsWith(".lock") && (method === "rename" || method === "remove"))

  const frozen = [
    ["a take-over takes the lock from nobody", ended, ({ take }: World) => take, 12],
    [
      "its release removes the lock of nobody",
      ({ take }: World, frozen: Process) => take(frozen),
      ({ release }: World) => release,
      8
    ]
  ] as const
  for (const [what, prepare, work, least] of frozen) {
    it.live(`at any operation of ${what}`, () =>
      Effect.gen(function* () {
        const runs = yield* everyPair((made, n) =>
          Effect.gen(function* () {
            const { process, settles, take } = made
            const frozen = yield* process("frozen", notAtTheLast)
            const [rival, third] = yield* Effect.all([process("rival"), process("third")])
            yield* prepare(made, frozen)
            frozen.pauseAt(n)
            yield* frozen.begin(work(made)(frozen))
            if (!frozen.reached()) return [false, false]
            yield* Effect.sleep("61 seconds")
            yield* take(rival)
            yield* frozen.goOn
            yield* take(third)
            yield* settles(`it stands at ${n}`)
            assert.isTrue(rival.believes(), `it stands at ${n}`)
            return [true, false]
          })
        )
        assert.isAbove(runs, least)
      })
    )
  }
})
