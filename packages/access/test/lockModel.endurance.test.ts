import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { seeds } from "../../../scripts/endurance.ts"
import { type Counts, run } from "./support/lockModel.ts"

const all = seeds(20, 600)
const runs = all.length

const sum = (a: Counts, b: Counts): Counts => ({
  held: a.held + b.held,
  locked: a.locked + b.locked,
  killed: a.killed + b.killed,
  frozen: a.frozen + b.frozen,
  lost: a.lost + b.lost
})

describe("processes that are killed and frozen before any operation on a file", () => {
  it.live("never hold a lock together, and leave it to be taken", () =>
    Effect.gen(function* () {
      let total: Counts = { held: 0, locked: 0, killed: 0, frozen: 0, lost: 0 }
      for (const seed of all) {
        const { counts, wrong } = yield* run(seed)
        assert.deepStrictEqual(wrong, [], `SEEDS=${seed} repeats it`)
        total = sum(total, counts)
      }
      // Much of what is meant to happen did.
      assert.isAbove(total.held, runs * 3)
      assert.isAbove(total.locked, runs)
      assert.isAbove(total.killed, runs / 2)
      assert.isAbove(total.frozen, runs / 2)
    })
  )
})
