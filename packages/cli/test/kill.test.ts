import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { once } from "./support/kill.ts"

describe("an apply that is killed", () => {
  it.live(
    "and run again ends at the policy, nothing doubled: 8 times, at random moments",
    () =>
      Effect.gen(function* () {
        const rounds = yield* Effect.replicateEffect(once, 8, { concurrency: 4 })
        assert.deepStrictEqual(
          rounds.flatMap(({ wrong }) => wrong),
          []
        )
        assert.isTrue(rounds.some(({ before }) => before > 0 && before < 30))
      }),
    180_000
  )
})
