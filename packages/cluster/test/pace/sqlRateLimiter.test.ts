import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import * as SqlRateLimiter from "../../src/SqlRateLimiter.ts"
import { dialects, hasPostgres, postgresClient } from "../support/databases.ts"
import { postgres } from "../support/postgres.ts"
import { scoped, scopedWith } from "../support/test.ts"
import { ask, askUntil, keepsTurns } from "./support.ts"

for (const { client, isHere, name } of dialects) {
  describe.skipIf(!isHere)(`the store in ${name}`, () => {
    keepsTurns(client, (table) => SqlRateLimiter.make({ table }))

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

    scopedWith("a clock of the database that is put back delays one turn", client, function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* SqlRateLimiter.make({ table: "pace" })
      const tiny = { limit: 1000, window: "1 minute" } as const
      assert.strictEqual(yield* ask(store, tiny), 0)
      yield* sql`UPDATE pace SET taken_at = taken_at + 3600000`
      assert.isAtMost(yield* ask(store, tiny), 60)
      assert.strictEqual(yield* askUntil(ask(store, tiny), (wait) => wait === 0), 0)
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
