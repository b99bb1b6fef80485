import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { vi } from "vitest"
import { adaptive } from "../src/internal/paceAdaptive.ts"
import * as Fixed from "../src/internal/paceFixed.ts"
import * as Log from "../src/internal/paceLog.ts"
import type { Machine } from "../src/internal/paceMachine.ts"
import * as Servers from "./support/paceServers.ts"
import { simulate, type Work } from "./support/paceSimulation.ts"

const counted = fc.constantFrom("no" as const, "part" as const)

interface Scene {
  readonly perMinute: number
  readonly kind: "continuous" | "window" | "sliding"
  readonly counted: "no" | "part"
  readonly phase: number | undefined
  readonly work: Work
}

const scene: fc.Arbitrary<Scene> = fc.record({
  perMinute: fc.oneof(fc.constantFrom(3, 7, 10, 60), fc.integer({ min: 1, max: 300 })),
  kind: fc.constantFrom("continuous" as const, "window" as const, "sliding" as const),
  counted,
  phase: fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined }),
  work: fc.record({
    requests: fc.integer({ min: 1, max: 120 }),
    fibers: fc.integer({ min: 1, max: 64 }),
    latency: fc
      .integer({ min: 1, max: 3000 })
      .chain((a) => fc.tuple(fc.constant(a), fc.integer({ min: a, max: 4 * a }))),
    headers: fc.constantFrom(
      "none" as const,
      "retry-after" as const,
      "retry-after-ms" as const,
      "x-ratelimit" as const
    ),
    seed: fc.integer()
  })
})

const serverOf = ({ counted, kind, perMinute, phase }: Scene): Servers.Server => {
  const rate = () => perMinute
  if (kind === "continuous") return Servers.continuous(rate, counted)
  return kind === "window" ? Servers.windowed(rate, phase, "no") : Servers.sliding(rate, "no")
}

/** Checks at each step what must hold of any machine. */
const checked = <S>(machine: Machine<S>, also: (state: S, now: number) => void = () => {}): Machine<S> => ({
  ...machine,
  nextAt: (state, now) => {
    const at = machine.nextAt(state, now)
    assert.isFalse(Number.isNaN(at))
    assert.isBelow(at, Number.POSITIVE_INFINITY, "nobody would ever wake up")
    const estimate = machine.estimate(state, now, 10)
    assert.isTrue(Number.isFinite(estimate) && estimate >= 0, `estimate ${estimate}`)
    // replies of one millisecond are in no order
    assert.isAtLeast(machine.estimate(state, now, 20), estimate - 1)
    also(state, now)
    return at
  }
})

/** Each once made an operation fail: what is left of a window, or a slow network, was taken for a rate. */
const once: ReadonlyArray<[Scene]> = [
  [
    {
      perMinute: 1,
      kind: "window",
      counted: "no",
      phase: 65,
      work: { requests: 12, fibers: 2, latency: [399, 399], headers: "x-ratelimit", seed: -1967207798 }
    }
  ],
  [
    {
      perMinute: 3,
      kind: "window",
      counted: "no",
      phase: 11_627,
      work: { requests: 117, fibers: 12, latency: [2786, 5608], headers: "x-ratelimit", seed: 946854472 }
    }
  ],
  [
    {
      perMinute: 3,
      kind: "sliding",
      counted: "no",
      phase: 8835,
      work: { requests: 101, fibers: 8, latency: [2081, 6194], headers: "x-ratelimit", seed: 2147483623 }
    }
  ]
]

vi.setConfig({ testTimeout: 60_000 })

