/**
 * The queue of waiting calls, the requests in flight and the clock, around a strategy.
 *
 * There are two clocks. `now` is the time of the strategy: it follows the clock of the events, and never goes back. The
 * pause clock, `pausedTotal`, runs only while requests are paused. `maxPause` and the reported pause of a call are
 * measured on it.
 */
import type { OperationEstimate } from "../../estimates.ts"
import type { Actions, Enter, Event, Outcome, Strategy, WaitEvent } from "./limiter.ts"

/** Returns the delay of a header in milliseconds. Returns `undefined` for an invalid value. */
const delayOf = (millis: number | undefined): number | undefined =>
  millis !== undefined && millis > 0 && millis < Number.POSITIVE_INFINITY ? millis : undefined

/**
 * The time after which a request without a report counts as ended, in milliseconds. So a reply that never arrives
 * cannot block the queue for ever. The default timeout of an attempt is shorter.
 */
const lostAfter = 60_000

/** The longest pause without a wait event, in milliseconds. */
const longPause = 10_000

interface Waiting {
  readonly id: number
  /** The time of the pause clock at which the call leaves the queue. */
  readonly deadline: number
  /** The time at which the wait of the call must have ended. */
  readonly endsAt: number
}

interface Sent {
  readonly id: number
  readonly sentAt: number
}

/**
 * A rate limiter. It is immutable: a step returns another one. It is plain data except for the strategy, whose state is
 * `state`.
 *
 * A call is in at most one of `waiting`, `inFlight` and `lost`. `inFlight` is ordered by `sentAt`. After a step, the
 * first waiting call may not be sent at `now`.
 */
export interface Machine {
  readonly strategy: Strategy<unknown>
  readonly state: unknown
  /** In the order in which the calls entered. */
  readonly waiting: ReadonlyArray<Waiting>
  readonly inFlight: ReadonlyArray<Sent>
  /** Requests that count as ended, although their calls have not left yet. */
  readonly lost: ReadonlyArray<Sent>
  /** The latest time, in milliseconds. If the clock of the events goes back, time continues from here. */
  readonly now: number
  /** `now` minus the clock of the events, in milliseconds. Grows when that clock goes back. */
  readonly offset: number
  /** The pause clock: the duration of all pauses so far, in milliseconds. */
  readonly pausedTotal: number
  /** The number of limited replies. */
  readonly refused: number
}

export const make = <S>(strategy: Strategy<S>, state: S): Machine => ({
  strategy,
  state,
  waiting: [],
  inFlight: [],
  lost: [],
  now: Number.NEGATIVE_INFINITY,
  offset: 0,
  pausedTotal: 0,
  refused: 0
})

const timeOf = ({ now, offset }: Machine, clock: number): number => Math.max(now, clock + offset)

const clockOf = ({ offset }: Machine, time: number): number => Math.ceil(time - offset)

const timingOf = ({ inFlight, now, state, strategy }: Machine) => strategy.timing(state, now, inFlight)

const pausedTotalAt = (machine: Machine, time: number): number =>
  machine.pausedTotal +
  Math.max(0, Math.min(time, timingOf(machine).pauseEnds) - Math.max(machine.now, Number.MIN_SAFE_INTEGER))

/** Returns the duration of all pauses so far, in milliseconds. */
export const pausedTime = (machine: Machine, now: number): number => pausedTotalAt(machine, timeOf(machine, now))

/** Estimates the wait for `requests` more permits, ignoring the current queue. */
export const estimate = (machine: Machine, requests: number, clock: number): OperationEstimate => {
  const { inFlight, refused, state, strategy } = machine
  const now = timeOf(machine, clock)
  return {
    basis: strategy.basis(state),
    millis: requests > 0 ? Math.max(0, Math.ceil(strategy.estimate(state, now, requests, inFlight))) : 0,
    isPaused: strategy.timing(state, now, inFlight).pausedUntil > Number.NEGATIVE_INFINITY,
    refused
  }
}

/** Moves the clocks, and marks requests as lost. */
const advance = (machine: Machine, clock: number): Machine => {
  const now = timeOf(machine, clock)
  const moved = { ...machine, offset: now - clock, pausedTotal: pausedTotalAt(machine, now), now }
  const kept = machine.inFlight.findIndex(({ sentAt }) => sentAt + lostAfter > now)
  const lost = kept < 0 ? machine.inFlight : machine.inFlight.slice(0, kept)
  if (lost.length === 0) return moved
  return {
    ...moved,
    state: lost.reduce(
      (state, { sentAt }) => machine.strategy.on(state, { _tag: "ended", now: sentAt + lostAfter }),
      machine.state
    ),
    inFlight: machine.inFlight.slice(lost.length),
    lost: [...machine.lost, ...lost]
  }
}

