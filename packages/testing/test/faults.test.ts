import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fc from "effect/FastCheck"

const url = "https://api.openai.com/v1/fine_tuning/checkpoints/ft:a/permissions"

/** The fault of each of so many listings. */
const met = (plan: Faults.Plan, count: number) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.setFaults(plan)
    yield* fake.clearRequests
    for (let i = 0; i < count; i++) yield* Effect.ignore(client.get(`${url}?after=cp_1`))
    return (yield* fake.requests).map(({ fault }) => fault)
  })

/** Kinds that need no time to pass. */
const instant = Faults.kinds.filter((kind) => !["latency", "late-work"].includes(kind))

describe("Faults", () => {
  it.prop("a plan is data: it survives JSON", [Faults.Plan], ([plan]) => {
    const json = JSON.stringify(Schema.encodeSync(Faults.Plan)(plan))
    assert.strictEqual(JSON.stringify(Schema.decodeUnknownSync(Schema.parseJson(Faults.Plan))(json)), json)
  })

  it("what the constructors make is a fault", () => {
    const all = [
      Faults.reply(418),
      Faults.reply(200, { body: "text", headers: { a: "b" }, worked: true }),
      Faults.error(400),
      Faults.rateLimited(),
      Faults.quotaExhausted,
      Faults.latency({ before: "1 second" }),
      Faults.dropBefore(),
      Faults.dropAfter(),
      Faults.lateWork("1 second"),
      Faults.truncatedBody(),
      Faults.html(),
      Faults.redirect("https://elsewhere.example"),
      ...Faults.pageDefects.map(Faults.page),
      Faults.endless(),
      Faults.huge(),
      Faults.falseGzip
    ]
    for (const fault of all) assert.isTrue(Schema.is(Faults.Fault)(fault), fault._tag)
  })

  it.effect.prop(
    "a random plan is replayed by its seed, and what it draws is a fault",
    { seed: fc.integer(), probability: fc.double({ min: 0, max: 1, noNaN: true }) },
    ({ probability, seed }) =>
      Effect.gen(function* () {
        const plan = Faults.random({ seed, probability, kinds: instant })
        const first = yield* met(plan, 30)
        assert.deepStrictEqual(yield* met(plan, 30), first)
        for (const fault of first) if (fault !== undefined) assert.isTrue(Schema.is(Faults.Fault)(fault))
      }).pipe(Effect.provide(FakePermissions.layer())),
    { fastCheck: { numRuns: 30 } }
  )

  it.effect("probability 0 draws none, 1 draws each time, and all kinds come up", () =>
    Effect.gen(function* () {
      const none = yield* met(Faults.random({ seed: 1, probability: 0 }), 50)
      assert.isTrue(none.every((fault) => fault === undefined))
      const all = yield* met(Faults.random({ seed: 1, probability: 1, kinds: instant }), 600)
      assert.isTrue(all.every((fault) => fault !== undefined))
      const kinds = new Set<string | undefined>(
        all.map((fault) => (fault?._tag === "Page" ? fault.defect : fault?._tag))
      )
      for (const kind of [...Faults.pageDefects, "Reply", "Html", "Redirect", "DropBefore", "DropAfter"]) {
        assert.isTrue(kinds.has(kind), kind)
      }
    }).pipe(Effect.provide(FakePermissions.layer()))
  )

  it.effect("probability is the share of requests that meet a fault", () =>
    Effect.gen(function* () {
      const faults = yield* met(Faults.random({ seed: 9, probability: 0.25, kinds: ["server-error"] }), 2000)
      const share = faults.filter((fault) => fault !== undefined).length / faults.length
      assert.closeTo(share, 0.25, 0.03)
    }).pipe(Effect.provide(FakePermissions.layer()))
  )

  it.effect(
    "consecutive lets a request pass after so many faults, atMost ends them, operations leaves others alone",
    () =>
      Effect.gen(function* () {
        const options = { seed: 3, probability: 1, kinds: ["server-error"] } as const
        const hit = (plan: Faults.Plan) =>
          Effect.map(met(plan, 8), (all) => all.map((fault) => (fault === undefined ? 0 : 1)))
        assert.deepStrictEqual(yield* hit(Faults.random({ ...options, consecutive: 2 })), [1, 1, 0, 1, 1, 0, 1, 1])
        assert.deepStrictEqual(yield* hit(Faults.random({ ...options, atMost: 3 })), [1, 1, 1, 0, 0, 0, 0, 0])
        assert.deepStrictEqual(
          yield* hit(Faults.random({ ...options, operations: ["create"] })),
          [0, 0, 0, 0, 0, 0, 0, 0]
        )
        assert.deepStrictEqual(yield* hit(Faults.random({ ...options, kinds: [] })), [0, 0, 0, 0, 0, 0, 0, 0])
      }).pipe(Effect.provide(FakePermissions.layer()))
  )

  it.effect("a generated plan never breaks the fake itself", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const plans = fc.sample(fc.record({ seed: fc.integer(), probability: fc.constant(1) }), { numRuns: 50, seed: 1 })
      for (const plan of plans) yield* met(Faults.random({ ...plan, kinds: instant }), 10)
      yield* fake.setFaults(Faults.none)
      const client = yield* HttpClient.HttpClient
      const reply = yield* client.get(url, { headers: { authorization: "Bearer k" } })
      assert.strictEqual(reply.status, 200)
    }).pipe(Effect.provide(FakePermissions.layer()))
  )
})

describe("ServerBehavior", () => {
  it("change: leaves what is left out or undefined", () => {
    const changed = ServerBehavior.change(ServerBehavior.defaults, { regrant: "second", maxLimit: undefined })
    assert.deepStrictEqual(changed, { ...ServerBehavior.defaults, regrant: "second" })
    assert.deepStrictEqual(ServerBehavior.change(changed, {}), changed)
  })

  it("the documented defaults: limit 10, at most 100", () => {
    assert.strictEqual(ServerBehavior.defaults.defaultLimit, 10)
    assert.strictEqual(ServerBehavior.defaults.maxLimit, 100)
  })
})
