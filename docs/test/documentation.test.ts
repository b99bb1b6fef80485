import { assert, describe, it } from "vitest"
import { documented } from "./support/documented.ts"

/** Packages of which everything has its example. */
const whole = new Set(["client", "core", "fake", "testing"])

describe("what the packages export", () => {
  it("is found", () => {
    assert.isAbove(documented.filter(({ isValue }) => isValue).length, 400)
  })

  it("has a doc comment and an example, or as a type a link to one", () => {
    const lacking = documented
      .filter(({ name }) => whole.has(name.split("/")[0] ?? ""))
      .flatMap(({ lacks, name, origin }) => lacks.map((what) => `${origin}: ${name} lacks ${what}`))
    assert.isEmpty(lacking, lacking.join("\n"))
  })
})
