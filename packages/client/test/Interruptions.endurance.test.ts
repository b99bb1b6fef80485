import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { seeds } from "../../../scripts/endurance.ts"
import { caseOf, check } from "./support/interruptions.ts"

const all = seeds(40, 2000)

it(`${all.length} calls that are interrupted at random leave nothing behind`, { timeout: 600_000 }, async () => {
  for (const seed of all) {
    const one = caseOf(seed)
    assert.deepStrictEqual(await Effect.runPromise(check(one)), [], JSON.stringify(one))
  }
})
