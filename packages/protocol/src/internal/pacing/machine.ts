/** The queue of calls that wait, the requests under way, and the clock, around a strategy. */
import type { OperationEstimate } from "../../estimates.ts"
import type { Actions, Event, Notice, Outcome, Strategy } from "./model.ts"

/** A time that a header gives: milliseconds to wait, or `undefined` for one that means nothing. */
const waitOf = (millis: number | undefined): number | undefined =>
  millis !== undefined && millis > 0 && millis < Number.POSITIVE_INFINITY ? millis : undefined

/**
 * A request that has not reported for so long counts as ended without an outcome, so that a reply that never comes
 * holds up nobody for ever: milliseconds, as long as an attempt may usually take.
 */
const lostAfter = 60_000

/** A hold with no more than this to go is not worth a notice: milliseconds that a person waits without wondering. */
const longHold = 10_000

interface Waiting {
  readonly id: number
  /** It stays until the hold clock shows this. */
  readonly deadline: number
}

interface Sent {
  readonly id: number
  readonly sentAt: number
}

/** Immutable: a step returns another one. Plain data but for the strategy, whose state is `state`. */
export interface Machine {
  readonly strategy: Strategy<unknown>
  readonly state: unknown
  readonly waiting: ReadonlyArray<Waiting>
  readonly inFlight: ReadonlyArray<Sent>
  /** Given up as lost: they did not leave. */
  readonly lost: ReadonlyArray<Sent>
  /** The latest time. It never goes back: when the given clock does, it goes on from here. */
  readonly now: number
  /** What to add to the given clock to get this time. */
  readonly ahead: number
  /** The hold clock: how long requests have been held in all. */
  readonly held: number
  readonly refused: number
}

export const make = <S>(strategy: Strategy<S>, state: S): Machine => ({
  strategy,
  state,
  waiting: [],
  inFlight: [],
  lost: [],
  now: Number.NEGATIVE_INFINITY,
  ahead: 0,
  held: 0,
  refused: 0
})

const timeOf = ({ ahead, now }: Machine, clock: number): number => Math.max(now, clock + ahead)

const clockOf = ({ ahead }: Machine, time: number): number => Math.ceil(time - ahead)

const timingOf = ({ inFlight, now, state, strategy }: Machine) => strategy.timing(state, now, inFlight)

const heldAt = (machine: Machine, time: number): number =>
  machine.held +
  Math.max(0, Math.min(time, timingOf(machine).holdEnds) - Math.max(machine.now, Number.MIN_SAFE_INTEGER))

/** How long requests have been held in all: milliseconds on a clock that runs during holds only. */
export const heldTime = (machine: Machine, now: number): number => heldAt(machine, timeOf(machine, now))

/** How long so many further requests would wait for their turns, if those that wait now were not there. */
export const estimate = (machine: Machine, requests: number, clock: number): OperationEstimate => {
  const { inFlight, refused, state, strategy } = machine
  const now = timeOf(machine, clock)
  return {
    basis: strategy.basis(state),
    millis: requests > 0 ? Math.max(0, Math.ceil(strategy.estimate(state, now, requests, inFlight))) : 0,
    isPaused: strategy.timing(state, now, inFlight).heldUntil > Number.NEGATIVE_INFINITY,
    refused
  }
}

