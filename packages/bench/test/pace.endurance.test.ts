import * as estimates from "@checkpoint-permissions/protocol/estimates"
import { assert, describe, it } from "vitest"
import { amount } from "../../../tools/endurance.ts"
import * as effect4 from "../src/pace/effect4.ts"
import { type Case, families, measured } from "../src/pace/families.ts"
import { failed, figureOf, judge, ratios, worst } from "../src/pace/figures.ts"
import { others } from "../src/pace/others.ts"
import { plot } from "../src/pace/plot.ts"
import { simulate } from "../src/pace/simulation.ts"

/** How many servers of a family are tried. */
const count = (short: number, long: number): number => amount(short, Math.max(short, long / 5), long)

describe("the adaptive pace keeps its goals (three servers of each family; npm run figures:pace measures more)", () => {
  it.each(families.map((family) => [family.name, family] as const))("%s", (_, family) => {
    assert.deepStrictEqual(figureOf(family, count(3, 30)).missed, [])
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
    assert.isTrue(Number.isFinite(worst(ratios(figureOf(family, count(3, 30))))))
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
    const family = others.find((one) => one.name === "10 % refused at random, no header")
    assert.isDefined(family)
    if (family === undefined) return
    const { variants } = figureOf(family, count(8, 40))
    // 16,000 seconds in the mean by a rate limiter that takes every refusal for a rate
    const seconds = variants.map(({ time }) => time / 1000)
    assert.isAtMost(seconds.reduce((sum, one) => sum + one, 0) / seconds.length, 300)
  })
})

/** Returns the estimates of a run, each with the true value. */
const estimatesOf = (one: Case) => {
  const told: Array<{
    readonly now: number
    readonly said: estimates.ShownEstimate
    readonly unrefused: number | undefined
  }> = []
  const onEstimate = (now: number, estimate: estimates.Estimate) => {
    told.push({ now, said: estimates.next(told.at(-1)?.said, estimate, now), unrefused: estimate.unrefused })
  }
  const { time } = simulate(one.server(), { ...one.work, onEstimate })
  const from = told.find(({ said }) => said.basis === "measured")?.now ?? Number.POSITIVE_INFINITY
  return told.map((entry, index) => ({
    ...entry,
    before: told[index - 1],
    left: time - entry.now,
    measuredFor: entry.now - from
  }))
}

describe("estimates", () => {
  const of = (some: typeof families, count: number) =>
    some.flatMap((family) => Array.from({ length: count }, (_, index) => estimatesOf(family.make(index))))

  it("do not jump by more than a fifth unless a request was refused or a rate was learned, on any server", () => {
    for (const { before, now, said } of of([...families, ...others], count(1, 4)).flat()) {
      if (said.basis !== "measured" || before?.said.basis !== "measured" || before.said.refused !== said.refused)
        continue
      assert.isAtMost(said.millis, Math.max(1.2 * before.said.millis, 5000))
      assert.isAtLeast(said.millis, 0.8 * (before.said.millis - (now - before.now)) - 1)
    }
  })

  it.each([
    ["a", 2.2, 1.2],
    ["d", 1.2, 1.1],
    ["e", 2.2, 2]
  ])(
    "two minutes after the rate is known they are right: %s, within %f times, of 95 in 100 within %f",
    (name, most, usually) => {
      const errors = of(
        families.filter((family) => family.name.startsWith(name)),
        count(5, 40)
      )
        .flat()
        .filter(({ left, measuredFor }) => measuredFor >= 120_000 && left > 60_000)
        .map(({ left, said }) => Math.max(said.millis / left, left / said.millis))
        .sort((a, b) => a - b)
      assert.isAbove(errors.length, 50)
      assert.isAtMost(errors.at(-1) ?? 0, most)
      assert.isAtMost(errors[Math.floor(0.95 * errors.length)] ?? 0, usually)
    }
  )

  it("what it takes if nothing is refused is so on a server without a quota, half-way within 2.5 times", () => {
    const told = of(
      families.filter(({ name }) => name.startsWith("h")),
      count(15, 60)
    ).flatMap((run) => run[Math.floor(run.length / 2)] ?? [])
    const some = told.filter(({ left }) => left >= 1000)
    assert.isAbove(some.length, 3)
    for (const { left, said, unrefused = Number.NaN } of some) {
      assert.strictEqual(said.basis, "assumed")
      assert.isAtMost(Math.max(unrefused / left, left / unrefused), 2.5)
    }
  })
})

it("the plot is the same each time, and shows refused and accepted requests", () => {
  const svg = plot()
  assert.strictEqual(svg, plot())
  assert.match(svg, /class="yes"/)
  assert.match(svg, /class="no"/)
})