const enter = (machine: Machine, { id, maxPause, maxWait = Number.POSITIVE_INFINITY }: Enter): Machine => ({
  ...machine,
  waiting: [...machine.waiting, { id, deadline: machine.pausedTotal + maxPause, endsAt: machine.now + maxWait }]
})

const without = <C extends { readonly id: number }>(calls: ReadonlyArray<C>, id: number): ReadonlyArray<C> =>
  calls.filter((call) => call.id !== id)

const leave = (machine: Machine, id: number, outcome: Outcome | undefined): Machine => {
  const { inFlight, lost, now, refused, state, strategy, waiting } = machine
  const sent = inFlight.find((call) => call.id === id)
  const call = sent ?? lost.find((call) => call.id === id)
  if (call === undefined) return { ...machine, waiting: without(waiting, id) }
  const ended = sent === undefined ? state : strategy.on(state, { _tag: "ended", now })
  const clean = outcome && { ...outcome, retryAfter: delayOf(outcome.retryAfter), reset: delayOf(outcome.reset) }
  return {
    ...machine,
    inFlight: without(inFlight, id),
    lost: without(lost, id),
    state:
      clean === undefined ? ended : strategy.on(ended, { _tag: "replied", now, sentAt: call.sentAt, outcome: clean }),
    refused: refused + (outcome?.status === "limited" ? 1 : 0)
  }
}

/** Issues permits to urgent calls, and then to waiting calls in order, as many as the strategy allows. */
const issuePermits = (machine: Machine, urgent: ReadonlyArray<number>): readonly [Machine, ReadonlyArray<number>] => {
  const { now, strategy, waiting } = machine
  const inFlight = [...machine.inFlight]
  let state = machine.state
  const send = (id: number): void => {
    state = strategy.on(state, { _tag: "sent", now, inFlight })
    inFlight.push({ id, sentAt: now })
  }
  urgent.forEach(send)
  let sent = 0
  for (const { id } of waiting) {
    if (strategy.timing(state, now, inFlight).nextAt > now) break
    send(id)
    sent += 1
  }
  const permitted = inFlight.slice(machine.inFlight.length).map(({ id }) => id)
  if (permitted.length === 0) return [machine, permitted]
  return [{ ...machine, state, inFlight, waiting: waiting.slice(sent) }, permitted]
}

/** Returns the rate limiter after an event, and the actions that follow. */
export const step = (before: Machine, event: Event): readonly [Machine, Actions] => {
  const advanced = advance(before, event.now)
  const pausedBefore = timingOf(advanced).pausedUntil
  const isUrgent = event._tag === "enter" && event.urgent === true
  const moved =
    event._tag === "leave"
      ? leave(advanced, event.id, event.outcome)
      : event._tag === "enter" && !isUrgent
        ? enter(advanced, event)
        : advanced
  const [sent, permitted] = issuePermits(moved, isUrgent ? [event.id] : [])
  const { pausedUntil: until } = timingOf(sent)
  const isPaused = until > Number.NEGATIVE_INFINITY
  const pauseEnd = sent.pausedTotal + Math.max(0, until - sent.now)
  const isTooLate = ({ deadline, endsAt }: Waiting): boolean =>
    isPaused && (deadline < pauseEnd || deadline <= sent.pausedTotal || endsAt < until)
  const rejected = sent.waiting.filter(isTooLate).map(({ id }) => id)
  const machine = rejected.length === 0 ? sent : { ...sent, waiting: sent.waiting.filter((call) => !isTooLate(call)) }
  const { inFlight, now, state, strategy, waiting } = machine
  const pausedUntil = isPaused ? clockOf(machine, Math.max(until, now)) : undefined
  const next = waiting[0]?.id
  if (next === undefined) {
    return [machine, { permitted, rejected, wakeAt: undefined, pausedUntil, waitEvent: undefined, next }]
  }
  const { isTimed, nextAt } = timingOf(machine)
  const isKnown = nextAt < Number.POSITIVE_INFINITY
  const timer = isKnown ? nextAt : (inFlight[0]?.sentAt ?? now) + lostAfter
  const wakeAt = isTimed ? clockOf(machine, timer) : undefined
  const isWaiting = event._tag === "enter" && waiting.at(-1)?.id === event.id
  // the time of the next request is often known only when the previous request ends, so "leave" counts too
  const isNew = isWaiting || (isPaused ? until > pausedBefore : event._tag === "leave")
  let waitEvent: WaitEvent | undefined
  if (isNew && (isPaused ? until > now + longPause : isKnown)) {
    const end = isPaused ? until : now + strategy.estimate(state, now, waiting.length, inFlight)
    waitEvent = { reason: isPaused ? "pause" : "rate", until: clockOf(machine, end), waiting: waiting.length }
  }
  return [machine, { permitted, rejected, wakeAt, pausedUntil, waitEvent, next }]
}
