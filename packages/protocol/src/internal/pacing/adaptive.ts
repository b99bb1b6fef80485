/**
 * The law of a pace that learns what the server allows.
 *
 * A refusal alone proves nothing: requests are held, one of them probes, and when
 * it is accepted all go on as before. A rate is measured from the second hold on,
 * between two moments at which the server, having refused, accepted again.
 * `docs/pace.md` explains it.
 */
import { type Law, waitOf } from "./law.ts"

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
const backoff = 3

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
const makeHold = (since: number, wait: number, isTold: boolean, byHeader: boolean, atRate: boolean) => ({
  since,
  wait,
  until: since + wait,
  /** The server says how long. */
  isTold,
  /** Nothing was refused: a header says that nothing remains. */
  byHeader,
  /** Requests went at the measured rate, and not faster. */
  atRate,
  /** Requests that were sent before: how many were accepted and refused. */
  accepted: 0,
  refused: 1,
  /** When the last probe was sent, and how many were refused. */
  probedAt: Number.NaN,
  refusedProbes: 0
})

type Hold = ReturnType<typeof makeHold>

const clamp = (least: number, x: number, most: number): number => Math.max(least, Math.min(x, most))

export const adaptive = (): Law => {
  /** The stretch that is measured: busy since then, so many were accepted. */
  let since = 0
  let accepted = 0
  let hold: Hold | undefined
  let holds = 0
  /** When the last request ended. */
  let ended = 0
  /** When the next request may go, and how much later the one after it. */
  let due = Number.NEGATIVE_INFINITY
  let interval = 0
  let measured: number | undefined
  /** Accepted requests since the interval changed, and how many are wanted before it is divided. */
  let streak = 0
  let patience = leastPatience
  /** So many may be under way, and one more for each `perPlace` that were accepted. */
  let concurrency = firstConcurrency
  let perPlace = firstGrowth
  let lastAccepted = 0
  let firstWait = shortestHold
  /** The last hold began at the measured rate too. */
  let doubted = false
  /** What the headers say remains, until then. */
  let remaining = Number.POSITIVE_INFINITY
  let remainsUntil = Number.NEGATIVE_INFINITY

  const begin = (now: number, told: number | undefined, byHeader: boolean): void => {
    const atRate = measured !== undefined && interval === measured
    const untold = measured === undefined ? firstWait : atRate && doubted ? measured * testWait : measured
    holds += 1
    hold = makeHold(now, told ?? untold, told !== undefined, byHeader, atRate)
  }

  const refuse = (now: number, told: number | undefined, isProbe: boolean): void => {
    if (hold === undefined) begin(now, told, false)
    else if (isProbe) {
      const longer = clamp(measured ?? 0, backoff * hold.wait, longestHold)
      const left = since + windowLength - now
      if (told === undefined) hold.wait = left > 0 ? Math.min(longer, left) : longer
      else hold.wait = Math.max(told, Math.min(shortestHold * 2 ** hold.refusedProbes, minute))
      hold.until = now + hold.wait
      hold.probedAt = Number.NaN
      hold.refusedProbes += 1
    } else {
      hold.refused += 1
      hold.isTold ||= told !== undefined
      hold.until = Math.max(hold.until, now + (told ?? hold.wait))
    }
  }

  /** How much time each request took since the last hold, this one included, as far as it can be trusted. */
  const measure = (now: number, over: Hold): void => {
    const found = (now - since) / accepted
    const known = measured
    const before = known ?? found
    const isShort = over.atRate && !over.byHeader && over.refusedProbes === 0 && found <= shortHold * before
    const isFaster = interval < before && over.refusedProbes < 3
    const most = known === undefined || isFaster ? before : slowDown * before
    measured = isShort && doubted ? before / speedUp : Math.min(found, most, longestHold)
    const agrees = known !== undefined && measured > agreement * known
    if (!over.atRate) patience = agrees ? Math.min(mostPatience, 2 * patience) : leastPatience
    doubted = over.isTold ? isShort : over.atRate
    interval = measured
    due = now + interval
  }

  const release = (now: number, over: Hold): void => {
    hold = undefined
    due = now
    const byNumber = over.accepted >= over.refused && !over.byHeader
    if (!over.byHeader) {
      const bore = Math.max(over.accepted, over.refused / 4)
      // a request that is alone is not refused for the number under way
      concurrency = Math.max(1, over.refusedProbes === 0 ? bore : Math.min(bore, accepted / growth))
      perPlace = byNumber && over.accepted === lastAccepted ? Math.min(mostGrowth, 2 * perPlace) : growth
      lastAccepted = over.accepted
      firstWait = clamp(shortestHold, now - over.since, minute)
    }
    if (holds > 1 && !byNumber) measure(now, over)
    since = now
    accepted = 0
    streak = 0
  }

  const accept = (now: number, isProbe: boolean): void => {
    accepted += 1
    if (hold === undefined) {
      streak = measured === undefined || streak + 1 >= patience ? 0 : streak + 1
      if (streak === 0) interval /= speedUp
    } else if (isProbe) release(now, hold)
    else {
      hold.accepted += 1
      if (!hold.isTold) hold.until = Math.min(hold.until, now)
    }
  }

  return {
    nextAt: (now, inFlight) => {
      if (hold !== undefined) return inFlight.size > 0 ? Number.POSITIVE_INFINITY : hold.until
      const most = Math.min(
        concurrency + accepted / perPlace,
        now < remainsUntil ? remaining : Number.POSITIVE_INFINITY
      )
      return inFlight.size + 1 > most ? Number.POSITIVE_INFINITY : due
    },
    onSent: (now, inFlight) => {
      if (inFlight.size === 0) {
        if (holds === 0 && accepted === 0) since = now
        else since += Math.max(0, now - Math.max(due, ended, hold?.until ?? ended))
        if (hold !== undefined && now >= hold.until) hold.probedAt = now
      }
      due = Math.max(due, now - interval) + interval
    },
    onEnded: (at) => {
      ended = at
    },
    onOutcome: (now, sentAt, outcome) => {
      const isProbe = hold?.probedAt === sentAt
      const left = Math.floor(outcome.remaining ?? Number.POSITIVE_INFINITY)
      const reset = Math.min(waitOf(outcome.reset) ?? 0, longestHold)
      const empty = left <= 0 && reset > 0 ? reset : undefined
      if (outcome.status === "accepted") accept(now, isProbe)
      else refuse(now, waitOf(outcome.retryAfter) ?? (isProbe ? undefined : empty), isProbe)
      if (empty !== undefined && hold === undefined) begin(now, empty, true)
      if (empty !== undefined && hold !== undefined) hold.until = Math.max(hold.until, now + empty)
      if (left >= 1 && (left <= remaining || now >= remainsUntil)) {
        remaining = left
        remainsUntil = now + reset
      }
    },
    heldUntil: () => hold?.until ?? Number.NEGATIVE_INFINITY,
    holdEnds: () => (hold === undefined ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY),
    isTimed: () => holds > 0,
    estimate: (now, requests) => {
      const held = Math.max(0, (hold?.until ?? now) - now)
      if (measured !== undefined) return Math.max(held, due - now) + (requests - 1) * interval
      const each = Math.min(minute / supposed, (minute + now - since) / Math.max(1, accepted))
      return held + Math.max(0, requests - (holds === 0 ? Math.max(0, supposed - accepted) : 0)) * each
    }
  }
}
