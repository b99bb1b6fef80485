/** What the adaptive pace makes of a request that was accepted. */
import * as Log from "./paceLog.ts"
import { type Held, interval, minute, pushDue, reduced, type State, stillUnderWay, type Window } from "./paceState.ts"

const second = 1000

/** A bucket of one token overflows while a request is on its way: the next token counts from the reply. */
const single = (state: State): boolean => state.perMinute < 2 || state.burst < 2

/** The quota of a server whose bucket was full and is empty: as good as always a whole number. */
export const wholeQuota = (log: Log.Log, now: number): number => Math.ceil(Log.leastPerMinute(log, now) - 0.02)

const asked = (state: State, held: Held, now: number): State => {
  const size = Math.floor(state.perMinute)
  if (held.next === "even" && (held.tries <= 1 || size <= 1)) {
    // one token was there by then, and they have come one by one since
    const anchor = { at: held.last, first: now, accepted: 1 }
    return { ...state, anchor, phase: { _tag: "Even", at: (single(state) ? now : held.until) + interval(state) } }
  }
  // Long before a minute was over since the last calls: it is a window of the clock's, and they do not count in it.
  const end = Log.windowEnd(state.log, held.since)
  const from = held.tries > 0 && (end === undefined || now + second < end) ? now : 0
  // Refused more than once, a whole quota may have come back at once; or just what had not come one by one.
  const trial = held.next === "even" ? held : undefined
  return { ...state, phase: { _tag: "Window", start: now, used: 1, taken: 1, size: Math.max(1, size), from, trial } }
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
      if (phase.next === "window") return { ...state, perMinute: state.perMinute + 1 }
      return phase.fresh ? { ...state, perMinute: Math.max(state.perMinute, wholeQuota(state.log, now)) } : state
    case "Even": {
      const alone = single(state)
      const step = interval(state)
      const at = alone ? Math.max(phase.at, now + step) : phase.at
      if (!pushDue(state)) return { ...state, phase: { ...phase, at } }
      const { every, sent } = state.push
      const push = {
        ...state.push,
        every: reduced(state) ? 1 : Math.max(1, Math.floor(every / 4)),
        since: 0,
        sent: sent + 1
      }
      if (!alone) return { ...state, push, phase: { ...phase, at: at - step } }
      // nothing can be saved up, so that only a faster pace shows whether there is more
      const perMinute = sent % 3 === 2 ? 2 * state.perMinute : state.perMinute
      return { ...state, perMinute, push, phase: { ...phase, at: now + step / 2 } }
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