describe("adaptive", () => {
  it("gets all done whatever the server, the network and the number of fibers", () => {
    fc.assert(
      fc.property(scene, (scene) => {
        const result = simulate(checked(adaptive), serverOf(scene), scene.work)
        assert.strictEqual(result.sent - result.refused - result.failed, scene.work.requests - result.failed)
        assert.strictEqual(result.failed, 0)
      }),
      { numRuns: 300, examples: once.map(([scene]) => [scene]) }
    )
  })

  it("after a refusal, one alone", () => {
    fc.assert(
      fc.property(scene, (scene) => {
        // what was sent after a refusal was reported, and not answered yet
        let refused = false
        let since = 0
        const watching: Machine<{ readonly state: ReturnType<typeof adaptive.sent> }> = {
          initial: { state: adaptive.initial },
          nextAt: ({ state }, now) => adaptive.nextAt(state, now),
          sent: ({ state }, now) => {
            if (refused) since += 1
            assert.isAtMost(since, 1)
            return { state: adaptive.sent(state, now) }
          },
          reported: ({ state }, now, report) => {
            if (report.status === "limited") refused = true
            // stragglers sent before are answered before the one that goes alone
            if (since > 0) {
              since = 0
              refused = report.status === "limited"
            }
            return { state: adaptive.reported(state, now, report) }
          },
          estimate: ({ state }, now, requests) => adaptive.estimate(state, now, requests)
        }
        simulate(watching, serverOf(scene), { ...scene.work, latency: [50, 200] })
      }),
      { numRuns: 200 }
    )
  })

  it("told nothing, asks again within five minutes however often it was refused", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 3000 }), (accepted, latency) => {
        let now = 0
        let state = adaptive.initial
        const ask = (status: "accepted" | "limited") => {
          const at = Math.max(now, adaptive.nextAt(state, now))
          const waited = at - now
          state = adaptive.sent(state, at)
          now = at + latency
          state = adaptive.reported(state, now, { status })
          return waited
        }
        for (let i = 0; i < accepted; i++) ask("accepted")
        for (let i = 0; i < 200; i++) assert.isAtMost(ask("limited"), 5 * Servers.minute + 1)
        assert.isAtMost(ask("accepted"), 5 * Servers.minute + 1)
      }),
      { numRuns: 200 }
    )
  })

  it("survives replies that never come", () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 2, max: 9 }), (scene, every) => {
        let replies = 0
        const lossy: typeof adaptive = {
          ...adaptive,
          reported: (state, now, report) => {
            replies += 1
            if (replies % every === 0) return adaptive.reported(state, now, { status: "unknown" })
            return replies % (every + 1) === 0 ? state : adaptive.reported(state, now, report)
          }
        }
        simulate(checked(lossy), serverOf(scene), scene.work)
      }),
      { numRuns: 150 }
    )
  })

  it("estimates what the rest takes on a continuous server, within a tenth", () => {
    for (const perMinute of [3, 7, 10, 60]) {
      let estimate = 0
      let at = 0
      let replies = 0
      const asked: typeof adaptive = {
        ...adaptive,
        reported: (state, now, report) => {
          const next = adaptive.reported(state, now, report)
          if (report.status === "accepted") replies += 1
          if (replies === 100 && at === 0) {
            at = now
            estimate = adaptive.estimate(next, now, 400)
          }
          return next
        }
      }
      const work = { requests: 500, fibers: 8, latency: [50, 200], headers: "none", seed: perMinute } as const
      const { time } = simulate(
        asked,
        Servers.continuous(() => perMinute, "part"),
        work
      )
      assert.isBelow(Math.abs(estimate / (time - at) - 1), 0.1)
    }
  })
})

describe("fixed", () => {
  it("without a burst is refused by no server of that rate", () => {
    fc.assert(
      fc.property(scene, (scene) => {
        const machine = checked(Fixed.anyStretch({ requests: scene.perMinute, per: Servers.minute }))
        assert.strictEqual(simulate(machine, serverOf(scene), scene.work).refused, 0)
      }),
      { numRuns: 200 }
    )
  })

  it("with a burst is refused by no bucket of that rate, and loses no more than a slow reply", () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 50, max: 400 }), (scene, latency) => {
        const server = Servers.continuous(() => scene.perMinute, scene.counted)
        const machine = checked(Fixed.bucket({ requests: scene.perMinute, per: Servers.minute }, scene.perMinute))
        const work: Work = { ...scene.work, latency: [latency, latency] }
        const result = simulate(machine, server, work)
        assert.strictEqual(result.refused, 0)
        const busy = (latency * work.requests) / work.fibers
        // a bucket of one is full again each time, and then counts from the reply
        const slow = (scene.perMinute === 1 ? work.requests : 4) * latency
        assert.isAtMost(result.time, server.least(work.requests) + busy + slow + 100)
      }),
      { numRuns: 200 }
    )
  })
})

describe("the log", () => {
  it("never says more than the quota that let all of it through", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 400 }),
        fc.integer({ min: 1, max: 100 }),
        (gaps, n) => {
          const server = Servers.continuous(() => n, "no")
          let log = Log.empty
          let now = 0
          for (const gap of gaps) {
            now += gap
            if (server.arrive(now) === 0) log = Log.add(log, now, now)
            assert.isAtMost(Log.leastPerMinute(log, now), n + 1e-6)
            assert.isAtMost(log.older.length, 128)
          }
        }
      ),
      { numRuns: 100 }
    )
  })
})
