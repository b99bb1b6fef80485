import * as contract from "@checkpoint-permissions/contract"
import { Effect } from "effect"
import { assert, describe } from "vitest"
import { observe } from "./support/contract.ts"
import { it } from "./support/it.ts"

const { differences, lineOf: _, stepsOf, ...groups } = contract

describe.each(Object.entries(groups))("the contract: %s", (_group, cases) => {
  for (const one of cases) {
    it.effect(one.name, () =>
      Effect.forEach(stepsOf(one), (steps) =>
        Effect.map(observe(one, steps), (observed) =>
          assert.deepStrictEqual(differences(one, observed), [], `yielding after ${steps} steps`)
        )
      )
    )
  }
})
