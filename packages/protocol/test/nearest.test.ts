import { assert, describe, it } from "vitest"
import { nearest } from "../src/nearest.ts"

const commands = ["list", "grant", "revoke", "plan", "apply", "audit"]

describe("the nearest name", () => {
  it.each([
    ["lsit", "list"],
    ["LIST", "list"],
    ["rvoke", "revoke"],
    ["aplly", "apply"],
    ["aduit", "audit"],
    ["frobnicate", undefined],
    ["", undefined]
  ])("of %j is %s", (word, meant) => {
    assert.strictEqual(nearest(word, commands), meant)
  })

  it("keeps digits apart, which tell names from each other", () => {
    assert.strictEqual(nearest("group-12", ["group-31", "group-13"]), "group-13")
  })
})
