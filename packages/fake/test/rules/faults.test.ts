import { faults, server } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { ask } from "../support.ts"
import { checkpoint, failed, field, items, open, projects, rule, type Server } from "./server.ts"

const seeded = { seed: { [checkpoint]: ["proj_1", "proj_2", "proj_3", "proj_4"] } }

describe("replies that a fault gives", () => {
  rule("rateLimited, quotaExhausted and error are OpenAI's envelope", {}, async ({ fake, list }) => {
    fake.inject([faults.rateLimited({ "retry-after": "61" }), faults.quotaExhausted])
    const limited = await list()
    failed(limited, 429, { type: "requests", code: "rate_limit_exceeded" })
    assert.strictEqual(limited.headers["retry-after"], "61")
    failed(await list(), 429, { type: "insufficient_quota", code: "insufficient_quota" })
    fake.inject(faults.error(502, { type: "cf_bad_gateway", code: 502 }))
    assert.strictEqual(field((await list()).body, "error", "code"), 502)
  })

  rule("reply and error: nothing is done, unless they worked", {}, async ({ create, fake }) => {
    fake.inject([faults.error(500), faults.error(500, { worked: true }), faults.reply(503, { body: {}, worked: true })])
    for (const project of ["proj_a", "proj_b", "proj_c"]) assert.isAtLeast((await create([project])).status, 500)
    assert.deepStrictEqual(fake.projects(checkpoint), ["proj_b", "proj_c"])
  })

  rule(
    "page: repeated-cursor names the cursor that was asked for, and passes a first page by",
    seeded,
    async ({ fake, list }) => {
      fake.inject(faults.page("repeated-cursor"))
      const first = await list({ limit: "2" })
      const after = String(field(first.body, "last_id"))
      const second = await list({ limit: "2", after })
      assert.deepStrictEqual(projects(second), ["proj_2", "proj_1"])
      assert.strictEqual(field(second.body, "last_id"), after)
      assert.strictEqual(field(second.body, "has_more"), true)
    }
  )

  rule("page: every other defect", seeded, async ({ fake, list }) => {
    const defective = async (defect: faults.PageDefect) => {
      fake.inject(faults.page(defect))
      const { body } = await list({ limit: "2" })
      return { body, fields: Object.keys(typeof body === "object" && body !== null ? body : {}) }
    }
    const missing = await defective("missing-has-more")
    assert.notInclude(missing.fields, "has_more")
    assert.lengthOf(projects(missing), 2)
    assert.strictEqual(field((await defective("has-more-yes")).body, "has_more"), "yes")
    const nameless = await defective("null-last-id")
    assert.strictEqual(field(nameless.body, "last_id"), null)
    assert.strictEqual(field(nameless.body, "has_more"), true)
    assert.notInclude((await defective("missing-last-id")).fields, "last_id")
    assert.isFalse(Array.isArray(field((await defective("data-not-list")).body, "data")))
    assert.deepStrictEqual(
      items(await defective("item-without-id"), "id").map((id) => typeof id),
      ["string", "undefined"]
    )
  })
})

describe("which requests meet a fault", () => {
  rule("inject: only those of an operation, a checkpoint, so many", {}, async ({ create, fake, list }) => {
    fake.inject(faults.error(500), { operation: "create", checkpoint, times: 2 })
    assert.strictEqual((await list()).status, 200)
    assert.strictEqual((await create(["proj_a"], { checkpoint: "ft:other" })).status, 200)
    const statuses: Array<number> = []
    for (let i = 0; i < 3; i++) statuses.push((await create(["proj_a"])).status)
    assert.deepStrictEqual(statuses, [500, 500, 200])
  })

  it("inject: from the nth request that matches on", () => {
    let state = server.inject(server.start({}, 0), [{ fault: faults.error(500), operation: "list", nth: 3 }])
    const path = `/fine_tuning/checkpoints/${checkpoint}/permissions`
    const statuses = [1, 2, 3, 4].map(() => {
      const asked = ask(state, { path })
      state = asked.state
      return asked.reply.status
    })
    assert.deepStrictEqual(statuses, [200, 200, 500, 200])
  })

  rule(
    "scripted: in order, by nth and times, and a wrong path uses nothing up",
    {
      faults: faults.scripted([
        faults.error(500),
        { fault: faults.error(502), operation: "list", nth: 3, times: 2 },
        { fault: faults.error(599), operation: "delete" },
        { fault: faults.error(503), nth: 5 }
      ])
    },
    async ({ call, list }) => {
      assert.strictEqual((await call("GET", { path: "/embeddings" })).status, 404)
      const statuses: Array<number> = []
      for (let i = 0; i < 6; i++) statuses.push((await list()).status)
      assert.deepStrictEqual(statuses, [500, 200, 502, 502, 503, 200])
    }
  )

  rule(
    "setFaults: replaces the plan and what was injected",
    { faults: faults.scripted([{ fault: faults.error(500), times: 9 }]) },
    async ({ fake, list }) => {
      fake.inject(faults.error(500))
      fake.setFaults(faults.scripted([faults.error(503)]))
      assert.strictEqual((await list()).status, 503)
      fake.setFaults(faults.none)
      assert.strictEqual((await list()).status, 200)
    }
  )
})

