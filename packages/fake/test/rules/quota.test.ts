import type { behavior } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { failed, rule, type Server, within } from "./server.ts"

const rated = (rate: behavior.Rate) => ({ behavior: { rate } })

const statuses = async (list: Server["list"], count: number) => {
  const all: Array<number> = []
  for (let i = 0; i < count; i++) all.push((await list()).status)
  return all
}

describe("rate", () => {
  rule(
    "refuses with 429 rate_limit_exceeded and no header that says more",
    rated({ requests: 2, per: 60_000 }),
    async ({ list }) => {
      assert.deepStrictEqual(await statuses(list, 3), [200, 200, 429])
      const refused = await list()
      failed(refused, 429, { type: "requests", code: "rate_limit_exceeded" })
      assert.isUndefined(refused.headers["retry-after"])
      assert.isUndefined(refused.headers["retry-after-ms"])
    }
  )

  rule(
    "scope endpoint has a bucket for each operation, shared has one",
    rated({ requests: 1, per: 60_000 }),
    async ({ create, fake, list, remove }) => {
      assert.strictEqual((await list()).status, 200)
      assert.strictEqual((await create(["proj_a"])).status, 200)
      assert.strictEqual((await remove("cp_000000000000000000000001")).status, 200)
      assert.strictEqual((await list()).status, 429)
      fake.setBehavior({ rate: { requests: 1, per: 60_000, scope: "shared" } })
      assert.strictEqual((await list()).status, 200)
      assert.strictEqual((await create(["proj_a"])).status, 429)
    }
  )

  rule(
    "list-delete has one bucket for lists and deletes, and one for each other operation",
    rated({ requests: 1, per: 60_000, scope: "list-delete" }),
    async ({ create, fake, list, remove }) => {
      assert.strictEqual((await create(["proj_a"])).status, 200)
      assert.strictEqual((await list()).status, 200)
      failed(await remove("cp_000000000000000000000001"), 429, { type: "requests", code: "rate_limit_exceeded" })
      assert.strictEqual((await create(["proj_b"])).status, 429)
      await fake.advance(60_000)
      assert.strictEqual((await remove("cp_000000000000000000000001")).status, 200)
      assert.strictEqual((await list()).status, 429)
      assert.strictEqual((await create(["proj_b"])).status, 200)
    }
  )

  const often = { requests: 6, per: 60_000 }
  const twice = { requests: 2, per: 60_000, refill: "window" } as const
  /** After so many milliseconds, which calls are let through. */
  const refills: ReadonlyArray<
    readonly [string, behavior.Rate, ReadonlyArray<readonly [after: number, calls: string]>]
  > = [
    [
      "continuous gives a call back each per / requests, to the millisecond",
      { ...often, countRefused: false },
      [
        [0, "++++++"],
        [9_999, "-"],
        [1, "+-"],
        [25_000, "++-"]
      ]
    ],
    [
      "countRefused makes the wait begin anew",
      { ...often, countRefused: true },
      [
        [0, "++++++"],
        [9_999, "-"],
        [9_999, "-"],
        [10_000, "+"]
      ]
    ],
    [
      "window gives all back at once when per has passed",
      twice,
      [
        [30_000, "++-"],
        [29_999, "-"],
        [1, "++-"]
      ]
    ],
    [
      "burst is the most that is saved up",
      { ...often, burst: 3 },
      [
        [0, "+++-"],
        [3_600_000, "+++-"]
      ]
    ]
  ]
  it.each(refills)("%s", (_, rate, steps) =>
    within(rated(rate), async ({ fake, list }) => {
      for (const [after, calls] of steps) {
        await fake.advance(after)
        const seen = (await statuses(list, calls.length)).map((status) => (status === 200 ? "+" : "-"))
        assert.strictEqual(seen.join(""), calls)
      }
    })
  )

  it.each([
    ["retry-after", "retry-after", "15"],
    ["retry-after-ms", "retry-after-ms", "14500"],
    ["http-date", "retry-after", "Thu, 01 Jan 1970 00:01:15 GMT"]
  ] as const)("headers %s says how long to wait in %s", (headers, header, value) =>
    within(rated({ requests: 4, per: 60_000, countRefused: false, headers }), async ({ fake, list }) => {
      await fake.advance(60_000)
      await statuses(list, 4)
      await fake.advance(500)
      const refused = await list()
      failed(refused, 429, { type: "requests" })
      assert.strictEqual(refused.headers[header], value)
    })
  )

  rule(
    "can change while it runs, to a third and back",
    rated({ requests: 9, per: 60_000, countRefused: false }),
    async ({ fake, list }) => {
      await statuses(list, 9)
      fake.setBehavior({ rate: { requests: 3, per: 60_000, countRefused: false } })
      await fake.advance(19_999)
      assert.deepStrictEqual(await statuses(list, 1), [429])
      await fake.advance(1)
      assert.deepStrictEqual(await statuses(list, 2), [200, 429])
      fake.setBehavior({ rate: { requests: 9, per: 60_000, countRefused: false } })
      await fake.advance(20_000)
      assert.deepStrictEqual(await statuses(list, 4), [200, 200, 200, 429])
      fake.setBehavior({ rate: "unlimited" })
      assert.deepStrictEqual(await statuses(list, 2), [200, 200])
    }
  )

  rule(
    "a failed request costs too, one with a wrong key or path does not",
    rated({ requests: 1, per: 60_000 }),
    async ({ list }) => {
      assert.strictEqual((await list({}, { headers: {} })).status, 401)
      assert.strictEqual((await list({ limit: "0" })).status, 400)
      assert.strictEqual((await list()).status, 429)
    }
  )
})
