import type { behavior } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { failed, type Reply, rule, type Server, within } from "./server.ts"

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

  const minutely = { requests: 1, per: 60_000 }
  it.each([
    ["endpoint", "a bucket for each operation", ["list+ create+ delete+ list- create- delete-"]],
    ["shared", "one for all", ["list+ create- delete-", "delete+ list-"]],
    ["list-delete", "one for these two", ["create+ list+ delete- create-", "delete+ list- create+"]]
  ] as const)("scope %s has %s", (scope, _, minutes) =>
    within(rated({ ...minutely, scope }), async ({ create, fake, list, remove }) => {
      const calls = { list, create: () => create(["proj_a"]), delete: () => remove("cp_000000000000000000000001") }
      for (const minute of minutes) {
        for (const call of minute.split(" ")) {
          const name = (["list", "create", "delete"] as const).find((one) => call.startsWith(one)) ?? "list"
          assert.strictEqual((await calls[name]()).status === 429, call.endsWith("-"), `${call} of ${minute}`)
        }
        await fake.advance(60_000)
      }
    })
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
      "window gives no more back than its requests, though more can be saved up",
      { ...twice, burst: 4 },
      [
        [0, "++++-"],
        [60_000, "++-"]
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
    "text and headers: of every route, or of one",
    rated({
      requests: 1,
      per: 60_000,
      text: { "list-projects": "rate-limit-reached" },
      headers: { "list-audit-logs": "retry-after" }
    }),
    async ({ create, get, list, logs }) => {
      const refused = async (send: () => Promise<Reply>, message: RegExp, after?: string) => {
        await send()
        const reply = await send()
        failed(reply, 429, { type: "requests", message })
        assert.strictEqual(reply.headers["retry-after"], after)
      }
      const slow = /^You're making too many requests, please slow down\.$/
      await refused(list, slow)
      await refused(() => create(["proj_a"]), slow)
      await refused(logs, slow, "60")
      await refused(() => get("/organization/projects"), /^Rate limit reached for list-projects\./)
    }
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
