import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { type Turn, take } from "./turn.ts"

const cost = fc.double({ min: 0.5, max: 100_000, noNaN: true })

/** Asks at each of the times. */
const ask = (times: ReadonlyArray<number>, costs: ReadonlyArray<number>) => {
  let stored: Turn | undefined
  return times.map((now, index) => {
    const answer = take(stored, now, costs[index % costs.length] ?? 1)
    const before = stored
    stored = answer.stored
    return { now, before, ...answer }
  })
}

describe("take", () => {
  it("the first turn is at once", () => {
    assert.deepStrictEqual(take(undefined, 5, 6000), { wait: 0, stored: { at: 5, cost: 6000 } })
  })

  it("two turns are never nearer than the cost of the first", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 20_000, noNaN: true })),
        fc.array(cost, { minLength: 1 }),
        (steps, costs) => {
          let now = 1_764_000_000_000
          const turns = ask(
            steps.map((step) => (now += step)),
            costs
          ).filter(({ wait }) => wait === 0)
          for (const [index, { now, before }] of turns.entries()) {
            const last = turns[index - 1]
            if (last !== undefined && before !== undefined) assert.isAtLeast(now - last.now, last.stored.cost)
          }
        }
      )
    ))

  it("a wait is what is left of the cost, and then there is a turn", () =>
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), cost, cost, (elapsed, before, next) => {
        const stored = { at: 1_764_000_000_000, cost: before }
        const { wait } = take(stored, stored.at + elapsed, next)
        assert.isAtMost(wait, before)
        // a thousandth: what is left is added to a number of twelve digits
        assert.strictEqual(take(stored, stored.at + elapsed + wait + 0.001, next).wait, 0)
      })
    ))

  it("no step of the clock makes a wait longer than the cost of the last turn", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true })),
        fc.array(cost, { minLength: 1 }),
        (times, costs) => {
          for (const { before, stored, wait, now } of ask(times, costs)) {
            assert.isAtMost(wait, before?.cost ?? 0)
            // asked again in time, it is a turn, unless the clock is put back once more
            assert.strictEqual(take(stored, now + wait + 0.001, 1).wait === 0 || wait === 0, true)
          }
        }
      )
    ))
})
