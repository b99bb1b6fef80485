/**
 * The law of a pace that learns what the server allows; `docs/retry-and-rate-limits.md` explains it.
 *
 * | phase | accepted | refused | a header says that nothing remains |
 * | --- | --- | --- | --- |
 * | `Probing`: nothing is measured | more may be under way | `Backoff` | `Backoff` |
 * | `Backoff`: held, until a probe is accepted | the probe: `Probing`, or `Measured` from the second hold on; else counted | longer | longer |
 * | `Measured`: one by one, at an interval | after some, a shorter interval | `Backoff` | `Backoff` |
 */
import type { Basis } from "../../estimates.ts"
import type { InFlight, Outcome, Strategy, StrategyEvent, Timing } from "./model.ts"

/** Requests that may be under way before the first refusal: half of a small quota, so that few of them are refused. */
const firstConcurrency = 8

/** Accepted requests that allow one more under way, before the first refusal: it doubles within three round trips. */
const firstGrowth = 3

/** Accepted requests that allow one more under way, after a refusal: at most three in a hundred are refused for it. */
const growth = 32

/** The same, at most, for a server that refuses at a constant number under way. */
const mostGrowth = 256

/** How long the first hold lasts if no header says it: milliseconds. A stray refusal costs no more. */
const shortestHold = 1000

/** The longest hold that no `Retry-After` asks for, and the longest interval: milliseconds, two windows of a minute. */
const longestHold = 120_000

/** The longest first wait of a hold: milliseconds. Most quotas are back after a minute. */
const minute = 60_000

/** A window of a minute that began with the first request is over then: milliseconds, with some for the way. */
const windowLength = minute + 500

/** By what a hold grows when its probe is refused: less asks too often, more waits too long. */
const waitGrowth = 3

/** Requests at the measured rate are refused again and again: the part of the interval after which a probe tests it. */
const testWait = 1 / 16

/** By what the interval is divided to find out whether the server allows more. */
const speedUp = 1.5

/** After how many accepted requests: at first, and when the last measurements agree. */
const leastPatience = 2
const mostPatience = 48

/** A measurement that is smaller by no more than this agrees with the one before. */
const agreement = 1 / 1.5

/** By what the interval may grow in one hold, which may have been longer than the server asked for. */
const slowDown = 1.25

/** A hold that makes the interval no longer than this was short: the server may refuse for another reason. */
const shortHold = 1.4

/** How many requests are supposed to be allowed in a minute and at once, before anything is known. */
const supposed = 10

/** Requests are held from `since` until a probe is accepted, which goes at `until` and when no other is under way. */
interface Backoff {
  readonly _tag: "Backoff"
  readonly since: number
  readonly wait: number
  readonly until: number
  readonly isTold: boolean
  /** Nothing was refused: a header says that nothing remains. */
  readonly byHeader: boolean
  readonly atRate: boolean
  /** Requests that were sent before: how many were accepted and refused. */
  readonly accepted: number
  readonly refused: number
  /** When the last probe was sent, and how many were refused. */
  readonly probedAt: number | undefined
  readonly refusedProbes: number
}

type Phase = { readonly _tag: "Probing" } | { readonly _tag: "Measured" } | Backoff

/** What a hold measured. */
interface Measured {
  /** How much time the server needs for each request. */
  readonly each: number
  /** The last hold began at the measured rate too. */
  readonly isDoubted: boolean
  /** Accepted requests that are wanted before the interval is divided. */
  readonly patience: number
}

export interface Adaptive {
  readonly phase: Phase
  readonly holds: number
  /** The stretch that is measured: busy since then, so many were accepted. */
  readonly since: number
  readonly accepted: number
  /**
   * The stretches before it, since the first hold: how long they were, and how many were accepted; older ones count
   * less.
   */
  readonly earlier: { readonly time: number; readonly accepted: number }
  readonly endedAt: number
  /** When the next request may go, and how much later the one after it. */
  readonly due: number
  readonly interval: number
  /** Accepted requests since the interval changed. */
  readonly streak: number
  readonly measured: Measured | undefined
  /** So many may be under way, and one more for each `perPlace` that were accepted. */
  readonly concurrency: number
  readonly perPlace: number
  /** How many of those under way the last hold saw accepted. */
  readonly lastAccepted: number
  /** The first wait of a hold that no header names, before anything is measured. */
  readonly firstWait: number
  readonly remaining: number
  readonly remainsUntil: number
}

export const initial: Adaptive = {
  phase: { _tag: "Probing" },
  holds: 0,
  since: 0,
  accepted: 0,
  earlier: { time: 0, accepted: 0 },
  endedAt: 0,
  due: Number.NEGATIVE_INFINITY,
  interval: 0,
  streak: 0,
  measured: undefined,
  concurrency: firstConcurrency,
  perPlace: firstGrowth,
  lastAccepted: 0,
  firstWait: shortestHold,
  remaining: Number.POSITIVE_INFINITY,
  remainsUntil: Number.NEGATIVE_INFINITY
}

