import * as contract from "@checkpoint-permissions/contract"
import { Effect } from "effect"
import { assert, describe } from "vitest"
import { amount } from "../../../tools/endurance.ts"
import { observe } from "./support/contract.ts"
import { it } from "./support/it.ts"

describe.each(Object.entries(contract.groups))("the contract: %s", (_group, cases) => {
  for (const one of cases) {
    it.effect(one.name, () =>
      Effect.forEach(contract.stepsOf(one, amount(12, 4, 1)), (steps) =>
        Effect.map(observe(one, steps), (observed) =>
          assert.deepStrictEqual(contract.differences(one, observed), [], `yielding after ${steps} steps`)
        )
      )
    )
  }
})
