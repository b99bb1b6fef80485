/** What the adaptive pace makes of a request that was accepted. */
import * as Log from "./paceLog.ts"
import { type Held, interval, minute, pushDue, type State, stillUnderWay, type Window } from "./paceState.ts"

const asked = (state: State, held: Held, now: number): State => {
  const size = Math.floor(state.perMinute)
  const window: Window = { _tag: "Window", start: now, used: 1, taken: 1, size, from: 0, trial: undefined }
  if (held.next === "window") return { ...state, phase: { ...window, size: Math.max(1, size) } }
  if (held.tries <= 1 || size <= 1) {
    return { ...state, anchor: { at: now, accepted: 0 }, phase: { _tag: "Even", at: now + interval(state) } }
  }
  // Refused more than once: a whole quota may have come back. Before a minute was over it can only be a window's.
  const end = Log.windowEnd(state.log, held.since)
  const early = end === undefined || now < end
  const most = 2 + (now - held.last) / Math.max(1, held.last - held.since)
  return {
    ...state,
    phase: { ...window, from: early ? now : 0, trial: { since: held.since, most, fresh: held.fresh } }
  }
}

export const accepted = (before: State, now: number): State => {
  const [sentAt, ...underWay] = stillUnderWay(before, now)
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
    case "Held":
      if (phase.asking) return asked(state, phase, now)
      // sent before the refusal: the quota was that much larger
      return phase.fresh || phase.next === "window" ? { ...state, perMinute: state.perMinute + 1 } : state
    case "Even":
      if (!pushDue(state)) return state
      return {
        ...state,
        push: { ...state.push, every: Math.max(1, Math.floor(state.push.every / 4)), since: 0 },
        phase: { ...phase, at: phase.at - interval(state) }
      }
    case "Window": {
      const taken = phase.taken + 1
      if (taken <= phase.size) {
        return { ...state, phase: { ...phase, taken, trial: taken < phase.size ? phase.trial : undefined } }
      }
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

/** When a window is over. */
export const over = (window: Window): number => window.start + minute
