/** The statement of SQL and the script of Redis are the rule of `turn.ts`. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { Redis } from "ioredis"
import { inject } from "vitest"
import { script } from "../../src/internal/pace/redis.ts"
import { clockOf, createTable, takeTurn } from "../../src/internal/pace/sql.ts"
import { dialects, hasRedis } from "../support/databases.ts"
import { scoped, scopedWith } from "../support/test.ts"
import { take } from "./turn.ts"

const millis = fc.double({ min: 0, max: 20_000, noNaN: true })
const cost = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 0.5, max: 20_000, noNaN: true }))
const base = 1_764_000_000_000

const cases = fc.sample(
  fc.record({
    stored: fc.option(fc.record({ at: millis.map((ms) => base + ms), cost }), { nil: undefined }),
    now: fc.oneof(millis, fc.integer({ min: 0, max: 20_000 }), fc.constant(-1e9)).map((ms) => base + ms),
    cost
  }),
  { numRuns: 100, seed: 13 }
)

for (const { client, isHere, name } of dialects) {
  describe.skipIf(!isHere)(`the statement of ${name}`, () => {
    scopedWith("decides as the rule does", client, function* () {
      const sql = yield* SqlClient.SqlClient
      yield* createTable(sql, "pace")
      for (const [index, { cost, now, stored }] of cases.entries()) {
        const key = `key${index}`
        if (stored !== undefined) {
          yield* sql`INSERT INTO pace ${sql.insert({ key, taken_at: stored.at, cost: stored.cost, last_wait: 0 })}`
        }
        const clock = sql.literal(`CAST(${now} AS DOUBLE PRECISION)`)
        const rows = yield* takeTurn(sql, "pace", key, cost, clock)
        const [row] = yield* sql<{
          taken_at: number
          cost: number
        }>`SELECT taken_at, cost FROM pace WHERE key = ${key}`
        assert.deepStrictEqual(
          { wait: Number(rows[0]?.last_wait), stored: { at: row?.taken_at, cost: row?.cost } },
          take(stored, now, cost),
          JSON.stringify(cases[index])
        )
      }
    })

    scopedWith("its clock runs in milliseconds of the day", client, function* () {
      const sql = yield* SqlClient.SqlClient
      const read = Effect.map(sql<{ now: number }>`SELECT ${clockOf(sql)} AS now`, ([row]) => row?.now ?? 0)
      const first = yield* read
      const second = yield* read
      assert.isAtLeast(second, first)
      assert.isAbove(first, Date.UTC(2025, 0))
      assert.isBelow(first, Date.UTC(2300, 0))
    })
  })
}

describe.skipIf(!hasRedis)("the script of Redis", () => {
  scoped("decides as the rule does", function* () {
    const redis = yield* Effect.acquireRelease(
      Effect.sync(() => new Redis(inject("redis"))),
      (redis) => Effect.sync(() => redis.disconnect())
    )
    for (const [index, { cost, now, stored }] of cases.entries()) {
      const key = `dialect:${index}`
      const answer = yield* Effect.promise(async () => {
        if (stored !== undefined) await redis.hset(key, { at: String(stored.at), cost: String(stored.cost) })
        const wait = await redis.eval(script(String(now)), 1, key, cost)
        const { at, cost: storedCost } = await redis.hgetall(key)
        return { wait: Number(wait), stored: { at: Number(at), cost: Number(storedCost) } }
      })
      assert.deepStrictEqual(answer, take(stored, now, cost), JSON.stringify(cases[index]))
    }
  })
})
