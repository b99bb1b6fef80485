import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as pacing from "../src/pacing.ts"
import { frozen, minute } from "./support/limiter.ts"

type Strategy = "adaptive" | "stretch" | "bucket"

const make = (strategy: Strategy): pacing.State => {
  if (strategy === "adaptive") return pacing.adaptive()
  return pacing.fixed({ requests: 5, per: 1000, burst: strategy === "bucket" ? 3 : undefined })
}

const wait = fc.oneof(fc.constantFrom(undefined, 0, 1000, Number.NaN, -1), fc.integer({ min: 0, max: 100_000 }))

const outcome: fc.Arbitrary<pacing.Outcome | undefined> = fc.option(
  fc.record({
    status: fc.constantFrom("accepted" as const, "accepted" as const, "limited" as const),
    retryAfter: wait,
    limit: fc.constantFrom(undefined, 10),
    remaining: fc.constantFrom(undefined, undefined, 0, 1, 5),
    reset: wait
  }),
  { nil: undefined, freq: 9 }
)

type Act =
  | { readonly kind: "enter"; readonly maxPause: number; readonly urgent: boolean }
  | { readonly kind: "leave"; readonly which: number; readonly outcome: pacing.Outcome | undefined }
  | { readonly kind: "wake" }
  | { readonly kind: "pass"; readonly time: number }

const actOf = (steps: fc.Arbitrary<number>): fc.Arbitrary<Act> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("enter" as const),
        maxPause: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 100_000 })),
        urgent: fc.integer({ min: 0, max: 19 }).map((n) => n === 0)
      })
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("leave" as const), which: fc.nat(), outcome }) },
    { weight: 2, arbitrary: fc.constant({ kind: "wake" as const }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass" as const), time: steps }) }
  )

const forwards = fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 100_000 }))
const anyhow = fc.oneof(forwards, fc.integer({ min: -1_000_000, max: 0 }))

/** The state of a rate limiter as a client sees it, checked at each step. */
const watch = (initial: pacing.State) => {
  let state = frozen(initial)
  let now = 1_000_000
  let lastId = 0
  let lastGone = 0
  let wakeAt: number | undefined
  let paused = 0
  const waiting = new Set<number>()
  const underWay = new Map<number, number>()
  const sent: Array<number> = []
  const ended: Array<number> = []
  const end = (id: number): void => {
    const sentAt = underWay.get(id)
    if (sentAt !== undefined) ended.push(Math.min(now, sentAt + minute))
    underWay.delete(id)
  }

  const step = (event: pacing.Event): pacing.Actions => {
    const [next, actions] = pacing.step(state, event)
    state = frozen(next)
    wakeAt = actions.wakeAt
    const urgent = event._tag === "enter" && event.urgent === true ? event.id : undefined
    for (const id of actions.permitted) {
      assert.isTrue(waiting.delete(id), "only a waiter gets a permit")
      if (id !== urgent) {
        assert.isAbove(id, lastGone, "in order")
        lastGone = id
      }
      underWay.set(id, event.now)
      sent.push(event.now)
    }
    for (const id of actions.rejected) {
      assert.isTrue(waiting.delete(id), "only a waiter is refused")
      assert.isDefined(actions.pausedUntil, "only in a pause")
    }
    assert.strictEqual(actions.next, waiting.values().next().value)
    if (waiting.size === 0) assert.isUndefined(actions.wakeAt)
    if (actions.wakeAt !== undefined) assert.isTrue(Number.isSafeInteger(actions.wakeAt))
    if (actions.waitEvent !== undefined) {
      assert.strictEqual(actions.waitEvent.waiting, waiting.size)
      assert.isTrue(Number.isFinite(actions.waitEvent.until))
    }
    const pausedNow = pacing.pausedTime(state, event.now)
    assert.isAtLeast(pausedNow, paused)
    paused = pausedNow
    for (const requests of [1, 10]) {
      const { millis } = pacing.estimate(state, requests, event.now)
      assert.isTrue(Number.isFinite(millis) && millis >= 0)
    }
    return actions
  }

  const act = (act: Act): pacing.Actions => {
    if (act.kind === "enter") {
      const id = ++lastId
      waiting.add(id)
      return step({ _tag: "enter", id, now, maxPause: act.maxPause, urgent: act.urgent })
    }
    if (act.kind === "leave") {
      const known = [...underWay.keys(), ...waiting]
      const id = known[act.which % Math.max(1, known.length)] ?? 0
      waiting.delete(id)
      end(id)
      return step({ _tag: "leave", id, now, outcome: act.outcome })
    }
    if (act.kind === "wake" && wakeAt !== undefined) now = Math.max(now, wakeAt)
    if (act.kind === "pass") now += act.time
    return step({ _tag: "tick", now })
  }

  /** Lets time pass until none waits: at each step, all that is under way ends. */
  const drain = (outcome: pacing.Outcome | undefined): void => {
    for (let i = 0; waiting.size > 0; i++) {
      assert.isBelow(i, 20_000, "a waiter waits forever")
      const [id] = underWay.keys()
      if (id !== undefined && outcome !== undefined) {
        end(id)
        step({ _tag: "leave", id, now, outcome })
      } else if (wakeAt !== undefined) act({ kind: "wake" })
      else {
        // before a first refusal only what is under way is waited for
        assert.isAbove(underWay.size, 0)
        act({ kind: "pass", time: minute })
      }
    }
  }

  return { act, drain, waiting, underWay, sent, ended, now: () => now }
}

