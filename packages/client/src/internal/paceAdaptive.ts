/** A pace that is told nothing. */
import { accepted, over } from "./paceAccepted.ts"
import { informed } from "./paceHeaders.ts"
import * as Log from "./paceLog.ts"
import type { Machine } from "./paceMachine.ts"
import { refused } from "./paceRefused.ts"
import { initial, interval, lost, minute, pushDue, type State, stillUnderWay, together } from "./paceState.ts"

/** How long it is worth to wait for a reply, so as to go alone. */
const patience = 10_000

const nextAt = (state: State, now: number): number => {
  const underWay = stillUnderWay(state, now)
  const oldest = underWay[0]
  const alone = oldest !== undefined && oldest + patience > now ? oldest + patience : now
  const phase = state.phase
  switch (phase._tag) {
    case "Open":
      return oldest !== undefined && underWay.length >= together(state.accepted) ? oldest + lost : now
    case "Held":
      return Math.max(phase.until, alone)
    case "Even": {
      const most = together(state.perMinute) + Math.ceil(state.lag / interval(state))
      return oldest !== undefined && underWay.length >= most ? oldest + lost : phase.at
    }
    case "Window": {
      const end = over(phase)
      if (now >= end) return alone
      if (oldest !== undefined && underWay.length >= together(phase.trial === undefined ? phase.size : phase.used))
        return Math.min(end, oldest + lost)
      if (phase.used >= phase.size) return pushDue(state) && oldest === undefined ? now : end
      return Math.min(end, Log.fewerThan(state.log, phase.size - underWay.length, phase.from))
    }
  }
}

const sent = (before: State, now: number): State => {
  const state: State = { ...before, underWay: [...stillUnderWay(before, now), now] }
  const phase = state.phase
  switch (phase._tag) {
    case "Open":
      return state
    case "Held":
      return { ...state, phase: { ...phase, asking: true } }
    case "Even": {
      const step = interval(state)
      const saved = Math.max(phase.at, now - Math.max(0, Math.floor(state.perMinute) - 1) * step)
      const idle = now - phase.at > 2 * step + state.lag
      return { ...state, anchor: idle ? undefined : state.anchor, phase: { _tag: "Even", at: saved + step } }
    }
    case "Window": {
      if (now < over(phase)) return { ...state, phase: { ...phase, used: phase.used + 1 } }
      const alone = {
        until: now,
        since: now,
        last: now,
        gap: 0,
        wait: 0,
        tries: 0,
        asking: true,
        fresh: false
      } as const
      return { ...state, phase: { _tag: "Held", ...alone, next: "window" } }
    }
  }
}

const supposed = 10

const estimate = (state: State, now: number, requests: number): number => {
  if (requests <= 0) return 0
  const phase = state.phase
  const windows = (n: number, size: number): number => (Math.ceil(n / size) - 1) * minute
  switch (phase._tag) {
    case "Open": {
      const perMinute = Math.max(supposed, Log.leastPerMinute(state.log, now))
      return (Math.max(0, requests - Math.max(0, perMinute - state.accepted)) * minute) / perMinute
    }
    case "Held": {
      const wait = Math.max(0, phase.until - now)
      return wait + (phase.next === "window" ? windows(requests, state.perMinute) : (requests - 1) * interval(state))
    }
    case "Even":
      return Math.max(0, phase.at + (requests - 1) * interval(state) - now)
    case "Window": {
      const beyond = requests - Math.max(0, phase.size - phase.used)
      return beyond <= 0 ? 0 : Math.max(0, over(phase) - now) + windows(beyond, phase.size)
    }
  }
}

export const adaptive: Machine<State> = {
  initial,
  nextAt,
  sent,
  reported: (state, now, report) => {
    if (report.status === "accepted") return informed(accepted(state, now), now, report)
    if (report.status === "limited") return refused(state, now, report)
    return { ...state, underWay: stillUnderWay(state, now).slice(1) }
  },
  estimate
}
