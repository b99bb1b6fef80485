import { assert, describe, it } from "vitest"
import { readProperties } from "../src/internal/properties.ts"

const reasonOf = (name: string, names: ReadonlyArray<string>) => {
  const rules = Object.fromEntries(names.map((known) => [known, () => undefined]))
  const read = readProperties("options", { [name]: 1 }, rules)
  return "reason" in read ? read.reason : ""
}

describe("a misspelt name", () => {
  it("is told the nearest of several", () => {
    for (const names of [
      ["abcdefghi", "abcdefxyz"],
      ["abcdefxyz", "abcdefghi"]
    ]) {
      assert.strictEqual(
        reasonOf("abcdefxhi", names),
        `unknown name: did you mean abcdefghi? known are ${names.join(", ")}`
      )
    }
  })

  it.each([
    ["apiurlxx", true],
    ["apiurlxxx", false],
    ["iurl", true],
    ["url", false],
    ["xxiUrl", true],
    ["xxxUrl", false]
  ])("%s is near apiUrl, of which a third may differ: %s", (name, isNear) => {
    assert.strictEqual(reasonOf(name, ["apiUrl"]).includes("did you mean apiUrl?"), isNear)
  })

  it("is compared up to 64 letters", () => {
    const known = "a".repeat(64)
    assert.include(reasonOf(`${known.slice(1)}b`, [known]), "did you mean")
    assert.notInclude(reasonOf(`${known}b`, [known]), "did you mean")
  })
})
