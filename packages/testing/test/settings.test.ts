import { InvalidSetting } from "@checkpoint-permissions/fake"
import { Emulator, FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Either, type Layer, Option, Schema } from "effect"
import { scoped as test } from "../../core/test/effects.ts"

/** The defect of an effect, which has to be that of a setting. */
const defect = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.sandbox(effect).pipe(Effect.flip), (cause) => {
    const error = Option.getOrUndefined(Cause.dieOption(cause))
    assert.instanceOf(error, InvalidSetting)
    return error.message
  })

const building = <A, E>(layer: Layer.Layer<A, E>) => defect(Effect.provide(Effect.void, layer))

describe("settings", () => {
  it.effect("take durations, and return milliseconds", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.setBehavior({ auditLag: Duration.seconds(3), auditReach: "unlimited", regrant: undefined })
      assert.deepStrictEqual(yield* fake.behavior, {
        ...ServerBehavior.defaults,
        regrant: "second",
        rate: { requests: 10, per: 60_000 },
        latency: { min: 200, max: 1500 },
        replyLatency: 5,
        listingLag: 1500,
        auditLag: 3000
      })
    }).pipe(
      Effect.provide(
        FakePermissions.layer({
          behavior: {
            regrant: "second",
            rate: { requests: 10, per: "1 minute" },
            latency: { min: "200 millis", max: Duration.seconds(1.5) },
            replyLatency: 5,
            listingLag: "1.5 seconds"
          }
        })
      )
    )
  )

  test("that are invalid are a defect that says what is expected", function* () {
    for (const latency of [-5, "-5 seconds", "soon", null, { min: "2 seconds", max: "1 second" }, { min: 1 }]) {
      const behavior: object = { latency }
      assert.match(yield* building(FakePermissions.layer({ behavior })), /^behavior\.latency(\.max)?: expected /)
    }
    const misspelt: object = { seeds: {} }
    assert.match(yield* building(FakePermissions.layer(misspelt)), /^options\.seeds: .* did you mean seed\?$/)
    const unread: object = { rate: { requests: 1, per: "soon" } }
    const said =
      'behavior.rate.per: expected milliseconds, or a duration such as "300 millis" or "1 minute", got "soon"'
    assert.strictEqual(yield* building(FakePermissions.layer({ behavior: unread })), said)
    const often = Faults.random({ seed: 1, probability: 3 })
    assert.match(yield* building(Emulator.layer({ faults: often })), /^faults\.probability: expected a number from 0/)
  })
})

describe("Faults", () => {
  it("take durations", () => {
    assert.deepStrictEqual(Faults.latency({ before: "2 seconds" }), { _tag: "Latency", before: 2000, after: 0 })
    assert.deepStrictEqual(Faults.lateWork("1.5 seconds"), { _tag: "LateWork", millis: 1500, meanwhile: "wait" })
    assert.deepStrictEqual(Faults.endless({ every: "1 minute" }), { _tag: "Endless", chunk: 1024, every: 60_000 })
    assert.deepStrictEqual(Faults.endless(), { _tag: "Endless", chunk: 1024, every: 100 })
  })

  it.prop("a plan is data: it survives JSON", [Faults.Plan], ([plan]) => {
    const json = Schema.parseJson(Faults.Plan)
    assert.deepStrictEqual(Schema.decodeSync(json)(Schema.encodeSync(json)(plan)), plan)
  })

  it("schemas refuse what the fake refuses, in its words", () => {
    const refusal = <A>(schema: Schema.Schema<A>, value: unknown) => {
      const decoded = Schema.decodeUnknownEither(schema)(value)
      return Either.isLeft(decoded) ? decoded.left.message : "accepted"
    }
    assert.strictEqual(refusal(Faults.Fault, Faults.dropAfter()), "accepted")
    assert.match(refusal(Faults.Fault, { ...Faults.huge(), bytes: -1 }), /^fault\.bytes: expected a whole number/)
    assert.strictEqual(refusal(Faults.Entry, { fault: Faults.html(), nth: 2 }), "accepted")
    assert.match(
      refusal(Faults.Entry, { fault: Faults.html(), nth: 0 }),
      /^fault\.nth: expected a whole number from 1 on/
    )
    assert.strictEqual(refusal(Faults.Plan, Faults.none), "accepted")
    assert.match(refusal(Faults.Plan, { _tag: "Random", seed: 1, probability: 2 }), /^faults\.probability: expected/)
  })

  it("of a fault with an unknown name are refused, also if they are durations", () => {
    for (const make of [Faults.latency, Faults.endless]) {
      assert.throws(() => Reflect.apply(make, undefined, [{ afer: 1 }]), InvalidSetting, "afer: no such setting")
    }
  })
})
