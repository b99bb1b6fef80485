/**
 * The adaptive strategy: learns the rate that the server allows. `docs/benchmarks.md#the-adaptive-strategy` explains it.
 *
 * | phase | a reply is accepted | a reply is limited | a header says that nothing remains |
 * | --- | --- | --- | --- |
 * | `Probing`: no rate is known | more requests may be in flight | `Backoff` | `Backoff` |
 * | `Backoff`: paused until a probe is accepted | the probe: `Probing`, or `Measured` from the second pause on; else counted | a longer pause | a longer pause |
 * | `Measured`: requests at an interval | a shorter interval, after some | `Backoff` | `Backoff` |
 */
import type { Basis } from "../../estimates.ts"
import { type Adaptive, type Backoff, type Measured, minPause } from "./adaptiveState.ts"
import type { InFlight, Outcome, Strategy, StrategyEvent, Timing } from "./limiter.ts"

/**
 * The number of accepted requests after which one more may be in flight, after the first pause. At most three in a
 * hundred requests are refused because of this growth.
 */
const growth = 32

/** The maximum of `acceptedPerSlot`, for a server that refuses at a constant number of requests in flight. */
const maxGrowth = 256

/** The longest pause without `Retry-After`, and the longest interval, in milliseconds: two minutes. */
const maxPause = 120_000

/** The longest first pause, in milliseconds. Most quotas refill within a minute. */
const minute = 60_000

/** The length of a one-minute window that began with the first request, with time for the network, in milliseconds. */
const windowLength = minute + 500

/**
 * The factor by which a pause grows after a refused probe. A smaller one probes too often, a greater one waits too
 * long.
 */
const pauseGrowth = 3

/**
 * The part of the interval after which a probe is sent, if requests at the measured rate are refused repeatedly. It
 * tests whether the rate is the reason.
 */
const testWait = 1 / 16

/** The divisor of the interval when more requests are tried. */
const speedUp = 1.5

/**
 * The number of accepted requests after which the interval is divided: the initial value, and the maximum while
 * measurements agree.
 */
const minStreak = 2
const maxStreak = 48

/** The minimum ratio of a measured interval to the previous one at which the two agree. */
const agreement = 1 / 1.5

/** The maximum growth of the interval in one pause, since the pause may have been longer than the server required. */
const slowDown = 1.25

/**
 * The maximum ratio of a measured interval to the previous one at which a pause counts as short. After a short pause,
 * the server may have refused for a reason other than the rate.
 */
const shortPause = 1.4

/**
 * The accepted requests that a measured rate is from: at least so many without a delay of the server, and of earlier
 * stretches at most so many.
 */
const memory = 24

/** The assumed quota before anything is measured: requests in a burst, and requests per minute after it. */
const assumedQuota = 10

const clamp = (least: number, x: number, max: number): number => Math.max(least, Math.min(x, max))

/** Starts a pause. Its length is the delay that the server asks for, or a default. */
const startPause = (state: Adaptive, now: number, serverDelay: number | undefined, isByHeader: boolean): Adaptive => {
  const { firstPause, interval, measured } = state
  const isAtRate = measured !== undefined && interval === measured.each
  const defaultDelay =
    measured === undefined ? firstPause : measured.each * (isAtRate && measured.isSuspect ? testWait : 1)
  const wait = serverDelay ?? defaultDelay
  const phase: Backoff = {
    _tag: "Backoff",
    since: now,
    wait,
    until: now + wait,
    hasServerDelay: serverDelay !== undefined,
    isByHeader,
    isAtRate,
    accepted: 0,
    refused: 1,
    probedAt: undefined,
    refusedProbes: 0
  }
  return { ...state, phase, pauses: state.pauses + 1 }
}

/**
 * Extends the pause after a refused probe. Without a delay of the server, it ends at the latest with the one-minute
 * window.
 */
const onProbeRefused = (state: Adaptive, backoff: Backoff, now: number, serverDelay: number | undefined): Backoff => {
  const longer = clamp(state.measured?.each ?? 0, pauseGrowth * backoff.wait, maxPause)
  const left = state.since + windowLength - now
  const defaultDelay = left > 0 ? Math.min(longer, left) : longer
  const wait =
    serverDelay === undefined
      ? defaultDelay
      : Math.max(serverDelay, Math.min(minPause * 2 ** backoff.refusedProbes, minute))
  return { ...backoff, wait, until: now + wait, probedAt: undefined, refusedProbes: backoff.refusedProbes + 1 }
}