/** Moves the clock, and gives up requests that did not report. */
const advance = (machine: Machine, clock: number): Machine => {
  const now = timeOf(machine, clock)
  const moved = { ...machine, ahead: now - clock, held: heldAt(machine, now), now }
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

const enter = (machine: Machine, id: number, patience: number): Machine => ({
  ...machine,
  waiting: [...machine.waiting, { id, deadline: machine.held + patience }]
})

const without = <C extends { readonly id: number }>(calls: ReadonlyArray<C>, id: number): ReadonlyArray<C> =>
  calls.filter((call) => call.id !== id)

const leave = (machine: Machine, id: number, outcome: Outcome | undefined): Machine => {
  const { inFlight, lost, now, refused, state, strategy, waiting } = machine
  const sent = inFlight.find((call) => call.id === id)
  const call = sent ?? lost.find((call) => call.id === id)
  if (call === undefined) return { ...machine, waiting: without(waiting, id) }
  const ended = sent === undefined ? state : strategy.on(state, { _tag: "ended", now })
  const clean = outcome && { ...outcome, retryAfter: waitOf(outcome.retryAfter), reset: waitOf(outcome.reset) }
  return {
    ...machine,
    inFlight: without(inFlight, id),
    lost: without(lost, id),
    state:
      clean === undefined ? ended : strategy.on(ended, { _tag: "replied", now, sentAt: call.sentAt, outcome: clean }),
    refused: refused + (outcome?.status === "limited" ? 1 : 0)
  }
}

/** Lets go of a call that does not wait for its turn, and of those whose turn it is. */
const letGo = (machine: Machine, atOnce: ReadonlyArray<number>): readonly [Machine, ReadonlyArray<number>] => {
  const { now, strategy, waiting } = machine
  const inFlight = [...machine.inFlight]
  let state = machine.state
  const send = (id: number): void => {
    state = strategy.on(state, { _tag: "sent", now, inFlight })
    inFlight.push({ id, sentAt: now })
  }
  atOnce.forEach(send)
  let gone = 0
  for (const { id } of waiting) {
    if (strategy.timing(state, now, inFlight).nextAt > now) break
    send(id)
    gone += 1
  }
  const go = inFlight.slice(machine.inFlight.length).map(({ id }) => id)
  return go.length === 0 ? [machine, go] : [{ ...machine, state, inFlight, waiting: waiting.slice(gone) }, go]
}

/** What an event makes of a pace, and what is to be done. */
export const step = (before: Machine, event: Event): readonly [Machine, Actions] => {
  const advanced = advance(before, event.now)
  const heldBefore = timingOf(advanced).heldUntil
  const isAtOnce = event._tag === "enter" && event.atOnce === true
  const moved =
    event._tag === "leave"
      ? leave(advanced, event.id, event.outcome)
      : event._tag === "enter" && !isAtOnce
        ? enter(advanced, event.id, event.patience)
        : advanced
  const [sent, go] = letGo(moved, isAtOnce ? [event.id] : [])
  const { heldUntil: until } = timingOf(sent)
  const isHeld = until > Number.NEGATIVE_INFINITY
  // who would wait in this hold for longer than their patience leaves the queue
  const atLeast = sent.held + Math.max(0, until - sent.now)
  const isTooLate = ({ deadline }: Waiting): boolean => isHeld && (deadline < atLeast || deadline <= sent.held)
  const refuse = sent.waiting.filter(isTooLate).map(({ id }) => id)
  const machine = refuse.length === 0 ? sent : { ...sent, waiting: sent.waiting.filter((call) => !isTooLate(call)) }
  const { inFlight, now, state, strategy, waiting } = machine
  const heldUntil = isHeld ? clockOf(machine, Math.max(until, now)) : undefined
  const next = waiting[0]?.id
  if (next === undefined) return [machine, { go, refuse, wakeAt: undefined, heldUntil, notice: undefined, next }]

  const { isTimed, nextAt } = timingOf(machine)
  const isKnown = nextAt < Number.POSITIVE_INFINITY
  const timer = isKnown ? nextAt : (inFlight[0]?.sentAt ?? now) + lostAfter
  const wakeAt = isTimed ? clockOf(machine, timer) : undefined
  // a turn is often known only when the request before it ends
  const isWaiting = event._tag === "enter" && waiting.at(-1)?.id === event.id
  const isNews = isWaiting || (isHeld ? until > heldBefore : event._tag === "leave")
  let notice: Notice | undefined
  if (isNews && (isHeld ? until > now + longHold : isKnown)) {
    const turn = isHeld ? until : now + strategy.estimate(state, now, waiting.length, inFlight)
    notice = { reason: isHeld ? "hold" : "turn", until: clockOf(machine, turn), waiting: waiting.length }
  }
  return [machine, { go, refuse, wakeAt, heldUntil, notice, next }]
}
