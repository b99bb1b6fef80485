import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Counts, run } from "./support/lockModel.ts"

/** `LOCK_RUNS=5000 LOCK_SEED=1000 npx vitest run --project access lockModel` asks for more. */
const runs = Number(process.env["LOCK_RUNS"] ?? 60)
const first = Number(process.env["LOCK_SEED"] ?? 1)

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
      for (let seed = first; seed < first + runs; seed += 1) {
        const { counts, wrong } = yield* run(seed)
        assert.deepStrictEqual(wrong, [], `LOCK_SEED=${seed} LOCK_RUNS=1 repeats it`)
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
