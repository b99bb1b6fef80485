/** A pace that is told nothing. */
import type { Machine } from "./paceMachine.ts"

interface State {
  readonly underWay: ReadonlyArray<number>
  readonly firstSent: number
  readonly accepted: number
  readonly refusals: number
  /** Milliseconds between two requests; 0 as long as nothing was refused. */
  readonly interval: number
  readonly nextAt: number
}

const lost = 60_000
const minute = 60_000

export const adaptive: Machine<State> = {
  initial: {
    underWay: [],
    firstSent: Number.NaN,
    accepted: 0,
    refusals: 0,
    interval: 0,
    nextAt: Number.NEGATIVE_INFINITY
  },
  nextAt: (state, now) => {
    const underWay = state.underWay.filter((at) => at + lost > now)
    const most = state.refusals > 0 ? 1 : 1 + Math.floor(state.accepted / 16)
    return underWay.length >= most ? (underWay[0] ?? now) + lost : state.nextAt
  },
  sent: (state, now) => ({
    ...state,
    underWay: [...state.underWay.filter((at) => at + lost > now), now],
    firstSent: Number.isNaN(state.firstSent) ? now : state.firstSent,
    nextAt: Math.max(state.nextAt, now) + state.interval
  }),
  reported: (state, now, report) => {
    const next = { ...state, underWay: state.underWay.slice(1) }
    if (report.status === "unknown") return next
    if (report.status === "accepted") return { ...next, accepted: state.accepted + 1, refusals: 0 }
    const rate = Math.max(1, state.accepted / (1 + (now - state.firstSent) / minute))
    const interval = state.interval === 0 ? minute / rate : state.interval
    const hold = report.retryAfter ?? Math.min(minute, interval * 2 ** Math.min(state.refusals, 20))
    return { ...next, refusals: state.refusals + 1, interval, nextAt: Math.max(state.nextAt, now + hold) }
  },
  estimate: (state, now, requests) => {
    const saved = state.interval === 0 ? Math.max(0, 10 - state.accepted) : 0
    const interval = state.interval === 0 ? minute / 10 : state.interval
    return Math.max(0, state.nextAt - now) + Math.max(0, requests - saved) * interval
  }
}
