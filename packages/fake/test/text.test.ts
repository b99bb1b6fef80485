import { behavior, emulator, InvalidSetting } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

const millis = fc.integer({ min: 0, max: 2_147_483_647 })
const delay = fc.oneof(
  millis,
  fc.tuple(millis, millis).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }))
)

const settings: fc.Arbitrary<behavior.Settings> = fc.record(
  {
    regrant: fc.constantFrom(...behavior.unknowns.regrant),
    listingLag: millis,
    auditLag: millis,
    latency: delay,
    replyLatency: delay,
    rate: fc.oneof(
      fc.constant("unlimited" as const),
      fc.record({ requests: fc.integer({ min: 1, max: 1000 }), per: fc.integer({ min: 1, max: 2_147_483_647 }) })
    ),
    shortPages: fc.oneof(fc.constant("never" as const), fc.record({ seed: fc.integer() })),
    owners: fc.constant({ "ft:a": "proj_a" })
  },
  { requiredKeys: [] }
)

describe("settings as people write them", () => {
  it("what formatBehavior writes, parseSettings reads as it was", () =>
    fc.assert(
      fc.property(settings, (given) => {
        const text = JSON.parse(JSON.stringify({ behavior: emulator.formatBehavior(given) }))
        assert.deepStrictEqual(emulator.parseSettings(text).behavior, given)
      })
    ))

  it.each([
    ["300ms", 300],
    ["5s", 5000],
    ["5 s", 5000],
    ["0.5s", 500],
    ["1 minute", 60_000],
    ["2minutes", 120_000]
  ])("a duration: %s", (text, expected) => {
    assert.strictEqual(emulator.parseSettings({ behavior: { listingLag: text } }).behavior?.listingLag, expected)
  })

  it.each([300, "300", "1 hour", "1m", "-1s", "", "1e3ms", "s", null])("no duration: %j", (value) => {
    assert.throws(
      () => emulator.parseSettings({ behavior: { listingLag: value } }),
      InvalidSetting,
      /^behavior\.listingLag: expected a duration such as "300ms", "5s" or "1 minute", got/
    )
  })

  it("a seed file: permissions, and an organization beside them; a checkpoint may be called so", () => {
    const organization = { projects: ["proj_a"] }
    assert.deepStrictEqual(emulator.parseSeed({ "ft:a": ["proj_a"], organization }), {
      seed: { "ft:a": ["proj_a"] },
      organization
    })
    assert.deepStrictEqual(emulator.parseSeed({ organization: ["proj_a"] }), {
      seed: { organization: ["proj_a"] },
      organization: undefined
    })
  })
})
