import { assert, describe, it } from "@effect/vitest"
import { Duration, TestClock } from "effect"
import { scoped } from "../../cluster/test/support/test.ts"
import { lasting, makeRest, makeRestOf } from "../src/internal/terminal/estimate.ts"

const measured = (minutes: number) => ({ basis: "measured", duration: Duration.minutes(minutes), refused: 3 }) as const

describe("an estimate in a line of progress", () => {
  scoped("says what it rests on, and does not jump", function* () {
    const rest = makeRest()
    const assumed = { basis: "assumed", duration: Duration.minutes(29), refused: 0 } as const
    assert.strictEqual(
      yield* rest({ ...assumed, unrefused: Duration.seconds(5) }),
      "; left: about 29m at ten a minute, 5 s if nothing is refused"
    )
    assert.strictEqual(yield* rest(measured(40)), "; left: about 40m at the measured pace")
    yield* TestClock.adjust("6 seconds")
    assert.strictEqual(yield* rest(measured(80)), "; left: about 44m at the measured pace")
    assert.strictEqual(yield* rest({ ...measured(80), refused: 4 }), "; left: about 1h 20m at the measured pace")
  })

  it("said once, it is as it is", () => {
    assert.strictEqual(lasting(measured(40)), "about 40m at the measured pace")
  })

  it("of a job it is known after a minute, and not when nothing is left", () => {
    const rest = makeRestOf(10)
    rest.at(0, false)
    rest.at(30_000, true)
    assert.strictEqual(rest.words(), "")
    rest.at(60_000, true)
    assert.strictEqual(rest.words(), "; left: about 4m at the measured pace")
    rest.at(65_000, false)
    for (let i = 3; i <= 10; i++) rest.at(i * 30_000, true)
    assert.strictEqual(rest.words(), "")
  })
})