/** Counts a limited reply to a request that was sent before the pause. */
const onEarlierRefused = (backoff: Backoff, now: number, serverDelay: number | undefined): Backoff => ({
  ...backoff,
  refused: backoff.refused + 1,
  hasServerDelay: backoff.hasServerDelay || serverDelay !== undefined,
  until: Math.max(backoff.until, now + (serverDelay ?? backoff.wait))
})

/**
 * Counts an accepted request that was sent before the pause. If the server gave no delay, the probe may be sent
 * immediately.
 */
const onEarlierAccepted = (backoff: Backoff, now: number): Backoff => ({
  ...backoff,
  accepted: backoff.accepted + 1,
  until: backoff.hasServerDelay ? backoff.until : Math.min(backoff.until, now)
})

/**
 * Measures the time that the server needs for each request, from the stretch that ends. Limits the change, since the
 * pause may distort the measurement.
 */
const measure = (state: Adaptive, now: number, ended: Backoff): Measured => {
  const previous = state.measured
  const measuredInterval = (now - state.since) / state.accepted
  const before = previous?.each ?? measuredInterval
  const isSuspect = previous?.isSuspect ?? false
  const isShort =
    ended.isAtRate && !ended.isByHeader && ended.refusedProbes === 0 && measuredInterval <= shortPause * before
  const isFaster = state.interval < before && ended.refusedProbes < 3
  const max = previous === undefined || isFaster ? before : slowDown * before
  const each = isShort && isSuspect ? before / speedUp : Math.min(measuredInterval, max, maxPause)
  const agrees = previous !== undefined && each > agreement * previous.each
  const streakToSpeedUp = previous?.streakToSpeedUp ?? minStreak
  return {
    each,
    isSuspect: ended.hasServerDelay ? isShort : ended.isAtRate,
    streakToSpeedUp: ended.isAtRate ? streakToSpeedUp : agrees ? Math.min(maxStreak, 2 * streakToSpeedUp) : minStreak
  }
}

/** Adds the stretch that ends. */
const addStretch = (
  { accepted, earlier, since }: Adaptive,
  { hasServerDelay }: Backoff,
  now: number
): Adaptive["earlier"] => {
  const sum = { time: earlier.time + now - since, accepted: earlier.accepted + accepted }
  const part = Math.min(1, memory / sum.accepted)
  return {
    time: part * sum.time,
    accepted: part * sum.accepted,
    hasServerDelay: earlier.hasServerDelay || hasServerDelay
  }
}

const endPause = (paused: Adaptive, ended: Backoff, now: number): Adaptive => {
  const state = { ...paused, accepted: paused.accepted + 1 }
  const byNumber = ended.accepted >= ended.refused && !ended.isByHeader
  const handled = Math.max(ended.accepted, ended.refused / 4)
  const measured = state.pauses > 1 && !byNumber ? measure(state, now, ended) : state.measured
  const interval = measured === state.measured ? state.interval : (measured?.each ?? 0)
  const slots = {
    // a refused probe was the only request in flight, so their number was not the reason
    concurrency: Math.max(1, ended.refusedProbes === 0 ? handled : Math.min(handled, state.accepted / growth)),
    acceptedPerSlot:
      byNumber && ended.accepted === state.lastAccepted ? Math.min(maxGrowth, 2 * state.acceptedPerSlot) : growth,
    lastAccepted: ended.accepted,
    firstPause: clamp(minPause, now - ended.since, minute)
  }
  return {
    ...state,
    ...(ended.isByHeader ? {} : slots),
    phase: { _tag: measured === undefined ? "Probing" : "Measured" },
    measured,
    interval,
    due: measured === state.measured ? now : now + interval,
    earlier: state.pauses > 1 ? addStretch(state, ended, now) : state.earlier,
    since: now,
    accepted: 0,
    streak: 0
  }
}

const onAccepted = (state: Adaptive, now: number, sentAt: number): Adaptive => {
  const { phase } = state
  const accepted = state.accepted + 1
  switch (phase._tag) {
    case "Probing":
      return { ...state, accepted }
    case "Backoff":
      return phase.probedAt === sentAt
        ? endPause(state, phase, now)
        : { ...state, accepted, phase: onEarlierAccepted(phase, now) }
    case "Measured":
      return state.streak + 1 < (state.measured?.streakToSpeedUp ?? minStreak)
        ? { ...state, accepted, streak: state.streak + 1 }
        : { ...state, accepted, streak: 0, interval: state.interval / speedUp }
  }
}

