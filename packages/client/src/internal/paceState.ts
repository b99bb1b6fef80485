/** What the adaptive pace knows and where it stands. */
import * as Log from "./paceLog.ts"

export const minute = Log.minute

/** A request that has not reported by then never will. */
export const lost = minute

/** Where the pace stands. Times are milliseconds; `now` of some report. */
export type Phase =
  /** Nothing was refused yet. */
  | { readonly _tag: "Open" }
  /** Refused, or used up: nothing goes before `until`, and then one alone. */
  | Held
  /** One by one: the next may go at `at`. */
  | { readonly _tag: "Even"; readonly at: number }
  /** All at once, and again when a minute is over. */
  | Window

export interface Held {
  readonly _tag: "Held"
  readonly until: number
  /** The first and the last refusal without anything accepted between. */
  readonly since: number
  readonly last: number
  /** The longest between one of them and the next. */
  readonly gap: number
  readonly wait: number
  /** How often the server was asked and refused. */
  readonly tries: number
  /** Whether the one that goes alone is under way. */
  readonly asking: boolean
  /** How it goes on if that one is accepted. */
  readonly next: "even" | "window"
  /** Nothing was refused before. */
  readonly fresh: boolean
}

export interface Window {
  readonly _tag: "Window"
  /** When the first of it was answered. */
  readonly start: number
  /** How many were sent in it, and accepted. */
  readonly used: number
  readonly taken: number
  readonly size: number
  /** What was accepted before then does not count against it. */
  readonly from: number
  /** The refusals before it, as long as it is not certain: what has come back may have come one by one. */
  readonly trial: Held | undefined
}

/**
 * Now and then one request more than the quota is thought to allow, to find out
 * whether it allows it: after `every` accepted, rarer after each refusal.
 */
export interface Push {
  readonly every: number
  readonly base: number
  readonly since: number
  /** How many of them were sent without a refusal. */
  readonly sent: number
}

/** What the server said at some time, and how many it had accepted by then. */
export interface Reading {
  readonly remaining: number
  readonly reset: number
  readonly at: number
  readonly accepted: number
}

export interface State {
  /** When those under way were sent, oldest first. */
  readonly underWay: ReadonlyArray<number>
  readonly log: Log.Log
  /** Since the start. */
  readonly accepted: number
  /** About how long a reply takes at most. */
  readonly lag: number
  /** What the quota is thought to be; 0 before anything was refused. */
  readonly perMinute: number
  /** The most that it was ever thought to be. */
  readonly best: number
  /** What could be had at once at the start. */
  readonly burst: number
  /** What was accepted since a refusal `at`, when the bucket was empty; the first of it at `first`. */
  readonly anchor: { readonly at: number; readonly first: number; readonly accepted: number } | undefined
  readonly push: Push
  /** Tokens to wait for after a refusal: 2 of a server that lets refused requests run up a debt. */
  readonly cost: number
  /** The first of what the server said of its quota since it was last used up, or full again. */
  readonly reading: Reading | undefined
  readonly phase: Phase
}

export const initial: State = {
  underWay: [],
  log: Log.empty,
  accepted: 0,
  lag: 0,
  perMinute: 0,
  best: 0,
  burst: Number.POSITIVE_INFINITY,
  anchor: undefined,
  push: { every: Number.POSITIVE_INFINITY, base: 0, since: 0, sent: 0 },
  cost: 1,
  reading: undefined,
  phase: { _tag: "Open" }
}

/** Between two requests. */
export const interval = (state: State): number => minute / state.perMinute

export const stillUnderWay = (state: State, now: number): ReadonlyArray<number> => {
  const oldest = state.underWay[0]
  return oldest === undefined || oldest + lost > now ? state.underWay : state.underWay.filter((at) => at + lost > now)
}

/** How many may be under way at once when so many went through: few enough that little is lost if all are refused. */
export const together = (requests: number): number => 1 + Math.floor(requests / 32)

/** Whether the quota was once larger. */
export const reduced = (state: State): boolean => state.perMinute < 0.8 * state.best

export const pushDue = (state: State): boolean => state.push.since >= state.push.every
