import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { caseOf, check } from "./support/interruptions.ts"

const cases = 300

it(`${cases} calls that are interrupted at random leave nothing behind`, { timeout: 600_000 }, async () => {
  for (let seed = 1; seed <= cases; seed++) {
    const one = caseOf(seed)
    assert.deepStrictEqual(await Effect.runPromise(check(one)), [], JSON.stringify(one))
  }
})
