import { InvalidSetting } from "@checkpoint-permissions/fake"
import { Emulator, FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, type Layer, Option } from "effect"

/** The defect of an effect, which has to be that of a setting. */
const defect = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.sandbox(effect).pipe(Effect.flip), (cause) => {
    const error = Option.getOrUndefined(Cause.dieOption(cause))
    assert.instanceOf(error, InvalidSetting)
    return error.message
  })

const building = <A, E>(layer: Layer.Layer<A, E>) => defect(Effect.provide(Effect.void, layer))

const behaving = (settings: object) => building(FakePermissions.layer({ behavior: settings }))

describe("settings that make no sense are a defect that says what would do", () => {
  it.effect("behavior", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* behaving({ regrant: "twice" }),
        'behavior.regrant: expected "existing", "second", "conflict" or "bad-request", got "twice"'
      )
      for (const latency of [-5, "-5 seconds", "soon", null, { min: "2 seconds", max: "1 second" }]) {
        assert.match(yield* behaving({ latency }), /^behavior\.latency(\.max)?: expected /)
        assert.match(yield* behaving({ replyLatency: latency }), /^behavior\.replyLatency(\.max)?: expected /)
      }
      assert.match(yield* behaving({ listingLag: "-1 millis" }), /^behavior\.listingLag: expected milliseconds/)
      assert.match(yield* behaving({ rate: { requests: 0, per: "1 minute" } }), /^behavior\.rate\.requests: /)
      assert.match(yield* behaving({ rate: { requests: 1, per: "0 seconds" } }), /^behavior\.rate\.per: /)
      assert.match(yield* behaving({ keys: "all" }), /^behavior\.keys: expected "any" or a list of keys/)
      assert.match(yield* behaving({ regrants: "second" }), /^behavior\.regrants: no such setting/)
    })
  )

  it.effect("a key that is refused is not shown", () =>
    Effect.gen(function* () {
      const message = yield* behaving({ keys: [ServerBehavior.adminKey("sk-admin-\u0001")] })
      assert.match(message, /^behavior\.keys\[0\]\.key: expected/)
      assert.notInclude(message, "sk-admin")
    })
  )

  it.effect("seed and faults, of the emulator too", () =>
    Effect.gen(function* () {
      assert.match(
        yield* building(FakePermissions.layer({ seed: { "ft:a": [""] } })),
        /^seed\["ft:a"\]\[0\]: the project id is empty/
      )
      assert.match(
        yield* building(Emulator.layer({ faults: Faults.random({ seed: 1, probability: 3 }) })),
        /^faults\.probability: expected a number from 0 to 1, got 3$/
      )
    })
  )

  it.effect("the controls; and nothing is changed", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const before = yield* fake.behavior
      assert.match(yield* defect(fake.seed({ "": [] })), /^seed/)
      assert.match(yield* defect(fake.setBehavior({ regrant: "second", latency: -1 })), /^behavior\.latency/)
      assert.match(yield* defect(fake.setFaults(Faults.random({ seed: 0.5, probability: 1 }))), /^faults\.seed/)
      assert.match(yield* defect(fake.inject(Faults.lateWork(-1))), /^fault\.fault\.millis/)
      assert.match(yield* defect(fake.inject(Faults.dropAfter(), { times: 0 })), /^fault\.times/)
      assert.strictEqual(yield* fake.behavior, before)
      assert.deepStrictEqual(yield* fake.allPermissions, {})
    }).pipe(Effect.provide(FakePermissions.layer()))
  )
})
