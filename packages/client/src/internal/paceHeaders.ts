/** What the adaptive pace makes of a server that says how many requests are left, and when all of them are back. */
import type { Report } from "./paceMachine.ts"
import { minute, type State } from "./paceState.ts"

/** The resolution of what servers say; the way of a reply comes on top. */
const resolution = 1500

interface Limit {
  readonly perMinute: number
  /** How long until one more is taken. */
  readonly wait: number
  readonly next: "even" | "window"
}

/**
 * In a window the end does not move; a bucket takes longer to fill by the time of
 * one token for each request. That time is known from two readings, however the
 * server rounds what is left.
 */
const limitOf = (state: State, now: number, limit: number, remaining: number, reset: number): Limit => {
  const first = state.reading
  if (first !== undefined && reset <= first.reset - (now - first.at) + resolution + state.lag) {
    return { perMinute: limit, wait: reset, next: "window" }
  }
  // one reading cannot tell a window from a bucket: what is left of a window says nothing of a rate
  const known =
    minute / (state.perMinute > 0 ? state.perMinute : Math.min(limit, (minute * (limit - remaining)) / reset))
  const measured =
    first === undefined || first.accepted === state.accepted
      ? known
      : Math.max(
          reset / (limit - remaining),
          (reset - first.reset + now - first.at) / (state.accepted - first.accepted)
        )
  // most likely so many a minute; a measurement is as uneven as the network
  const step = Math.abs(minute / measured - limit) < 0.1 * limit ? minute / limit : measured
  const owed = 1 + state.underWay.length
  const wait = Math.max(0, Math.min(owed * step, reset - (limit - owed) * step))
  return { perMinute: minute / step, wait, next: "even" }
}

/**
 * Nothing is left: waits as long as that takes, without being refused first.
 * Something is left: it may be used at once. No need to push then.
 */
export const informed = (state: State, now: number, report: Report): State => {
  const { limit, remaining, reset } = report
  if (remaining === undefined) return state
  const phase = state.phase
  const left = Math.max(0, Math.floor(remaining) - state.underWay.length)
  const push = { ...state.push, every: Number.POSITIVE_INFINITY }
  if (left > 0) {
    const { accepted, reading: first } = state
    const stale = first === undefined || remaining >= first.remaining
    const reading = stale && reset !== undefined ? { remaining, reset, at: now, accepted } : first
    const known: State = { ...state, push, reading }
    switch (phase._tag) {
      case "Open":
      case "Held":
        return known
      case "Even":
        return { ...known, phase: { ...phase, at: Math.min(phase.at, now) } }
      case "Window": {
        if (phase.trial !== undefined) return { ...known, phase: { _tag: "Even", at: now } }
        const size = phase.used + left
        return { ...known, perMinute: size, phase: { ...phase, size, from: phase.start } }
      }
    }
  }
  if (limit === undefined || reset === undefined || reset <= 0 || limit <= remaining) return { ...state, push }
  if (phase._tag === "Held" || (phase._tag === "Even" && phase.at > now)) return { ...state, push }
  const { next, perMinute, wait } = limitOf(state, now, limit, remaining, reset)
  return {
    ...state,
    push,
    reading: undefined,
    perMinute,
    best: Math.max(state.best, perMinute),
    anchor: undefined,
    phase: {
      _tag: "Held",
      until: now + wait,
      since: now,
      last: now,
      gap: 0,
      wait,
      tries: next === "window" ? 0 : 1,
      asking: false,
      next,
      fresh: false
    }
  }
}
