import fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as contract from "../../contract/src/index.ts"
import { isOfRules, observe } from "./support/driver.ts"

describe.each(Object.entries(contract.groups).filter(([, cases]) => cases.some(isOfRules)))(
  "the contract: %s",
  (_group, cases) => {
    it.each(cases.filter(isOfRules).map((one) => [one.name, one] as const))("%s", (_name, one) => {
      assert.deepStrictEqual(contract.differences(one, observe(one)), [])
    })
  }
)

describe("a create under any faults", () => {
  const sure = contract.certain.map((fault) => JSON.stringify(fault))
  const fault = fc.constantFrom(...contract.doubtful.map(([, one]) => one), ...contract.certain, ...contract.certain)

  it("is executed at most once, and an error that says that nothing happened is right", () => {
    fc.assert(
      fc.property(fc.array(fault, { maxLength: 8 }), (answers) => {
        const options = { retry: { times: 20, every: 1000, cap: 86_400_000 }, timeout: 20_000 }
        const call = contract.create("proj_a")
        const seen = observe({ name: "", answers, behavior: { regrant: "second" }, options, call, ok: "any" })
        const unsure = seen.requests.filter((request) => !sure.includes(JSON.stringify(request.fault)))
        assert.isAtMost(unsure.length, 1)
        assert.isAtMost(seen.leaves.length, 1)
        if ("ok" in seen.outcome) assert.deepStrictEqual(seen.leaves, ["proj_a"])
        else if (!Reflect.get(seen.outcome.fail, "mayHaveExecuted")) assert.deepStrictEqual(seen.leaves, [])
      }),
      { numRuns: 500 }
    )
  })
})
