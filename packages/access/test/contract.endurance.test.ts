import * as contract from "@checkpoint-permissions/contract"
import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import { amount } from "../../../tools/endurance.ts"
import { observe } from "./support/contract.ts"

describe.each(Object.entries(contract.groups))("the contract: %s", (_group, cases) => {
  // Each run has a clock of its own, and none of the test services of `it.effect`, which take as long as a small case.
  it.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    for (const steps of contract.stepsOf(one, amount(12, 4, 1))) {
      const observed = await Effect.runPromise(observe(one, steps))
      assert.deepStrictEqual(contract.differences(one, observed), [], `yielding after ${steps} steps`)
    }
  })
})
