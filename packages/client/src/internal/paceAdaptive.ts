/** A pace that is told nothing. */
import * as Log from "./paceLog.ts"
import type { Machine, Report } from "./paceMachine.ts"

const minute = Log.minute

type Phase =
  | { readonly _tag: "Open" }
  | {
      readonly _tag: "Held"
      readonly until: number
      readonly since: number
      readonly wait: number
      readonly tries: number
      readonly probing: boolean
      readonly then: "even" | "window"
    }
  | { readonly _tag: "Even"; readonly at: number }
  | {
      readonly _tag: "Window"
      readonly start: number
      readonly since: number
      readonly used: number
      readonly taken: number
      readonly size: number
      readonly trial: boolean
    }

export interface State {
  readonly underWay: ReadonlyArray<number>
  readonly log: Log.Log
  readonly accepted: number
  readonly lag: number
  readonly perMinute: number
  readonly best: number
  readonly anchor: { readonly at: number; readonly accepted: number } | undefined
  readonly push: { readonly every: number; readonly since: number; readonly wins: number; readonly base: number }
  readonly cost: number
  readonly phase: Phase
}

const lost = 60_000
const patience = 10_000

const interval = (state: State): number => minute / state.perMinute

const settle = (state: State, now: number): ReadonlyArray<number> => {
  const oldest = state.underWay[0]
  return oldest === undefined || oldest + lost > now ? state.underWay : state.underWay.filter((at) => at + lost > now)
}

const together = (requests: number): number => 1 + Math.floor(requests / 32)

const pushDue = (state: State): boolean => state.push.since >= state.push.every

const nextAt = (state: State, now: number): number => {
  const underWay = settle(state, now)
  const oldest = underWay[0]
  const phase = state.phase
  switch (phase._tag) {
    case "Open":
      return oldest !== undefined && underWay.length >= together(state.accepted) ? oldest + lost : now
    case "Held":
      return oldest !== undefined && oldest + patience > now ? Math.max(phase.until, oldest + patience) : phase.until
    case "Even": {
      const most = together(state.perMinute) + Math.ceil(state.lag / interval(state))
      return oldest !== undefined && underWay.length >= most ? oldest + lost : phase.at
    }
    case "Window": {
      const over = phase.start + minute
      if (now >= over) return oldest !== undefined && oldest + patience > now ? oldest + patience : now
      if (oldest !== undefined && underWay.length >= together(phase.used)) return Math.min(over, oldest + lost)
      if (phase.used < phase.size || (pushDue(state) && underWay.length === 0)) return now
      return over
    }
  }
}

const sent = (state: State, now: number): State => {
  const underWay = [...settle(state, now), now]
  const phase = state.phase
  switch (phase._tag) {
    case "Open":
      return { ...state, underWay }
    case "Held":
      return { ...state, underWay, phase: { ...phase, probing: true } }
    case "Even": {
      const step = interval(state)
      const saved = Math.max(phase.at, now - Math.max(0, Math.floor(state.perMinute) - 1) * step)
      const idle = now - phase.at > 2 * step + state.lag
      return {
        ...state,
        underWay,
        anchor: idle ? undefined : state.anchor,
        phase: { _tag: "Even", at: saved + step }
      }
    }
    case "Window":
      if (now >= phase.start + minute) {
        return {
          ...state,
          underWay,
          phase: { _tag: "Held", until: now, since: now, wait: 0, tries: 0, probing: true, then: "window" }
        }
      }
      return { ...state, underWay, phase: { ...phase, used: phase.used + 1 } }
  }
}

const firstPush = (n: number, headers: boolean): number => (headers ? (n >= 20 ? 4 : 64) : 4)

const pushLater = (state: State, headers: boolean, fell: boolean): State["push"] => {
  const reduced = state.perMinute < 0.8 * state.best
  const base = fell ? 8 : Math.min(reduced ? 24 : 200, Math.max(headers ? 64 : 48, 2 * state.push.base))
  return { every: base, base, since: 0, wins: 0 }
}

const accepted = (before: State, now: number): State => {
  const [sentAt, ...underWay] = settle(before, now)
  const state: State = {
    ...before,
    underWay,
    log: Log.add(before.log, sentAt ?? now, now),
    accepted: before.accepted + 1,
    lag: Math.max(sentAt === undefined ? 0 : now - sentAt, before.lag * 0.9),
    anchor: before.anchor === undefined ? undefined : { ...before.anchor, accepted: before.anchor.accepted + 1 },
    push: { ...before.push, since: before.push.since + 1 }
  }
  const phase = state.phase
  switch (phase._tag) {
    case "Open":
      return state
    case "Held": {
      if (!phase.probing) {
        return phase.then === "window" ? { ...state, perMinute: state.perMinute + 1 } : state
      }
      const size = Math.max(1, Math.floor(state.perMinute))
      if (phase.then === "window" || (phase.tries > 1 && size > 1)) {
        const trial = phase.then !== "window"
        return {
          ...state,
          phase: { _tag: "Window", start: now, since: phase.since, used: 1, taken: 1, size, trial }
        }
      }
      return {
        ...state,
        anchor: { at: now, accepted: 0 },
        phase: { _tag: "Even", at: now + interval(state) }
      }
    }
    case "Even": {
      if (!pushDue(state)) return state
      const wins = state.push.wins + 1
      const perMinute =
        wins < 3 ? state.perMinute : Math.max(state.best > 1.2 * state.perMinute ? state.best : 1.25 * state.perMinute)
      return {
        ...state,
        perMinute,
        best: Math.max(state.best, perMinute),
        push: { ...state.push, every: Math.max(1, Math.floor(state.push.every / 4)), since: 0, wins },
        phase: { ...phase, at: phase.at - interval(state) }
      }
    }
    case "Window": {
      const taken = phase.taken + 1
      if (taken <= phase.size) return { ...state, phase: { ...phase, taken, trial: phase.trial && taken < phase.size } }
      return {
        ...state,
        perMinute: taken,
        best: Math.max(state.best, taken),
        push: { ...state.push, every: 1 },
        phase: { ...phase, taken, size: taken }
      }
    }
  }
}

