import * as contract from "@checkpoint-permissions/contract"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { observe } from "./support/contract.ts"

const { differences, lineOf: _, stepsOf, ...groups } = contract

describe.each(Object.entries(groups))("the contract: %s", (_group, cases) => {
  it.effect.each(cases.map((one) => [one.name, one] as const))("%s", ([, one]) =>
    Effect.forEach(stepsOf(one), (steps) =>
      Effect.map(observe(one, steps), (observed) =>
        assert.deepStrictEqual(differences(one, observed), [], `yielding after ${steps} steps`)
      )
    )
  )
})
