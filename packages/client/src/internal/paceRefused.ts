/** What the adaptive pace makes of a request that was refused. */
import { wholeQuota } from "./paceAccepted.ts"
import * as Log from "./paceLog.ts"
import type { Report } from "./paceMachine.ts"
import { interval, minute, type Push, reduced, type State, stillUnderWay, type Window } from "./paceState.ts"

/** What the quota is supposed to be when the very first request is refused. */
const supposed = 10

/** How many accepted until the first push, until later ones, and after the rate has fallen. */
const soon = (perMinute: number): number => Math.max(4, Math.floor(perMinute / 16))
const later = { told: 64, untold: 48 } as const
const latest = 200
const fallen = 8

/** A server that says nothing is asked again after no more than this, or one that comes back would not be noticed. */
const longestUntold = 5 * minute

const word = (report: Report): number | undefined =>
  report.retryAfter !== undefined && report.retryAfter > 0 ? report.retryAfter : undefined

const between = (least: number, value: number, most: number): number => Math.max(least, Math.min(value, most))

/** A push was refused, with nothing new learned: rarer from now on, if less so where the quota was once larger. */
const pushAgain = (state: State, told: boolean): State => {
  if (state.phase._tag === "Even" && state.push.sent === 0 && state.push.base > 0) return state
  const { base } = state.push
  const wanted = reduced(state) ? Math.max(fallen, 1.5 * base) : Math.max(told ? later.told : later.untold, 2 * base)
  const every = Math.min(latest, wanted)
  return { ...state, push: { every, base: every, since: 0, sent: 0 } }
}

const pushAfter = (every: number): Push => ({ every, base: 0, since: 0, sent: 0 })

interface Hold {
  readonly since: number
  readonly tries: number
  readonly next: "even" | "window"
  readonly fresh: boolean
  readonly gap?: number
  /** When it is known that a window is over. */
  readonly at?: number
}

/**
 * Until a token must be there, if they come one by one; after that, since they
 * did not, twice as long each time, but no longer than a minute takes to be over,
 * or half of the time since the first refusal, up to five minutes.
 */
const untold = (state: State, now: number, options: Hold): number => {
  const { fresh, next, since, tries } = options
  const step = interval(state) * state.cost
  if (tries <= 1 && next === "even") return step
  const longest = Math.max(minute + 1000, Math.min((now - since) / 2, longestUntold))
  if (next === "window") return longest
  const wait = Math.min(step * 2 ** Math.min(30, tries - 1), longest)
  // not past the moments at which a window should be over: one that began with the first call, or that refused `since`
  const began = (fresh ? Log.windowEnd(state.log, now) : undefined) ?? now
  const ends = [began > now + step / 2 ? began : now, since + minute]
  return Math.min(wait, ...ends.filter((end) => end > now).map((end) => end - now))
}

const hold = (state: State, now: number, report: Report, options: Hold): State => {
  const { at, fresh, gap = 0, next, since, tries } = options
  const wait = word(report) ?? (at === undefined ? untold(state, now, options) : Math.max(0, at - now))
  return {
    ...state,
    anchor: undefined,
    phase: { _tag: "Held", until: now + wait, since, last: now, gap, wait, tries, asking: false, next, fresh }
  }
}

/** A wait that is longer than one token takes, or a few if several were refused, is a wait for a window. */
const byWord = (perMinute: number, report: Report): "even" | "window" =>
  (word(report) ?? 0) > (2.2 * minute) / perMinute + 1000 ? "window" : "even"

const first = (state: State, now: number, report: Report): State => {
  const perMinute = state.accepted === 0 ? supposed : Math.max(1, wholeQuota(state.log, now))
  const told = word(report) !== undefined
  const push = pushAfter(told && perMinute < 20 ? later.told : soon(perMinute))
  const next = byWord(perMinute, report)
  return hold({ ...state, perMinute, best: perMinute, burst: state.accepted, push }, now, report, {
    since: now,
    tries: 1,
    next,
    fresh: true
  })
}