const backOff = (state: State, now: number, since: number, tries: number, report: Report): number => {
  if (report.retryAfter !== undefined && report.retryAfter > 0) return report.retryAfter
  const step = interval(state)
  if (tries <= 1) return step * state.cost
  const wait = Math.min(step * 2 ** Math.min(30, tries - 1), Math.max(minute + 1000, (now - since) / 2))
  const end = Log.windowEnd(state.log, now)
  return end !== undefined && end > now && end < now + wait ? end - now : wait
}

const between = (least: number, value: number, most: number): number => Math.max(least, Math.min(value, most))

const limited = (before: State, now: number, report: Report): State => {
  const state: State = { ...before, underWay: settle(before, now).slice(1) }
  const phase = state.phase
  const told = report.retryAfter !== undefined && report.retryAfter > 0
  const hold = (next: State, since: number, tries: number, then: "even" | "window", at?: number): State => {
    const wait = backOff(next, now, since, tries, report)
    const until = at === undefined || told ? now + wait : Math.max(at, now)
    return { ...next, phase: { _tag: "Held", until, since, wait, tries, probing: false, then } }
  }
  const byWord = (n: number): "even" | "window" =>
    report.retryAfter !== undefined && report.retryAfter > (1.5 * minute) / n + 1000 ? "window" : "even"
  switch (phase._tag) {
    case "Open": {
      const least = Log.leastPerMinute(state.log, now)
      const n = least === 0 ? 10 : Math.ceil(least - 0.02)
      const every = firstPush(n, told)
      return hold({ ...state, perMinute: n, best: n, push: { every, base: 0, since: 0, wins: 0 } }, now, 1, byWord(n))
    }
    case "Held": {
      if (!phase.probing) {
        return { ...state, phase: { ...phase, until: Math.max(phase.until, now + (report.retryAfter ?? phase.wait)) } }
      }
      return hold(state, phase.since, phase.tries + 1, told ? byWord(state.perMinute) : phase.then)
    }
    case "Even": {
      const anchor = state.anchor
      const time = anchor === undefined ? 0 : (now - anchor.at) / minute
      const n =
        anchor === undefined || time <= 0
          ? state.perMinute
          : between((anchor.accepted - 1) / time, state.perMinute, (anchor.accepted + 1) / time)
      const next = { ...state, perMinute: Math.max(0.1, n), best: Math.max(state.best, n) }
      return hold(
        { ...next, anchor: undefined, push: pushLater(next, told, n < 0.8 * state.perMinute) },
        now,
        1,
        told ? byWord(n) : "even"
      )
    }
    case "Window": {
      const { size, taken, trial } = phase
      if (trial && taken < Math.max(2, 0.4 * size)) {
        const time = (now - phase.since) / minute
        const n = between(taken / time, state.perMinute, (taken + 1) / time)
        const next = { ...state, perMinute: n }
        return hold({ ...next, push: pushLater(next, told, true) }, now, 1, "even")
      }
      const next = { ...state, perMinute: Math.max(1, taken) }
      const fell = taken < size
      return hold(
        { ...next, push: fell && trial ? state.push : pushLater(next, told, fell) },
        now,
        0,
        "window",
        phase.start + minute
      )
    }
  }
}

const estimate = (state: State, now: number, requests: number): number => {
  if (requests <= 0) return 0
  const phase = state.phase
  const n = phase._tag === "Open" ? Math.max(10, Log.leastPerMinute(state.log, now)) : state.perMinute
  switch (phase._tag) {
    case "Open":
      return (Math.max(0, requests - Math.max(0, n - state.accepted)) * minute) / n
    case "Held":
      return (
        Math.max(0, phase.until - now) +
        (phase.then === "window" ? (Math.ceil(requests / n) - 1) * minute : ((requests - 1) * minute) / n)
      )
    case "Even":
      return Math.max(0, phase.at + (requests - 1) * interval(state) - now)
    case "Window": {
      const left = Math.max(0, phase.size - phase.used)
      const beyond = requests - left
      return beyond <= 0 ? 0 : Math.max(0, phase.start + minute - now) + (Math.ceil(beyond / phase.size) - 1) * minute
    }
  }
}

export const adaptive: Machine<State> = {
  initial: {
    underWay: [],
    log: Log.empty,
    accepted: 0,
    lag: 0,
    perMinute: 0,
    best: 0,
    anchor: undefined,
    push: { every: 48, base: 0, since: 0, wins: 0 },
    cost: 1,
    phase: { _tag: "Open" }
  },
  nextAt,
  sent,
  reported: (state, now, report) =>
    report.status === "accepted"
      ? accepted(state, now)
      : report.status === "limited"
        ? limited(state, now, report)
        : { ...state, underWay: settle(state, now).slice(1) },
  estimate
}
