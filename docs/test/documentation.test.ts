import { assert, describe, it } from "vitest"
import { exported } from "./support/exported.ts"

describe("what the packages export", () => {
  it("is found", () => {
    assert.isAbove(exported.filter(({ isValue }) => isValue).length, 440)
    assert.isAbove(exported.filter(({ isValue }) => !isValue).length, 190)
  })

  it("has a doc comment and an example, or as a type a link to one", () => {
    const lacking = exported.flatMap(({ lacks, name, origin }) =>
      lacks.map((what) => `${origin}: ${name} lacks ${what}`)
    )
    assert.isEmpty(lacking, lacking.join("\n"))
  })
})
