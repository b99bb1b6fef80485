import { behavior, emulator, faults, InvalidSetting } from "@checkpoint-permissions/fake"
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
    auditLag: delay,
    auditReach: fc.oneof(fc.constant("unlimited" as const), fc.integer({ min: 0, max: 10 * 31_536_000_000 })),
    dashboardEvents: fc.constantFrom(0, 0.5, 1),
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
    ["2minutes", 120_000],
    ["300 millis", 300],
    ["1.5h", 5_400_000],
    ["1 day", 86_400_000],
    ["1h30m", 5_400_000],
    ["1 minute 30 seconds", 90_000],
    ["1m500ms", 60_500]
  ])("a duration: %s", (text, expected) => {
    assert.strictEqual(emulator.parseSettings({ behavior: { listingLag: text } }).behavior?.listingLag, expected)
  })

  it.each([
    ["10/minute", 10, 60_000],
    ["600/h", 600, 3_600_000],
    ["1/6s", 1, 6000],
    ["3/1m30s", 3, 90_000]
  ])("a rate: %s", (rate, requests, per) => {
    assert.deepStrictEqual(emulator.parseSettings({ behavior: { rate } }).behavior?.rate, { requests, per })
  })

  it.each([300, "300", "1 week", "1M", "-1s", "", "1e3ms", "s", "1m30", "1 m s", "m1", null])(
    "%j is no duration",
    (value) => {
      assert.throws(
        () => emulator.parseSettings({ behavior: { listingLag: value } }),
        InvalidSetting,
        /^behavior\.listingLag: expected a duration such as "300ms", "5s", "1 minute" or "2h", got/
      )
    }
  )

  it.each([
    ["listingLag", "30 days", "a duration of 24 days at most"],
    ["latency", "2s-1s", 'a range from the shorter to the longer time, such as "100ms-2s"']
  ])("%s: %s is refused", (name, value, what) => {
    const message = `behavior.${name}: expected ${what}, got "${value}"`
    assert.throws(() => emulator.parseSettings({ behavior: { [name]: value } }), InvalidSetting, message)
  })

  it.each<readonly [kind: faults.Kind, fault: faults.Fault]>([
    ["rate-limited", faults.rateLimited()],
    ["latency", faults.latency({ before: 1000 })],
    ["truncated-body", faults.truncatedBody()],
    ["redirect", faults.redirect("https://elsewhere.example/v1/fine_tuning/checkpoints", 302)],
    ["endless", faults.endless()],
    ["huge", faults.huge()]
  ])("a fault by its kind: %s", (kind, fault) => {
    assert.deepStrictEqual(emulator.parseSettings({ faults: [{ fault: kind }] }).faults, faults.scripted([fault]))
  })

  it("a seed file: permissions, and an organization beside them; a checkpoint may be called so", () => {
    const organization = { projects: ["proj_a"] }
    assert.deepStrictEqual(emulator.parseSeed({ "ft:a": ["proj_a"], organization }), {
      seed: { "ft:a": ["proj_a"] },
      organization
    })
    const events = [{ type: "user.added", effective_at: 5, actor: { session: { email: "ana@example.com" } } }]
    assert.deepStrictEqual(emulator.parseSeed({ organization: { events } }).organization, { events })
    assert.deepStrictEqual(emulator.parseSeed({ organization: ["proj_a"] }), {
      seed: { organization: ["proj_a"] },
      organization: undefined
    })
  })
})