/** Kinds that need no time to pass. */
const instant = faults.kinds.filter((kind) => !["latency", "late-work"].includes(kind))

/** The fault of each of so many listings. */
const met = async ({ fake }: Server, plan: faults.Plan, count: number) => {
  fake.setFaults(plan)
  fake.clearRequests()
  const url = `https://api.openai.com/v1/fine_tuning/checkpoints/${checkpoint}/permissions?after=cp_1`
  for (let i = 0; i < count; i++) await fake(url, { redirect: "manual" }).catch(() => undefined)
  return fake.requests().map(({ fault }) => fault)
}

describe("a random plan", () => {
  it("is replayed by its seed, and what it draws is a fault", () =>
    fc.assert(
      fc.asyncProperty(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), async (seed, probability) => {
        const server = open()
        const plan = faults.random({ seed, probability, kinds: instant })
        const first = await met(server, plan, 30)
        assert.deepStrictEqual(await met(server, plan, 30), first)
        for (const fault of first) if (fault !== undefined) faults.assertFault(fault)
        server.fake.setFaults(faults.none)
        assert.strictEqual((await server.list()).status, 200)
      }),
      { numRuns: 30 }
    ))

  it("probability is the share of requests that meet a fault, and all kinds come up", async () => {
    const server = open()
    const none = await met(server, faults.random({ seed: 1, probability: 0 }), 50)
    assert.isTrue(none.every((fault) => fault === undefined))
    const some = await met(server, faults.random({ seed: 9, probability: 0.25, kinds: ["server-error"] }), 2000)
    assert.closeTo(some.filter((fault) => fault !== undefined).length / some.length, 0.25, 0.03)
    const all = await met(server, faults.random({ seed: 1, probability: 1, kinds: instant }), 600)
    assert.isTrue(all.every((fault) => fault !== undefined))
    const kinds = new Set<string | undefined>(all.map((fault) => (fault?._tag === "Page" ? fault.defect : fault?._tag)))
    for (const kind of [...faults.pageDefects, "Reply", "Html", "Redirect", "DropBefore", "DropAfter"]) {
      assert.isTrue(kinds.has(kind), kind)
    }
  })

  it("draws at its default what a client survives, at most two faults in a row; client/test/Retry does", () => {
    const drawn = { _tag: "Random", seed: 3, probability: 1 }
    const usual = { ...drawn, kinds: faults.survivableKinds, consecutive: 2 }
    assert.deepStrictEqual<unknown>(faults.random({ seed: 3, probability: 1 }), usual)
    assert.deepStrictEqual<unknown>(faults.random({ seed: 3, probability: 1, kinds: ["huge"] }), {
      ...drawn,
      kinds: ["huge"]
    })
  })

  it("consecutive lets a request pass after so many, atMost ends it, operations leaves others alone", async () => {
    const server = open()
    const hit = async (options: Partial<Parameters<typeof faults.random>[0]>) => {
      const plan = faults.random({ seed: 3, probability: 1, kinds: ["server-error"], ...options })
      return (await met(server, plan, 8)).map((fault) => (fault === undefined ? 0 : 1)).join("")
    }
    assert.strictEqual(await hit({ consecutive: 2 }), "11011011")
    assert.strictEqual(await hit({ atMost: 3 }), "11100000")
    assert.strictEqual(await hit({ operations: ["create"] }), "00000000")
    assert.strictEqual(await hit({ kinds: [] }), "00000000")
  })
})
