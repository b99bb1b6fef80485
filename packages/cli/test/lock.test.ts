import { readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { FileSystem, Path, Error as PlatformError } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Option, Scope, TestClock } from "effect"
import * as Lock from "../src/internal/apply/lock.ts"
import { Host } from "../src/internal/input/environment.ts"
import * as Screen from "../src/internal/terminal/screen.ts"
import type { Writable } from "../src/internal/terminal/style.ts"
import { folder } from "./support/folder.ts"
import { type scoped, scopedWith } from "./support/test.ts"

/** The number of a process that has ended. */
const gone = 4711

type Files = (fs: FileSystem.FileSystem) => FileSystem.FileSystem

/** A lock file as a process of the machine `here` uses it. */
const lockOf = (file: string, pid: number, change: Files = (fs) => fs) =>
  Lock.make(file).pipe(
    Effect.provideService(Host, { pid, host: "here", isRunning: (one) => one !== gone, environment: {} }),
    Effect.provideServiceEffect(FileSystem.FileSystem, Effect.map(FileSystem.FileSystem, change)),
    Effect.provide(NodeContext.layer)
  )

const lockFile = Effect.map(folder, ({ path }) => join(path, "server.lock"))
const filesBeside = (file: string) => readdirSync(join(file, "..")).sort()
const pidIn = (file: string): number => JSON.parse(readFileSync(file, "utf8")).pid

/** The time of every process of these tests. */
const now = Date.now()

/** Makes a file as old as one that was not written for so many seconds. */
const age = (file: string, seconds: number) => {
  const then = now / 1000 - seconds
  utimesSync(file, then, then)
}

/** A test at that time. */
const test = (what: string, body: Parameters<typeof scoped>[1]): void =>
  scopedWith(what, Layer.scopedDiscard(TestClock.setTime(now)), body)

const holder = (pid: number, host = "here") =>
  JSON.stringify({ pid, host, command: "apply", since: "2026-10-01T12:00:00.000Z" })

/** Acts once, before the n-th operation on files. */
const before = (n: number, act: Effect.Effect<unknown>): Files => {
  let count = 0
  const gated = (method: unknown): unknown =>
    typeof method !== "function"
      ? method
      : (...args: ReadonlyArray<unknown>) =>
          Effect.suspend(() => {
            count += 1
            return count === n ? Effect.zipRight(act, method(...args)) : method(...args)
          })
  return (fs) => new Proxy(fs, { get: (target, name) => gated(Reflect.get(target, name)) })
}

/** The numbers of the operations of one attempt, and more. */
const operations = Array.from({ length: 16 }, (_, n) => n + 1)

/** Files that are written by another function. */
const writing =
  (write: (opened: FileSystem.File, bytes: Uint8Array) => Effect.Effect<void, PlatformError.PlatformError>): Files =>
  (fs) => ({
    ...fs,
    open: (path, options) =>
      Effect.map(fs.open(path, options), (opened) => {
        const writeAll = (bytes: Uint8Array) => write(opened, bytes)
        return new Proxy(opened, {
          get: (target, name) => (name === "writeAll" ? writeAll : Reflect.get(target, name))
        })
      })
  })

type Left = readonly [what: string, text: string, seconds: number]

const held: ReadonlyArray<Left> = [
  ["a process of this machine", holder(1), 59],
  ["a process of this machine, after the clock was set back", holder(1), -3600],
  ["another machine, whatever number its process has", holder(gone, "there"), 59],
  ["a process that has not written it yet", "", 0],
  ["a process that left it torn a moment ago", '{"pid":1,"ho', 59]
]

const stale: ReadonlyArray<Left> = [
  ["a process that has ended", holder(gone), 0],
  ["a process of this machine that does not renew it", holder(1), 60],
  ["a torn file", '{"pid":1,"ho', 60]
]