const strategies: ReadonlyArray<Strategy> = ["adaptive", "stretch", "bucket"]

describe.each(strategies)("%s, whatever happens", (strategy) => {
  it("issues permits in order, each once, and to the last waiting call too", () => {
    fc.assert(
      fc.property(fc.array(actOf(anyhow), { maxLength: 200 }), fc.boolean(), (acts, reports) => {
        const watched = watch(make(strategy))
        for (const act of acts) watched.act(act)
        watched.drain(reports ? { status: "accepted" } : undefined)
      }),
      { numRuns: 150 }
    )
  })

  it("frees the permits of all that left, running or waiting", () => {
    fc.assert(
      fc.property(fc.array(actOf(anyhow), { maxLength: 100 }), (acts) => {
        const watched = watch(make(strategy))
        for (const act of acts) watched.act(act)
        while (watched.underWay.size + watched.waiting.size > 0) {
          watched.act({ kind: "leave", which: 0, outcome: undefined })
        }
        // pauses are over by then, and permits were never lost
        watched.act({ kind: "pass", time: 10 * minute })
        const { permitted } = watched.act({ kind: "enter", maxPause: Number.POSITIVE_INFINITY, urgent: false })
        assert.strictEqual(permitted.length, 1)
      }),
      { numRuns: 100 }
    )
  })
})

describe("a strategy never permits more than it says", () => {
  const acts = fc.array(actOf(forwards), { maxLength: 300 })

  it("adaptive, before a first refusal: eight under way, and one more for each three that were accepted", () => {
    fc.assert(
      fc.property(acts, (acts) => {
        const watched = watch(make("adaptive"))
        let accepted = 0
        for (const act of acts) {
          if (act.kind === "enter" && act.urgent) continue
          if (act.kind === "pass") continue
          if (act.kind === "leave" && act.outcome !== undefined) {
            const wasUnderWay = watched.underWay.size > 0
            watched.act({ ...act, which: 0, outcome: { status: "accepted" } })
            if (wasUnderWay) accepted += 1
          } else watched.act(act)
          assert.isAtMost(watched.underWay.size, 8 + accepted / 3)
          if (watched.waiting.size > 0) assert.isAbove(watched.underWay.size + 1, 8 + accepted / 3)
        }
      })
    )
  })

  it("adaptive: nothing is sent before the end of a pause, and then one request alone", () => {
    fc.assert(
      fc.property(acts, (acts) => {
        const watched = watch(make("adaptive"))
        let until: number | undefined
        for (const act of acts) {
          if (act.kind === "enter" && act.urgent) continue
          const before = watched.underWay.size
          const actions = watched.act(act)
          if (until !== undefined && actions.pausedUntil !== undefined && actions.permitted.length > 0) {
            assert.isAtLeast(watched.now(), Math.min(until, actions.pausedUntil))
            assert.strictEqual(actions.permitted.length, 1)
            const isLost = [...watched.underWay.values()].filter((at) => at + minute > watched.now()).length
            assert.isTrue(isLost === 1, `${before} under way`)
          }
          until = actions.pausedUntil
        }
      })
    )
  })

  it("a rate without a burst: in no period, whenever between sending and the reply a request arrives", () => {
    fc.assert(
      fc.property(acts, (acts) => {
        const watched = watch(make("stretch"))
        for (const act of acts) {
          if (act.kind === "enter" && act.urgent) continue
          if (watched.act(act).permitted.length === 0) continue
          const now = watched.now()
          const lately = [...watched.underWay.values()].map((at) => Math.min(now, at + minute)).concat(watched.ended)
          assert.isAtMost(lately.filter((at) => at > now - 1000).length, 5)
        }
      })
    )
  })

  it("a rate with a burst: no more than the burst and what has come back", () => {
    fc.assert(
      fc.property(acts, (acts) => {
        const watched = watch(make("bucket"))
        for (const act of acts) if (!(act.kind === "enter" && act.urgent)) watched.act(act)
        for (let i = 0; i < watched.sent.length; i++) {
          for (let j = i; j < watched.sent.length; j++) {
            const time = (watched.sent[j] ?? 0) - (watched.sent[i] ?? 0)
            assert.isAtMost(j - i + 1, 3 + (5 * time) / 1000 + 1e-6)
          }
        }
      })
    )
  })
})
