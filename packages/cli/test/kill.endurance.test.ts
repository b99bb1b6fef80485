import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { seeds } from "../../../scripts/endurance.ts"
import { once } from "./support/kill.ts"

const all = seeds(1, 24)

describe("an apply that is killed", () => {
  it.live(
    `and run again reaches the policy without duplicates: ${all.length} times, at random moments`,
    () =>
      Effect.gen(function* () {
        const rounds = yield* Effect.forEach(all, (seed) => Effect.withRandom(once, Random.make(seed)), {
          concurrency: 4
        })
        assert.deepStrictEqual(
          rounds.flatMap(({ wrong }) => wrong),
          []
        )
        // Some of many are killed in the middle of their writes.
        if (all.length > 8) assert.isTrue(rounds.some(({ before }) => before > 0 && before < 30))
      }),
    1_800_000
  )
})
