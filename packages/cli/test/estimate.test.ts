import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import type { Estimate } from "@checkpoint-permissions/protocol/estimates"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck as fc, Redacted, TestClock } from "effect"
import { withProgress } from "../src/internal/server/reading.ts"
import { formatEstimate, formatMillis, makeTimeLeft, time } from "../src/internal/terminal/estimate.ts"
import { time as duration, waitCause } from "../src/internal/terminal/time.ts"
import { silentScreen } from "./support/screen.ts"
import { scoped } from "./support/test.ts"

const measured = (minutes: number) => ({ basis: "measured", duration: Duration.minutes(minutes), refused: 3 }) as const

describe("an estimate in a line of progress", () => {
  scoped("names its basis, and does not jump", function* () {
    let next: CheckpointPermissions.Estimate = { basis: "assumed", duration: Duration.minutes(29), refused: 0 }
    const service = yield* CheckpointPermissions.make({ adminKey: Redacted.make("sk-admin-test") }).pipe(
      Effect.provide(FakePermissions.layer())
    )
    const timeLeft = yield* Effect.provideService(makeTimeLeft, CheckpointPermissions.CheckpointPermissions, {
      ...service,
      estimate: () => Effect.sync(() => next)
    })
    const left = (estimate: CheckpointPermissions.Estimate) => {
      next = estimate
      return timeLeft({ list: 60 })
    }
    assert.strictEqual(
      yield* left({ ...next, unrefused: Duration.seconds(5) }),
      "; left: at least 3s, 29m or more at 10 a minute"
    )
    assert.strictEqual(yield* left(measured(40)), "; left: at least 24m at the measured rate")
    yield* TestClock.adjust("6 seconds")
    assert.strictEqual(yield* left(measured(80)), "; left: at least 26m at the measured rate")
    assert.strictEqual(yield* left({ ...measured(80), refused: 4 }), "; left: at least 48m at the measured rate")
  })

  it("is not smoothed where it is printed once", () => {
    assert.strictEqual(formatEstimate(measured(40)), "at least 24m at the measured rate")
  })
})

const units: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 }

/** The time in a text, in milliseconds. */
const shown = (millis: number): number =>
  [...time(millis).matchAll(/(\d+) ?([dhms])/g)].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (units[unit] ?? 0),
    0
  )

describe("the estimate of a command that reads checkpoints", () => {
  scoped("is printed without a terminal if it is longer than ten seconds", function* () {
    const said: Array<string> = []
    const read = (total: number) => withProgress({ name: "drift", total }, () => Effect.void)
    yield* Effect.zipRight(read(12), read(2)).pipe(
      Effect.provide(silentScreen(said)),
      Effect.provide(
        CheckpointPermissions.layer({
          adminKey: Redacted.make("sk-admin-test"),
          pacing: Pacing.fixed({ requests: 2, per: "1 minute" })
        })
      ),
      Effect.provide(FakePermissions.layer())
    )
    assert.match(said.join(""), /^Reading 12 checkpoints, at least \dm( \d+s)? at the given rate\.\n$/)
  })
})

describe("words", () => {
  it("times are rounded to a tenth, or a second", () => {
    const times = [
      0, 1499, 59_400, 59_900, 64_000, 119_900, 126_000, 1_789_000, 7_180_000, 7_800_000, 40_000_000, 97_000_000
    ]
    assert.strictEqual(times.map(time).join(), "1s,1s,59s,1m,1m 5s,2m,2m 10s,30m,2h,2h 10m,11h,1d 3h")
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 100_000_000 }), (millis) => {
        assert.isAtMost(Math.abs(shown(millis) - millis), Math.max(500, millis / 20))
      })
    )
  })

  it.each<[Partial<Estimate>, string]>([
    [{ millis: 900, basis: "configured" }, ""],
    [{ millis: 1600, basis: "measured" }, ""],
    [{ basis: "configured", refused: 1 }, "at least 29m at the given rate"],
    [{}, "29m or more at 10 a minute"],
    [{ millis: 0 }, ""],
    [{ unrefused: 1600 }, "29m or more at 10 a minute"],
    [{ unrefused: 4800 }, "at least 3s, 29m or more at 10 a minute"],
    [{ unrefused: 4800, refused: 1 }, "at least 3s, 29m or more at 10 a minute"],
    [{ unrefused: 1_739_000 }, "at least 17m, 29m or more at 10 a minute"],
    [{ refused: 1 }, "29m or more at 10 a minute"],
    [{ basis: "measured" }, "at least 17m at the measured rate"],
    [{ basis: "configured" }, "about 29m at the given rate"]
  ])("of %j name the basis of the estimate: %s", (estimate, text) => {
    assert.strictEqual(formatMillis({ basis: "assumed", millis: 1_740_000, refused: 0, ...estimate }), text)
  })
})

describe("a wait", () => {
  it.each([
    [true, "connection lost (ECONNRESET)"],
    [false, "no connection (ECONNRESET)"]
  ])("for a connection that had sent a request: %s", (sent, cause) => {
    const error = new PermissionsError.ConnectionError({ operation: "list", reason: "ECONNRESET", sent })
    assert.strictEqual(waitCause(error), cause)
  })

  it.each([
    [20, "20ms"],
    [99.9, "100ms"],
    [500, "500ms"],
    [65_000, "1m 5s"],
    [0, "0ms"]
  ])("of %d milliseconds is %s", (millis, text) => assert.strictEqual(duration(Duration.millis(millis)), text))
})
