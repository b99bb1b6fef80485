/** The law of a pace that learns what the server allows from what it refuses. */
import { type InFlight, type Law, type Outcome, waitOf } from "./law.ts"

const second = 1000
const minute = 60_000

/** How many requests may be under way before the first refusal, and how many accepted ones allow one more. */
const initialConcurrency = 8
const initialGrowth = 3

/** How many accepted requests allow one more under way after a refusal: at first, and at most. */
const leastGrowth = 32
const mostGrowth = 256

/** How long the first hold lasts when no header says it: milliseconds. */
const firstHold = second

/** Without a word from the server it is asked again after no more than this: milliseconds. */
const longestHold = 5 * minute

/** A window of a minute is over after this: milliseconds. */
const windowLength = minute + 500

/** By what the interval is divided to find out whether the server allows more. */
const speedUp = 1.5

/** After how many accepted requests it is tried: at first, and at most. */
const leastPatience = 2
const mostPatience = 48

/** A measurement may exceed the interval before by no more than this factor. */
const mostSlowDown = 1.25

/** What the rate is supposed to be as long as nothing is known: milliseconds for each request, and how many at once. */
const supposedInterval = 6 * second
const supposedBurst = 10

interface Hold {
  readonly since: number
  readonly told: boolean
  until: number
  /** How long the last wait was. */
  wait: number
  /** How many probes were refused. */
  tries: number
  /** Requests sent before the hold: how many were accepted, and how many refused. */
  accepted: number
  refused: number
}

const clamp = (least: number, x: number, most: number): number => Math.max(least, Math.min(x, most))

export const adaptive = (): Law => {
  /** Since when, busy, how many were accepted. */
  let from = 0
  let accepted = 0
  let ended = 0
  let holds = 0
  let hold: (Hold & { told: boolean; probing: boolean }) | undefined
  let due = Number.NEGATIVE_INFINITY
  let measured: number | undefined
  let interval = 0
  let calm = 0
  let patience = leastPatience
  let concurrency = initialConcurrency
  let growth = initialGrowth
  let spared = 0
  let firstWait = firstHold
  let supposed = supposedInterval

  const refuse = (now: number, told: number | undefined): void => {
    if (hold === undefined) {
      if (measured === undefined) supposed = clamp(0, (minute + now - from) / Math.max(1, accepted), minute)
      const wait =
        told ??
        (measured === undefined
          ? firstWait
          : accepted > 1
            ? Math.min(measured, (now - from) / (accepted - 1))
            : measured)
      holds += 1
      hold = {
        since: now,
        until: now + wait,
        wait,
        tries: 0,
        accepted: 0,
        refused: 1,
        told: told !== undefined,
        probing: false
      }
    } else if (!hold.probing) {
      hold.refused += 1
      hold.told ||= told !== undefined
      hold.until = Math.max(hold.until, now + (told ?? hold.wait))
    } else {
      const doubled = Math.min(2 * hold.wait, longestHold)
      const left = from + windowLength - now
      hold.wait =
        told === undefined
          ? left > 0
            ? Math.min(doubled, left)
            : doubled
          : Math.max(told, Math.min(doubled, second * 2 ** hold.tries))
      hold.until = now + hold.wait
      hold.tries += 1
      hold.probing = false
    }
  }

  const release = (now: number, ended: Hold): void => {
    const crowded = ended.accepted >= ended.refused
    const known = ended.accepted > 0 ? ended.accepted : ended.refused / 4
    concurrency = Math.max(1, known / 2 ** ended.tries)
    growth = crowded && ended.accepted === spared ? Math.min(mostGrowth, 2 * growth) : leastGrowth
    spared = ended.accepted
    firstWait = clamp(second, now - ended.since, minute)
    due = now
    if (holds > 1 && !crowded) {
      const found = (now - from) / accepted
      const most = measured === undefined ? found : interval < 0.99 * measured ? measured : mostSlowDown * measured
      const next = Math.min(found, most)
      patience = measured !== undefined && 1.5 * next > measured ? Math.min(mostPatience, 2 * patience) : leastPatience
      measured = next
      interval = next
      due = now + next
    }
    from = now
    accepted = 0
    calm = 0
    hold = undefined
  }

  const accept = (now: number): void => {
    accepted += 1
    if (hold === undefined) {
      if (measured === undefined) return
      calm += 1
      if (calm < patience) return
      calm = 0
      interval /= speedUp
    } else if (hold.probing) release(now, hold)
    else {
      hold.accepted += 1
      if (!hold.told) hold.until = Math.min(hold.until, now)
    }
  }

  return {
    nextAt: (_now: number, inFlight: InFlight) => {
      if (hold !== undefined) return inFlight.size > 0 ? Number.POSITIVE_INFINITY : hold.until
      return inFlight.size + 1 > concurrency + accepted / growth + 1e-9 ? Number.POSITIVE_INFINITY : due
    },
    onSent: (now, inFlight) => {
      if (inFlight.size === 0) from += Math.max(0, now - Math.max(due, ended, hold?.until ?? ended))
      due = Math.max(due, now - interval) + interval
      if (hold !== undefined) hold.probing = true
    },
    onEnded: (at) => {
      ended = at
    },
    onOutcome: (now: number, _sentAt: number, outcome: Outcome) => {
      if (outcome.status === "accepted") accept(now)
      else refuse(now, waitOf(outcome.retryAfter))
    },
    heldUntil: () => hold?.until ?? Number.NEGATIVE_INFINITY,
    holdEnds: () => (hold === undefined ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY),
    isTimed: () => holds > 0,
    estimate: (now, requests) => {
      if (measured !== undefined) return Math.max(due, hold?.until ?? due) - now + (requests - 1) * interval
      const each = Math.min(supposed, (minute + now - from) / Math.max(1, accepted))
      if (holds === 0) return Math.max(0, requests - Math.max(0, supposedBurst - accepted)) * each
      return Math.max(0, (hold?.until ?? now) - now) + requests * each
    }
  }
}
