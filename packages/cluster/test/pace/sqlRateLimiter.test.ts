import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import * as SqlRateLimiter from "../../src/SqlRateLimiter.ts"
import { dialects, hasPostgres, postgresClient } from "../support/databases.ts"
import { postgres } from "../support/postgres.ts"
import { scoped, scopedWith } from "../support/test.ts"
import { ask, askUntil } from "./support.ts"

const perDay = { limit: 1, window: "1 day" } as const

for (const { client, isHere, name } of dialects) {
  describe.skipIf(!isHere)(`the store in ${name}`, () => {
    scopedWith("of many that ask at once, the first time too, one has the turn", client, function* () {
      const workers = yield* Effect.replicateEffect(SqlRateLimiter.make(), 8)
      // who meets others in the same moment is told to ask again
      const settled = (store: (typeof workers)[number]) =>
        askUntil(ask(store, perDay), (wait) => wait === 0 || wait > 1000)
      const waits = yield* Effect.forEach([...workers, ...workers, ...workers], settled, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        waits.filter((wait) => wait === 0),
        [0]
      )
      for (const wait of waits) assert.isAtMost(wait, 86_400_000)
    })

    scopedWith("a table that several make at once is in the way of none", client, function* () {
      const workers = yield* Effect.replicateEffect(SqlRateLimiter.make({ table: "pace" }), 8)
      const sql = yield* SqlClient.SqlClient
      for (let round = 0; round < 20; round++) {
        yield* sql`DROP TABLE IF EXISTS pace`
        const waits = yield* Effect.forEach(workers, (store) => ask(store, { limit: 60_000 }), {
          concurrency: "unbounded"
        })
        // who takes the store for lost waits for a whole window
        for (const wait of waits) assert.isAtMost(wait, 1000)
      }
    })

    scopedWith("the clocks of the machines do not matter", client, function* () {
      const [one, other] = yield* Effect.all([SqlRateLimiter.make(), SqlRateLimiter.make()])
      assert.strictEqual(yield* ask(one, perDay), 0)
      yield* TestClock.adjust("3650 days")
      assert.isAbove(yield* ask(other, perDay), 80_000_000)
      assert.isAbove(yield* ask(one, perDay), 80_000_000)
    })

    scopedWith("a clock of the database that is put back delays one turn", client, function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* SqlRateLimiter.make({ table: "pace" })
      const tiny = { limit: 1000, window: "1 minute" } as const
      assert.strictEqual(yield* ask(store, tiny), 0)
      yield* sql`UPDATE pace SET taken_at = taken_at + 3600000`
      assert.isAtMost(yield* ask(store, tiny), 60)
      assert.strictEqual(yield* askUntil(ask(store, tiny), (wait) => wait === 0), 0)
    })

    scopedWith("tables and keys are counted separately", client, function* () {
      const one = yield* SqlRateLimiter.make({ table: "one" })
      const other = yield* SqlRateLimiter.make({ table: "other" })
      assert.strictEqual(yield* ask(one, perDay), 0)
      assert.strictEqual(yield* ask(other, perDay), 0)
      assert.strictEqual(yield* ask(other, { ...perDay, key: 'it\'s "another"' }), 0)
      assert.isAbove(yield* ask(one, perDay), 0)
    })
  })
}

describe.skipIf(!hasPostgres)("a Postgres that is stopped", () => {
  scoped("there are no turns until one window after it is back, and nothing fails", function* () {
    const server = yield* postgres
    const client = yield* Layer.build(postgresClient(server.url("postgres")))
    const store = yield* Effect.provide(SqlRateLimiter.make(), client)
    const every = { limit: 10, window: "10 seconds" } as const
    assert.strictEqual(yield* ask(store, every), 0)
    yield* server.stop()
    assert.strictEqual(yield* ask(store, every), 1000)
    assert.strictEqual(yield* ask(store, every), 1000)
    yield* server.start
    // the retry after a failure is the interval, the pause is the window
    assert.strictEqual(yield* askUntil(ask(store, every), (wait) => wait > 1000), 10_000)
    yield* TestClock.adjust(9999)
    assert.strictEqual(yield* ask(store, every), 1)
    yield* TestClock.adjust(1)
    // by now a second of the database's time may be over, or not
    assert.strictEqual(yield* askUntil(ask(store, every), (wait) => wait === 0), 0)
  })
})
