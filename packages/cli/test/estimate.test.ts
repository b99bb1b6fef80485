import { assert, describe, it } from "@effect/vitest"
import { Duration, TestClock } from "effect"
import { lasting, makeRest } from "../src/internal/terminal/estimate.ts"
import { scoped } from "./support/test.ts"

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
})
