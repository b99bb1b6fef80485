/** The queue of calls that wait, the requests under way, and the clock, around a law. */
import { type Call, CallList } from "./calls.ts"
import type { Actions, Event, Notice, Outcome } from "./events.ts"
import type { Law } from "./law.ts"

/**
 * A request that has not reported for so long counts as ended without an outcome,
 * so that a reply that never comes holds up nobody for ever: milliseconds, as long
 * as an attempt may usually take.
 */
const lostAfter = 60_000

/** A hold with no more than this to go is not worth a notice: milliseconds that a person waits without wondering. */
const longHold = 10_000

export const make = (law: Law) => ({
  law,
  /** All calls that entered and did not leave. */
  calls: new Map<number, Call>(),
  waiting: new CallList(),
  inFlight: new CallList(),
  /** The latest time. It never goes back: when the given clock does, it goes on from here. */
  now: Number.NEGATIVE_INFINITY,
  /** What to add to the given clock to get this time. */
  ahead: 0,
  /** The hold clock: how long requests have been held in all. */
  held: 0,
  /** No waiting call has an earlier deadline on the hold clock. */
  leastDeadline: Number.POSITIVE_INFINITY
})

export type Machine = ReturnType<typeof make>

const timeOf = (machine: Machine, clock: number): number => Math.max(machine.now, clock + machine.ahead)

const clockOf = ({ ahead }: Machine, time: number): number => Math.ceil(time - ahead)

const heldAt = ({ held, law, now }: Machine, time: number): number =>
  held + Math.max(0, Math.min(time, law.holdEnds()) - Math.max(now, Number.MIN_SAFE_INTEGER))

export const heldTime = (machine: Machine, now: number): number => heldAt(machine, timeOf(machine, now))

export const estimate = (machine: Machine, requests: number, now: number): number =>
  requests > 0 ? Math.max(0, machine.law.estimate(timeOf(machine, now), requests, machine.inFlight)) : 0

const advance = (machine: Machine, clock: number): void => {
  const { inFlight, law } = machine
  const time = timeOf(machine, clock)
  machine.ahead = time - clock
  machine.held = heldAt(machine, time)
  machine.now = time
  for (let call = inFlight.first; call !== undefined && call.sentAt + lostAfter <= time; call = inFlight.first) {
    inFlight.remove(call)
    law.onEnded(call.sentAt + lostAfter)
  }
}

const enter = (machine: Machine, id: number, patience: number): Call | undefined => {
  if (machine.calls.has(id)) return undefined
  const deadline = machine.held + patience
  const call: Call = { id, deadline, sentAt: 0, list: undefined, previous: undefined, next: undefined }
  machine.calls.set(id, call)
  machine.waiting.append(call)
  machine.leastDeadline = Math.min(machine.leastDeadline, deadline)
  return call
}

const leave = ({ calls, inFlight, law, now, waiting }: Machine, id: number, outcome: Outcome | undefined): void => {
  const call = calls.get(id)
  const list = call?.list
  if (call === undefined) return
  calls.delete(id)
  list?.remove(call)
  if (list === inFlight) law.onEnded(now)
  if (list !== waiting && outcome !== undefined) law.onOutcome(now, call.sentAt, outcome)
}

/** Lets go of calls whose turn it is, and of one that does not wait for it. */
const letGo = ({ inFlight, law, now, waiting }: Machine, atOnce: Call | undefined): ReadonlyArray<number> => {
  const go: Array<number> = []
  for (let call = atOnce ?? waiting.first; call !== undefined; call = waiting.first) {
    if (call !== atOnce && law.nextAt(now, inFlight) > now) break
    waiting.remove(call)
    law.onSent(now, inFlight)
    call.sentAt = now
    inFlight.append(call)
    go.push(call.id)
  }
  return go
}

/** Takes calls out of the queue that would wait in this hold for longer than their patience. */
const refuseLate = (machine: Machine, heldUntil: number): ReadonlyArray<number> => {
  const { calls, held, now, waiting } = machine
  const atLeast = held + Math.max(0, heldUntil - now)
  const isTooLate = (deadline: number): boolean => deadline < atLeast || deadline <= held
  const refused: Array<number> = []
  if (!isTooLate(machine.leastDeadline)) return refused
  machine.leastDeadline = Number.POSITIVE_INFINITY
  for (let call = waiting.first, next = call?.next; call !== undefined; call = next, next = call?.next) {
    if (isTooLate(call.deadline)) {
      waiting.remove(call)
      calls.delete(call.id)
      refused.push(call.id)
    } else machine.leastDeadline = Math.min(machine.leastDeadline, call.deadline)
  }
  return refused
}

export const step = (machine: Machine, event: Event): readonly [Machine, Actions] => {
  const { inFlight, law, waiting } = machine
  advance(machine, event.now)
  const { now } = machine
  const heldBefore = law.heldUntil(now)
  const entered = event._tag === "enter" ? enter(machine, event.id, event.patience) : undefined
  if (event._tag === "leave") leave(machine, event.id, event.outcome)
  const go = letGo(machine, event._tag === "enter" && event.atOnce === true ? entered : undefined)
  const until = law.heldUntil(now)
  const isHeld = until > Number.NEGATIVE_INFINITY
  const refuse = isHeld ? refuseLate(machine, until) : []
  const heldUntil = isHeld ? clockOf(machine, Math.max(until, now)) : undefined
  const next = waiting.first?.id
  if (next === undefined) return [machine, { go, refuse, wakeAt: undefined, heldUntil, notice: undefined, next }]

  const nextAt = law.nextAt(now, inFlight)
  const isKnown = nextAt < Number.POSITIVE_INFINITY
  const timer = isKnown ? nextAt : (inFlight.first?.sentAt ?? now) + lostAfter
  const wakeAt = law.isTimed() ? clockOf(machine, timer) : undefined
  // a turn is often known only when the request before it ends
  const isNews = entered?.list === waiting || (isHeld ? until > heldBefore : event._tag === "leave")
  let notice: Notice | undefined
  if (isNews && (isHeld ? until > now + longHold : isKnown)) {
    const turn = isHeld ? until : now + law.estimate(now, waiting.size, inFlight)
    notice = { reason: isHeld ? "hold" : "turn", until: clockOf(machine, turn), waiting: waiting.size }
  }
  return [machine, { go, refuse, wakeAt, heldUntil, notice, next }]
}
