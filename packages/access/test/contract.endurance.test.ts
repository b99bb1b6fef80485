import * as contract from "@checkpoint-permissions/contract"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isEndurance } from "../../../scripts/endurance.ts"
import { observe } from "./support/contract.ts"

describe.each(Object.entries(contract.groups))("the contract: %s", (_group, cases) => {
  it.effect.each(cases.map((one) => [one.name, one] as const))("%s", ([, one]) =>
    Effect.forEach(contract.stepsOf(one, isEndurance), (steps) =>
      Effect.map(observe(one, steps), (observed) =>
        assert.deepStrictEqual(contract.differences(one, observed), [], `yielding after ${steps} steps`)
      )
    )
  )
})
