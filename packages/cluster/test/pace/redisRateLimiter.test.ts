import { assert, describe } from "@effect/vitest"
import { Effect, Layer, Logger, Redacted, TestClock } from "effect"
import { Redis as Client } from "ioredis"
import { inject, vi } from "vitest"
import * as RedisRateLimiter from "../../src/RedisRateLimiter.ts"
import { hasRedis } from "../support/databases.ts"
import { redis } from "../support/redis.ts"
import { scoped } from "../support/test.ts"
import { ask, askUntil, breath, keepsTurns, perDay } from "./support.ts"

const every = { limit: 10, window: "10 seconds" } as const
/** The time of the store goes on while a test is held up, but not for so long. */
const daily = { limit: 10, window: "10 days" } as const

const connected = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new Client(url)),
    (client) => Effect.sync(() => client.disconnect())
  )

describe.skipIf(!hasRedis)("the store in Redis", () => {
  const run = crypto.randomUUID()
  const make = (name: string) =>
    RedisRateLimiter.make({ url: Redacted.make(inject("redis")), prefix: `${run}:${name}:` })

  keepsTurns(Layer.empty, make)

  scoped("keys do not stay for ever", function* () {
    assert.strictEqual(yield* ask(yield* make("expiry"), perDay), 0)
    const client = yield* connected(inject("redis"))
    const left = yield* Effect.promise(() => client.pttl(`${run}:expiry:list`))
    assert.isAbove(left, 0)
    assert.isAtMost(left, 86_460_000)
  })

  scoped("one that is killed gives no turns, and one window after it is back it gives one, not ten", function* () {
    const stderr = vi.spyOn(console, "error")
    yield* Effect.addFinalizer(() => Effect.sync(() => stderr.mockRestore()))
    const logs: Array<string> = []
    const logging = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => void logs.push(String(message)))
    )
    const server = yield* redis
    const store = yield* Effect.provide(RedisRateLimiter.make({ url: Redacted.make(server.url) }), logging)
    const asked = Effect.provide(ask(store, daily), logging)
    assert.strictEqual(yield* asked, 0)
    yield* server.stop
    assert.strictEqual(yield* asked, 5000)
    assert.strictEqual(yield* asked, 5000)
    yield* server.start
    assert.strictEqual(yield* askUntil(asked, (wait) => wait > 5000), 864_000_000)
    yield* TestClock.adjust(863_999_999)
    assert.strictEqual(yield* asked, 1)
    yield* TestClock.adjust(1)
    // by the time of the store the turn of whoever noticed it is not over
    assert.isAbove(yield* asked, 0)
    const client = yield* connected(server.url)
    yield* Effect.promise(() => client.flushall())
    assert.strictEqual(yield* asked, 0)
    assert.isAbove(yield* asked, 0)
    assert.strictEqual(logs.length, 2)
    assert.match(logs[0] ?? "", /^The Redis of the shared pace cannot be reached \(.+\): nothing is sent/)
    assert.match(logs[1] ?? "", /^The Redis of the shared pace is back after .+: nothing is sent for 10d/)
    assert.deepStrictEqual(stderr.mock.calls, [])
  })

  scoped("a restart between two turns counts, though nobody asked meanwhile", function* () {
    const server = yield* redis
    const store = yield* RedisRateLimiter.make({ url: Redacted.make(server.url) })
    assert.strictEqual(yield* ask(store, every), 0)
    yield* server.stop
    yield* server.start
    const observer = yield* connected(server.url)
    // connected again, so that no request is the one that notices
    const clients = Effect.promise(async () => String(await observer.client("LIST")))
    yield* Effect.repeat(Effect.zipLeft(clients, breath), {
      // `INFO` is the last command before a connection counts as ready
      until: (list) => /name=checkpoint-permissions .*cmd=info/.test(list)
    })
    // its reply arrived before this one
    yield* Effect.zipLeft(clients, breath)
    assert.strictEqual(yield* ask(store, every), 10_000)
  })

  scoped("one that is not there at the start is waited for", function* () {
    const server = yield* redis
    yield* server.stop
    const store = yield* RedisRateLimiter.make({ url: Redacted.make(server.url) })
    assert.strictEqual(yield* ask(store, every), 1000)
    yield* server.start
    assert.strictEqual(yield* askUntil(ask(store, every), (wait) => wait > 1000), 10_000)
  })

  scoped("one that is frozen gives no turns", function* () {
    const server = yield* redis
    const store = yield* RedisRateLimiter.make({ url: Redacted.make(server.url) })
    assert.strictEqual(yield* ask(store, every), 0)
    yield* server.signal("SIGSTOP")
    const waiting = yield* Effect.fork(ask(store, every))
    yield* TestClock.adjust(4000)
    assert.strictEqual(yield* waiting, 1000)
    yield* server.signal("SIGCONT")
    assert.strictEqual(yield* askUntil(ask(store, every), (wait) => wait > 1000), 10_000)
  })
})