const clamp = (least: number, x: number, most: number): number => Math.max(least, Math.min(x, most))

/** Holds requests, for as long as a header asks. */
const hold = (law: Adaptive, now: number, told: number | undefined, byHeader: boolean): Adaptive => {
  const { firstWait, interval, measured } = law
  const atRate = measured !== undefined && interval === measured.each
  const untold = measured === undefined ? firstWait : measured.each * (atRate && measured.isDoubted ? testWait : 1)
  const wait = told ?? untold
  const phase: Backoff = {
    _tag: "Backoff",
    since: now,
    wait,
    until: now + wait,
    isTold: told !== undefined,
    byHeader,
    atRate,
    accepted: 0,
    refused: 1,
    probedAt: undefined,
    refusedProbes: 0
  }
  return { ...law, phase, holds: law.holds + 1 }
}

/** The probe was refused: the next one waits longer, but not past the end of a window of a minute. */
const onProbeRefused = (law: Adaptive, backoff: Backoff, now: number, told: number | undefined): Backoff => {
  const longer = clamp(law.measured?.each ?? 0, waitGrowth * backoff.wait, longestHold)
  const left = law.since + windowLength - now
  const untold = left > 0 ? Math.min(longer, left) : longer
  const wait = told === undefined ? untold : Math.max(told, Math.min(shortestHold * 2 ** backoff.refusedProbes, minute))
  return { ...backoff, wait, until: now + wait, probedAt: undefined, refusedProbes: backoff.refusedProbes + 1 }
}

/** A request that was sent before the hold was refused. */
const onOtherRefused = (backoff: Backoff, now: number, told: number | undefined): Backoff => ({
  ...backoff,
  refused: backoff.refused + 1,
  isTold: backoff.isTold || told !== undefined,
  until: Math.max(backoff.until, now + (told ?? backoff.wait))
})

/** A request that was sent before the hold was accepted: unless the server named a time, the probe goes at once. */
const onOtherAccepted = (backoff: Backoff, now: number): Backoff => ({
  ...backoff,
  accepted: backoff.accepted + 1,
  until: backoff.isTold ? backoff.until : Math.min(backoff.until, now)
})

/** How much time each request took since the last hold, the last one included, as far as it can be trusted. */
const measure = (law: Adaptive, now: number, over: Backoff): Measured => {
  const known = law.measured
  const found = (now - law.since) / law.accepted
  const before = known?.each ?? found
  const isDoubted = known?.isDoubted ?? false
  const isShort = over.atRate && !over.byHeader && over.refusedProbes === 0 && found <= shortHold * before
  const isFaster = law.interval < before && over.refusedProbes < 3
  const most = known === undefined || isFaster ? before : slowDown * before
  const each = isShort && isDoubted ? before / speedUp : Math.min(found, most, longestHold)
  const agrees = known !== undefined && each > agreement * known.each
  const patience = known?.patience ?? leastPatience
  return {
    each,
    isDoubted: over.isTold ? isShort : over.atRate,
    patience: over.atRate ? patience : agrees ? Math.min(mostPatience, 2 * patience) : leastPatience
  }
}

/** The stretch that ends with a hold, and half of those before. */
const passed = ({ accepted, earlier, since }: Adaptive, now: number): Adaptive["earlier"] => ({
  time: earlier.time / 2 + now - since,
  accepted: earlier.accepted / 2 + accepted
})

/** The probe was accepted: the hold is over. */
const release = (held: Adaptive, over: Backoff, now: number): Adaptive => {
  const law = { ...held, accepted: held.accepted + 1 }
  const byNumber = over.accepted >= over.refused && !over.byHeader
  const bore = Math.max(over.accepted, over.refused / 4)
  const measured = law.holds > 1 && !byNumber ? measure(law, now, over) : law.measured
  const interval = measured === law.measured ? law.interval : (measured?.each ?? 0)
  const places = {
    // a request that is alone is not refused for the number under way
    concurrency: Math.max(1, over.refusedProbes === 0 ? bore : Math.min(bore, law.accepted / growth)),
    perPlace: byNumber && over.accepted === law.lastAccepted ? Math.min(mostGrowth, 2 * law.perPlace) : growth,
    lastAccepted: over.accepted,
    firstWait: clamp(shortestHold, now - over.since, minute)
  }
  return {
    ...law,
    ...(over.byHeader ? {} : places),
    phase: { _tag: measured === undefined ? "Probing" : "Measured" },
    measured,
    interval,
    due: measured === law.measured ? now : now + interval,
    earlier: law.holds > 1 ? passed(law, now) : law.earlier,
    since: now,
    accepted: 0,
    streak: 0
  }
}

