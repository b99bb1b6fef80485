import { assert, describe, it } from "vitest"
import { type Exported, exported } from "./support/exported.ts"

const moduleOf = ({ name }: Exported): string => name.split("#")[0] ?? ""

describe("what the packages export", () => {
  it("is found", () => {
    assert.isAbove(exported.filter(({ isValue }) => isValue).length, 440)
    assert.isAbove(exported.filter(({ isValue }) => !isValue).length, 190)
  })

  it("has a doc comment", () => {
    assert.deepStrictEqual(
      exported.flatMap(({ isDocumented, name, origin }) => (isDocumented ? [] : [`${origin}: ${name}`])),
      []
    )
  })

  it("is as old as its module says, but for protocol, which promises nothing between versions", () => {
    const undated = exported.filter(({ isDated, name }) => !isDated && !name.startsWith("protocol/"))
    assert.deepStrictEqual([...new Set(undated.map(moduleOf))], [])
  })

  it("has an example in each module, but for protocol, which promises nothing", () => {
    const modules = new Set(exported.map(moduleOf).filter((module) => !module.startsWith("protocol/")))
    for (const one of exported) if (one.hasExample) modules.delete(moduleOf(one))
    assert.deepStrictEqual([...modules], [])
  })
})