const onRefused = (state: Adaptive, now: number, sentAt: number, serverDelay: number | undefined): Adaptive => {
  const { phase } = state
  if (phase._tag !== "Backoff") return startPause(state, now, serverDelay, false)
  const isProbe = phase.probedAt === sentAt
  return {
    ...state,
    phase: isProbe ? onProbeRefused(state, phase, now, serverDelay) : onEarlierRefused(phase, now, serverDelay)
  }
}

/** Pauses, or extends the pause, because a header says that nothing remains for `wait` milliseconds. */
const onExhausted = (state: Adaptive, now: number, wait: number): Adaptive => {
  const { phase } = state
  if (phase._tag !== "Backoff") return startPause(state, now, wait, true)
  return { ...state, phase: { ...phase, until: Math.max(phase.until, now + wait) } }
}

const onReplied = (state: Adaptive, now: number, sentAt: number, outcome: Outcome): Adaptive => {
  const isProbe = state.phase._tag === "Backoff" && state.phase.probedAt === sentAt
  const left = Math.floor(outcome.remaining ?? Number.POSITIVE_INFINITY)
  const reset = Math.min(outcome.reset ?? 0, maxPause)
  const exhausted = left <= 0 && reset > 0 ? reset : undefined
  const after =
    outcome.status === "accepted"
      ? onAccepted(state, now, sentAt)
      : onRefused(state, now, sentAt, outcome.retryAfter ?? (isProbe ? undefined : exhausted))
  const next = exhausted === undefined ? after : onExhausted(after, now, exhausted)
  return left >= 1 && (left <= state.remaining || now >= state.remainsUntil)
    ? { ...next, remaining: left, remainsUntil: now + reset }
    : next
}

const onSent = (state: Adaptive, now: number, inFlight: InFlight): Adaptive => {
  const { accepted, due, endedAt, pauses, interval, phase, since } = state
  const sent = { ...state, due: Math.max(due, now - interval) + interval }
  if (inFlight.length > 0) return sent
  if (phase._tag !== "Backoff") {
    // the time without a request in flight is not part of the stretch
    const idle = Math.max(0, now - Math.max(due, endedAt))
    return { ...sent, since: pauses === 0 && accepted === 0 ? now : since + idle }
  }
  return {
    ...sent,
    since: since + Math.max(0, now - Math.max(due, endedAt, phase.until)),
    phase: now >= phase.until ? { ...phase, probedAt: now } : phase
  }
}

const on = (state: Adaptive, event: StrategyEvent): Adaptive => {
  switch (event._tag) {
    case "sent":
      return onSent(state, event.now, event.inFlight)
    case "ended":
      return { ...state, endedAt: event.now }
    case "replied":
      return onReplied(state, event.now, event.sentAt, event.outcome)
  }
}

const timing = (state: Adaptive, now: number, inFlight: InFlight): Timing => {
  const isTimed = state.pauses > 0
  if (state.phase._tag === "Backoff") {
    const { until } = state.phase
    const nextAt = inFlight.length > 0 ? Number.POSITIVE_INFINITY : until
    return { nextAt, pausedUntil: until, pauseEnds: Number.POSITIVE_INFINITY, isTimed }
  }
  const remaining = now < state.remainsUntil ? state.remaining : Number.POSITIVE_INFINITY
  const max = Math.min(state.concurrency + state.accepted / state.acceptedPerSlot, remaining)
  const nextAt = inFlight.length + 1 > max ? Number.POSITIVE_INFINITY : state.due
  return { nextAt, pausedUntil: Number.NEGATIVE_INFINITY, pauseEnds: Number.NEGATIVE_INFINITY, isTimed }
}

const basis = ({ accepted, earlier }: Adaptive): Basis =>
  earlier.accepted > 0 && (earlier.hasServerDelay || earlier.accepted + accepted >= memory) ? "measured" : "assumed"

const estimate = (state: Adaptive, now: number, requests: number): number => {
  const { accepted, due, earlier, endedAt, pauses, phase, since } = state
  const isPaused = phase._tag === "Backoff"
  const paused = isPaused ? Math.max(0, phase.until - now) : 0
  if (basis(state) === "measured") {
    const stretch = Math.max(0, (isPaused ? phase.since : endedAt) - since)
    const each = (earlier.time + stretch) / (earlier.accepted + accepted)
    return Math.max(paused, due - now) + (requests - 1) * each
  }
  const free = pauses === 0 ? Math.max(0, assumedQuota - accepted) : 0
  return paused + (Math.max(0, requests - free) * minute) / assumedQuota
}

export const strategy: Strategy<Adaptive> = { on, timing, basis, estimate }