const whileEven = (state: State, now: number, report: Report): State => {
  const { anchor, best, perMinute } = state
  const told = word(report) !== undefined
  const same = { since: now, tries: 1, fresh: false } as const
  if (anchor === undefined) {
    const next = byWord(perMinute, report)
    return hold(pushAgain(state, told), now, report, { ...same, next })
  }
  const time = Math.max(1, now - anchor.at) / minute
  const lag = state.lag / minute
  const surplus = anchor.accepted + 1 - perMinute * time
  const size = anchor.accepted + 1
  if (time < 1 && surplus > Math.max(3, 0.4 * perMinute) && size <= 1.1 * state.burst + 1) {
    const window = { ...state, perMinute: size, best: Math.max(best, size) }
    return hold(pushAgain(window, told), now, report, { ...same, tries: 0, next: "window", at: anchor.first + minute })
  }
  const larger = Math.max(best, 1.5 * perMinute)
  const least = Math.min((anchor.accepted - 1) / (time + lag), larger)
  // refused without a push, the rate was too fast: what was accepted is a better guess than the most that it may be
  const spare = state.push.sent > 0 || anchor.accepted < 3 ? state.cost : state.cost - 0.5
  const guess = state.push.sent === 0 && anchor.accepted < 3 ? 0.9 * perMinute : perMinute
  const found = between(least, guess, Math.max(1, anchor.accepted + spare) / Math.max(1 / minute, time - lag))
  const fell = found < 0.8 * perMinute
  // so many pushes were accepted that the bucket may have been full: how much larger it is does not show
  const rose =
    state.push.sent >
      Math.max(Math.min(2, state.burst), 0.7 * Math.min(perMinute, state.burst)) + (2 * state.lag) / interval(state) &&
    !fell
  const known = { ...state, perMinute: rose ? larger : found, best: Math.max(best, found) }
  const next = byWord(known.perMinute, report)
  const soonAgain = rose || found > 1.05 * perMinute ? pushAfter(soon(known.perMinute)) : undefined
  const push = fell ? pushAfter(fallen) : soonAgain
  return hold(push === undefined ? pushAgain(known, told) : { ...known, push }, now, report, { ...same, next })
}

const whileWindow = (state: State, window: Window, now: number, report: Report): State => {
  const { size, taken, trial } = window
  const told = word(report) !== undefined
  if (trial !== undefined && taken <= 2 + (now - trial.last) / Math.max(1, trial.gap - state.lag)) {
    const same = { since: now, tries: 1, next: "even", fresh: false } as const
    // the first time, what was refused is more likely to have cost something than the rate to have changed
    if (trial.fresh && taken === 1 && state.cost === 1) return hold({ ...state, cost: 2 }, now, report, same)
    const time = (now - trial.since) / minute
    const perMinute = between(taken / time, state.perMinute, (taken + 1) / time)
    return hold({ ...state, perMinute, push: pushAfter(fallen) }, now, report, same)
  }
  const fell = taken < size
  const known = { ...state, perMinute: Math.max(1, taken) }
  const then = fell ? { ...known, push: pushAfter(fallen) } : pushAgain(known, told)
  return hold(then, now, report, { since: now, tries: 0, next: "window", fresh: false, at: window.start + minute })
}

export const refused = (before: State, now: number, report: Report): State => {
  const state: State = { ...before, underWay: stillUnderWay(before, now).slice(1) }
  const phase = state.phase
  switch (phase._tag) {
    case "Open":
      return first(state, now, report)
    case "Held": {
      if (!phase.asking) {
        const until = Math.max(phase.until, now + (word(report) ?? (phase.next === "even" ? phase.wait : 0)))
        return { ...state, phase: { ...phase, until, last: now } }
      }
      const { fresh, since, tries } = phase
      const gap = Math.max(phase.gap, now - phase.last)
      // the rate was a mistake, but not the time at which all are back
      if (word(report) === undefined && report.reset !== undefined && report.reset > 0) {
        const at = now + Math.min(report.reset, longestUntold)
        return hold(state, now, report, { since, tries: 0, next: "window", fresh, gap, at })
      }
      const next = word(report) === undefined ? phase.next : byWord(state.perMinute, report)
      return hold(state, now, report, { since, tries: tries + 1, next, fresh, gap })
    }
    case "Even":
      return whileEven(state, now, report)
    case "Window":
      return whileWindow(state, phase, now, report)
  }
}