describe.concurrent("a lock file", () => {
  for (const [what, text, seconds] of held) {
    test(`of ${what} is held`, function* () {
      const file = yield* lockFile
      writeFileSync(file, text)
      age(file, seconds)
      const lock = yield* lockOf(file, 2)
      assert.isTrue(Option.isSome(yield* lock.holder))
      assert.isTrue(Option.isSome(yield* lock.take))
      assert.strictEqual(readFileSync(file, "utf8"), text)
      assert.deepStrictEqual(filesBeside(file), ["server.lock"])
    })
  }

  for (const [what, text, seconds] of stale) {
    test(`of ${what} is stale: of two concurrent processes one takes it over, in every interleaving`, function* () {
      const scope = yield* Effect.scope
      for (const n of operations) {
        const file = yield* lockFile
        writeFileSync(file, text)
        age(file, seconds)
        const second = yield* lockOf(file, 3)
        assert.isTrue(Option.isNone(yield* second.holder))
        const taken: Array<number> = []
        let isOver = false
        const take = (pid: number, lock: Lock.Lock) =>
          Effect.tap(Scope.extend(lock.take, scope), (found) => {
            if (Option.isNone(found)) taken.push(pid)
          })
        const meanwhile = Effect.unless(Effect.orDie(take(3, second)), () => isOver)
        yield* take(2, yield* lockOf(file, 2, before(n, meanwhile)))
        isOver = true
        yield* take(3, second)
        assert.deepStrictEqual(taken, [pidIn(file)], `where the other comes before operation ${n}`)
        assert.deepStrictEqual(filesBeside(file), ["server.lock"])
      }
    })
  }

  test("of many processes at once is held by one", function* () {
    const file = yield* lockFile
    writeFileSync(file, holder(gone))
    const all = Array.from({ length: 50 }, (_, n) => n + 1)
    const found = yield* Effect.forEach(all, (pid) => Effect.flatMap(lockOf(file, pid), ({ take }) => take), {
      concurrency: "unbounded"
    })
    assert.deepStrictEqual(
      all.filter((_, n) => Option.isNone(found[n] ?? Option.some({}))),
      [pidIn(file)]
    )
    assert.deepStrictEqual(filesBeside(file), ["server.lock"])
  })

  test("has mode 0600, and is removed with the scope", function* () {
    const file = yield* lockFile
    const lock = yield* lockOf(file, 2)
    yield* Effect.scoped(
      Effect.zipRight(
        lock.take,
        Effect.sync(() => assert.strictEqual(statSync(file).mode & 0o777, 0o600))
      )
    )
    assert.deepStrictEqual(filesBeside(file), [])
  })

  test("is not left behind by an interruption, whenever it comes", function* () {
    for (const text of [undefined, holder(gone)]) {
      for (const n of operations) {
        const file = yield* lockFile
        if (text !== undefined) writeFileSync(file, text)
        const reached = yield* Effect.makeLatch()
        const lock = yield* lockOf(file, 2, before(n, Effect.zipRight(reached.open, Effect.yieldNow())))
        const holding = Effect.scoped(Effect.zipRight(Effect.zipRight(lock.take, reached.open), Effect.never))
        const running = yield* Effect.fork(holding)
        yield* reached.await
        yield* Fiber.interrupt(running)
        assert.deepStrictEqual(filesBeside(file), [], `interrupted at operation ${n}`)
      }
    }
  })

  test("that another process took over is neither renewed nor removed by its former holder", function* () {
    const file = yield* lockFile
    const scope = yield* Scope.make()
    yield* Scope.extend((yield* lockOf(file, 2)).take, scope)
    age(file, 60)
    assert.isTrue(Option.isNone(yield* (yield* lockOf(file, 3)).take))
    yield* Scope.close(scope, Exit.void)
    assert.strictEqual(pidIn(file), 3)
  })

  test("is written again every ten seconds, and only the holder's own file", function* () {
    const file = yield* lockFile
    const renewed = yield* Effect.makeLatch()
    const noting = writing((opened, bytes) => Effect.zipLeft(opened.writeAll(bytes), renewed.open))
    yield* (yield* lockOf(file, 2, noting)).take
    for (const other of [undefined, holder(3)]) {
      if (other !== undefined) {
        writeFileSync(`${file}.new`, other)
        renameSync(`${file}.new`, file)
      }
      age(file, 30)
      const { mtimeMs } = statSync(file)
      yield* renewed.close
      yield* TestClock.adjust("10 seconds")
      yield* renewed.await
      assert.strictEqual(statSync(file).mtimeMs > mtimeMs, other === undefined)
      assert.strictEqual(pidIn(file), other === undefined ? 2 : 3)
    }
  })

  test("on a full disk fails, and leaves nothing", function* () {
    const file = yield* lockFile
    const failure = new PlatformError.SystemError({
      module: "FileSystem",
      method: "write",
      reason: "Unknown",
      description: "ENOSPC"
    })
    const full = writing((opened, bytes) =>
      Effect.zipRight(opened.writeAll(bytes.slice(0, bytes.length / 2)), Effect.fail(failure))
    )
    const { take } = yield* lockOf(file, 2, full)
    const error = yield* Effect.flip(take)
    assert.include(error.message, "ENOSPC")
    assert.deepStrictEqual(filesBeside(file), [])
  })

  test("that is stale is left while another process takes it over, for at most a minute", function* () {
    const file = yield* lockFile
    writeFileSync(file, holder(gone))
    writeFileSync(`${file}.guard`, "")
    const lock = yield* lockOf(file, 2)
    assert.isTrue(Option.isSome(yield* lock.take))
    assert.strictEqual(pidIn(file), gone)
    age(`${file}.guard`, 60)
    assert.isTrue(Option.isNone(yield* lock.take))
    assert.deepStrictEqual(filesBeside(file), ["server.lock"])
  })

  test("that is stale is taken over at once if a process was killed while it took it over", function* () {
    const file = yield* lockFile
    const guard = `${file}.guard`
    writeFileSync(file, holder(gone))
    let left = ""
    const killed = yield* lockOf(file, gone, (fs) => ({
      ...fs,
      remove: (path) => {
        if (path === file) left = readFileSync(guard, "utf8")
        return fs.remove(path)
      }
    }))
    yield* killed.take
    writeFileSync(guard, left)
    assert.isTrue(Option.isNone(yield* (yield* lockOf(file, 2)).take))
    assert.deepStrictEqual([pidIn(file), filesBeside(file)], [2, ["server.lock"]])
  })

  test("is waited for until the timeout, of one second too", function* () {
    const text = holder(1, "there")
    const file = yield* lockFile
    writeFileSync(file, text)
    const info = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.stat(file)).pipe(
      Effect.provide(NodeContext.layer)
    )
    const fs = FileSystem.layerNoop({ stat: () => Effect.succeed(info), readFileString: () => Effect.succeed(text) })
    const silent: Writable = { on: () => undefined, write: () => true }
    const screen = Screen.make({ stdin: Readable.from([]), stdout: silent, stderr: silent, onExpectSignal() {} })
    const lockTimeout = Option.some(Duration.seconds(1))
    const options = { fake: false, noLock: false, stateDir: Option.some("state"), lockTimeout }
    const server = { apiUrl: "https://api.openai.com/v1", organization: undefined }
    const waiting = yield* Lock.useLock("grant", options, server).pipe(
      Effect.provide(Layer.mergeAll(fs, Path.layer, Layer.succeed(Screen.Screen, screen))),
      Effect.flip,
      Effect.fork
    )
    yield* TestClock.adjust("1 second")
    const ended = Option.getOrThrow(yield* Fiber.poll(waiting))
    assert.include((yield* ended).message, "grant: locked by apply (pid 1 on there)")
  })
})
