import { assert, describe, it } from "vitest"
import * as contract from "../../contract/src/index.ts"
import { isOfRules, observe } from "./support/shell.ts"

const { access, errors, input, listing, paging, replies, retry } = contract

describe.each(Object.entries({ access, errors, input, listing, paging, replies, retry }))(
  "the contract: %s",
  (_group, cases) => {
    it.each(cases.filter(isOfRules).map((one) => [one.name, one] as const))("%s", (_name, one) => {
      assert.deepStrictEqual(contract.differences(one, observe(one)), [])
    })
  }
)
