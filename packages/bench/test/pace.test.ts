import { assert, describe, it } from "vitest"
import * as effect4 from "../src/pace/effect4.ts"
import { families, measured } from "../src/pace/families.ts"
import { failed, figureOf, judge, ratios, worst } from "../src/pace/figures.ts"
import { others } from "../src/pace/others.ts"
import { plot } from "../src/pace/plot.ts"

describe("the adaptive pace keeps its goals (three servers of each family; npm run figures:pace measures more)", () => {
  it.each(families.map((family) => [family.name, family] as const))("%s", (_, family) => {
    assert.deepStrictEqual(figureOf(family, 3).missed, [])
  })
})

describe("the whole client for Effect 4 keeps them too (one server each; -- --effect4 adaptive measures more)", () => {
  const some = families.filter(({ name }) => /^(a.*8 fibers|b|g)/.test(name))
  it.each(some.map((family) => [family.name, family] as const))("%s", async (_, family) => {
    const one = family.make(0)
    const result = await effect4.simulate(one.server(), one.work, "adaptive")
    assert.deepStrictEqual(judge(family, [measured(one, result)]).missed, [])
  })
})

describe("servers without a goal", () => {
  it.each(others.map((family) => [family.name, family] as const))("%s: all calls end", (_, family) => {
    assert.isTrue(Number.isFinite(worst(ratios(figureOf(family, 3)))))
  })

  it.each([
    ["sliding windows", 1.6],
    ["x-ratelimit headers", 1.5],
    ["no burst at all", 2.2],
    ["debt: a refused request costs a token", 1.6]
  ])("%s: at most %f times as long as needed, and none fails", (name, most) => {
    const family = others.find((one) => one.name === name)
    assert.isDefined(family)
    if (family === undefined) return
    const figure = figureOf(family, 5)
    assert.isAtMost(worst(ratios(figure)), most)
    assert.strictEqual(failed(figure), 0)
  })

  it("one in ten refused at random is no rate", () => {
    const family = others.find((one) => one.name === "10 % refused at random, untold")
    assert.isDefined(family)
    if (family === undefined) return
    const { variants } = figureOf(family, 20)
    // 16,000 seconds in the mean by a pace that takes every refusal for a rate
    const seconds = variants.map(({ time }) => time / 1000)
    assert.isAtMost(seconds.reduce((sum, one) => sum + one, 0) / seconds.length, 300)
  })
})

it("the plot is the same each time, and shows refused and accepted requests", () => {
  const svg = plot()
  assert.strictEqual(svg, plot())
  assert.match(svg, /class="yes"/)
  assert.match(svg, /class="no"/)
})
