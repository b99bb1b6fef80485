import { assert, describe, it } from "@effect/vitest"
import { adaptive } from "../src/internal/paceAdaptive.ts"
import * as Fixed from "../src/internal/paceFixed.ts"
import * as Servers from "./support/paceServers.ts"
import { random, simulate } from "./support/paceSimulation.ts"
import { falling, measure, worst } from "./support/paceWork.ts"

const rates = [3, 7, 10, 60] as const
const seeds = 12

/** Windows of the clock end anywhere. Here not at once: who begins gently cannot use up one that ends within seconds. */
const phase = (seed: number): number => 5000 + random(seed * 7919)() * 55_000

const servers = (perMinute: number) => {
  const rate = () => perMinute
  return {
    "continuous, refused calls free": () => Servers.continuous(rate, "no"),
    "continuous, refused calls counted": () => Servers.continuous(rate, "part"),
    "window from the first call": () => Servers.windowed(rate, undefined, "no"),
    "window of the clock": (seed: number) => Servers.windowed(rate, phase(seed), "no")
  }
}

const isWindow = (name: string): boolean => name.startsWith("window")

describe.each(rates)("%d calls a minute", (perMinute) => {
  describe.each(Object.entries(servers(perMinute)))("%s", (name, server) => {
    it("adaptive, told nothing", () => {
      const { failed, ratios, refused } = measure({ server, headers: "none", seeds })
      assert.isAtMost(worst(ratios), isWindow(name) ? 1.3 : 1.15)
      assert.isAtMost(worst(refused), isWindow(name) ? 8 : 5)
      assert.strictEqual(failed, 0)
    })

    it("adaptive, Retry-After", () => {
      const { failed, ratios, refused } = measure({ server, headers: "retry-after", seeds })
      assert.isAtMost(worst(ratios), name === "window of the clock" ? 1.3 : 1.05)
      assert.isAtMost(worst(refused), 2)
      assert.strictEqual(failed, 0)
    })

    it("adaptive, x-ratelimit headers", () => {
      const { failed, ratios, refused } = measure({ server, headers: "x-ratelimit", seeds })
      assert.isAtMost(worst(ratios), isWindow(name) ? 1.3 : 1.05)
      assert.isAtMost(worst(refused), isWindow(name) ? 5 : 1)
      assert.strictEqual(failed, 0)
    })

    it("fixed, no burst: never refused", () => {
      const told = Fixed.anyStretch({ requests: perMinute, per: Servers.minute })
      const { failed, refused } = measure({ server, headers: "none", seeds, machine: (use) => use(told) })
      assert.strictEqual(worst(refused), 0)
      assert.strictEqual(failed, 0)
    })
  })

  describe.each(["no", "part", "debt"] as const)("continuous, refused calls: %s", (counted) => {
    it("fixed, burst", () => {
      const told = Fixed.bucket({ requests: perMinute, per: Servers.minute }, perMinute)
      const server = () => Servers.continuous(() => perMinute, counted)
      const { ratios, refused } = measure({ server, headers: "none", seeds, machine: (use) => use(told) })
      assert.isAtMost(worst(ratios), 1.02)
      assert.strictEqual(worst(refused), 0)
    })
  })

  it.each([
    ["continuous, refused calls free", (seed: number) => Servers.continuous(falling(perMinute, seed), "no")],
    ["continuous, refused calls counted", (seed: number) => Servers.continuous(falling(perMinute, seed), "part")],
    ["window", (seed: number) => Servers.windowed((now) => Math.max(1, falling(perMinute, seed)(now)), undefined, "no")]
  ])("falls to a third half-way and comes back: %s", (_, server) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const work = { requests: 200, fibers: 8, latency: [50, 200], headers: "none", seed } as const
      const result = simulate(adaptive, server(seed), work)
      assert.isAtMost(result.time / server(seed).least(200), 1.3)
      assert.strictEqual(result.failed, 0)
    }
  })
})

describe("without a quota", () => {
  it("5,000 requests of 64 fibers on the loopback lose a fifth of a second", () => {
    const work = { requests: 5000, fibers: 64, latency: [1, 1], headers: "none", seed: 1 } as const
    assert.isAtMost(simulate(adaptive, Servers.unlimited, work).time - 5000 / 64, 200)
  })

  it("requests one after the other are never slowed", () => {
    const work = { requests: 5000, fibers: 1, latency: [1, 1], headers: "none", seed: 1 } as const
    assert.strictEqual(simulate(adaptive, Servers.unlimited, work).time, 5000)
  })
})

describe("a first wave", () => {
  it.each([8, 64])("of %d fibers is not refused as a wave", (fibers) => {
    for (const perMinute of rates) {
      for (let seed = 1; seed <= seeds; seed++) {
        const work = { requests: 64, fibers, latency: [50, 200], headers: "none", seed } as const
        const result = simulate(
          adaptive,
          Servers.continuous(() => perMinute, "part"),
          work
        )
        const wave = result.refusedAt.filter((at) => at < (result.refusedAt[0] ?? 0) + 500).length
        assert.isAtMost(wave, 1 + Math.ceil(perMinute / 32))
      }
    }
  })
})