const onAccepted = (law: Adaptive, now: number, sentAt: number): Adaptive => {
  const { phase } = law
  const accepted = law.accepted + 1
  switch (phase._tag) {
    case "Probing":
      return { ...law, accepted }
    case "Backoff":
      return phase.probedAt === sentAt
        ? release(law, phase, now)
        : { ...law, accepted, phase: onOtherAccepted(phase, now) }
    case "Measured":
      return law.streak + 1 < (law.measured?.patience ?? leastPatience)
        ? { ...law, accepted, streak: law.streak + 1 }
        : { ...law, accepted, streak: 0, interval: law.interval / speedUp }
  }
}

const onRefused = (law: Adaptive, now: number, sentAt: number, told: number | undefined): Adaptive => {
  const { phase } = law
  if (phase._tag !== "Backoff") return hold(law, now, told, false)
  const isProbe = phase.probedAt === sentAt
  return { ...law, phase: isProbe ? onProbeRefused(law, phase, now, told) : onOtherRefused(phase, now, told) }
}

/** A header says that nothing remains for so long. */
const onExhausted = (law: Adaptive, now: number, wait: number): Adaptive => {
  const { phase } = law
  if (phase._tag !== "Backoff") return hold(law, now, wait, true)
  return { ...law, phase: { ...phase, until: Math.max(phase.until, now + wait) } }
}

const onReplied = (law: Adaptive, now: number, sentAt: number, outcome: Outcome): Adaptive => {
  const isProbe = law.phase._tag === "Backoff" && law.phase.probedAt === sentAt
  const left = Math.floor(outcome.remaining ?? Number.POSITIVE_INFINITY)
  const reset = Math.min(outcome.reset ?? 0, longestHold)
  const exhausted = left <= 0 && reset > 0 ? reset : undefined
  const after =
    outcome.status === "accepted"
      ? onAccepted(law, now, sentAt)
      : onRefused(law, now, sentAt, outcome.retryAfter ?? (isProbe ? undefined : exhausted))
  const next = exhausted === undefined ? after : onExhausted(after, now, exhausted)
  return left >= 1 && (left <= law.remaining || now >= law.remainsUntil)
    ? { ...next, remaining: left, remainsUntil: now + reset }
    : next
}

const onSent = (law: Adaptive, now: number, inFlight: InFlight): Adaptive => {
  const { accepted, due, endedAt, holds, interval, phase, since } = law
  const sent = { ...law, due: Math.max(due, now - interval) + interval }
  if (inFlight.length > 0) return sent
  if (phase._tag !== "Backoff") {
    // the time without a request does not count into the stretch
    const idle = Math.max(0, now - Math.max(due, endedAt))
    return { ...sent, since: holds === 0 && accepted === 0 ? now : since + idle }
  }
  return {
    ...sent,
    since: since + Math.max(0, now - Math.max(due, endedAt, phase.until)),
    phase: now >= phase.until ? { ...phase, probedAt: now } : phase
  }
}

const on = (law: Adaptive, event: StrategyEvent): Adaptive => {
  switch (event._tag) {
    case "sent":
      return onSent(law, event.now, event.inFlight)
    case "ended":
      return { ...law, endedAt: event.now }
    case "replied":
      return onReplied(law, event.now, event.sentAt, event.outcome)
  }
}

const timing = (law: Adaptive, now: number, inFlight: InFlight): Timing => {
  const isTimed = law.holds > 0
  if (law.phase._tag === "Backoff") {
    const { until } = law.phase
    const nextAt = inFlight.length > 0 ? Number.POSITIVE_INFINITY : until
    return { nextAt, heldUntil: until, holdEnds: Number.POSITIVE_INFINITY, isTimed }
  }
  const remaining = now < law.remainsUntil ? law.remaining : Number.POSITIVE_INFINITY
  const most = Math.min(law.concurrency + law.accepted / law.perPlace, remaining)
  const nextAt = inFlight.length + 1 > most ? Number.POSITIVE_INFINITY : law.due
  return { nextAt, heldUntil: Number.NEGATIVE_INFINITY, holdEnds: Number.NEGATIVE_INFINITY, isTimed }
}

const basis = ({ earlier }: Adaptive): Basis => (earlier.accepted > 0 ? "measured" : "assumed")

const estimate = (law: Adaptive, now: number, requests: number): number => {
  const { accepted, due, earlier, endedAt, holds, phase, since } = law
  const isHeld = phase._tag === "Backoff"
  const held = isHeld ? Math.max(0, phase.until - now) : 0
  if (basis(law) === "measured") {
    const stretch = Math.max(0, (isHeld ? phase.since : endedAt) - since)
    const each = (earlier.time + stretch) / (earlier.accepted + accepted)
    return Math.max(held, due - now) + (requests - 1) * each
  }
  const free = holds === 0 ? Math.max(0, supposed - accepted) : 0
  return held + (Math.max(0, requests - free) * minute) / supposed
}

export const strategy: Strategy<Adaptive> = { on, timing, basis, estimate }
