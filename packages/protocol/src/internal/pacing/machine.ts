/** The queue of those that wait, the requests under way, and the clock, around a law. */
import { type Call, CallList } from "./calls.ts"
import { type Law, lostAfter, type Outcome } from "./law.ts"

export type Event =
  /**
   * A call wants to send a request. `patience` is how long it stays while requests are held; `Infinity` for ever.
   * With `atOnce` it goes now, whatever the pace says.
   */
  | {
      readonly _tag: "enter"
      readonly id: number
      readonly now: number
      readonly patience: number
      readonly atOnce?: boolean | undefined
    }
  /** It leaves: its request ended (without an outcome when no reply came), or it no longer waits. */
  | { readonly _tag: "leave"; readonly id: number; readonly now: number; readonly outcome?: Outcome | undefined }
  /** `wakeAt` has come. */
  | { readonly _tag: "tick"; readonly now: number }

export interface Notice {
  /** All requests are held until then, or wait for their turns at a steady rate. */
  readonly reason: "hold" | "turn"
  readonly until: number
  /** How many calls wait. */
  readonly waiting: number
}

export interface Actions {
  /** Calls whose turn it is, in the order in which they entered. */
  readonly go: ReadonlyArray<number>
  /** Calls that would wait in a hold for longer than their patience; they have left the queue. */
  readonly refuse: ReadonlyArray<number>
  /** Send `tick` then; `undefined` when nothing waits for a time. */
  readonly wakeAt: number | undefined
  /** Requests are held until then. */
  readonly heldUntil: number | undefined
  readonly notice: Notice | undefined
}

/** A hold with no more than this to go is not worth a notice: milliseconds that a person waits without wondering. */
const longHold = 10_000

export interface Machine {
  readonly law: Law
  /** All calls that entered and did not leave. */
  readonly calls: Map<number, Call>
  readonly waiting: CallList
  readonly inFlight: CallList
  /** The latest time. It never goes back: when the given clock does, it goes on from here. */
  now: number
  /** What to add to the given clock to get this time. */
  ahead: number
  /** The hold clock: how long requests have been held in all. */
  held: number
  /** No waiting call has an earlier deadline on the hold clock. */
  leastDeadline: number
}

export const make = (law: Law): Machine => ({
  law,
  calls: new Map(),
  waiting: new CallList(),
  inFlight: new CallList(),
  now: Number.NEGATIVE_INFINITY,
  ahead: 0,
  held: 0,
  leastDeadline: Number.POSITIVE_INFINITY
})

const none: ReadonlyArray<number> = []
const nothing: Actions = { go: none, refuse: none, wakeAt: undefined, heldUntil: undefined, notice: undefined }

const timeOf = (machine: Machine, clock: number): number => Math.max(machine.now, clock + machine.ahead)

const heldAt = ({ held, law, now }: Machine, time: number): number => {
  const ends = law.holdEnds()
  return ends > now ? held + Math.min(time, ends) - now : held
}

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

const enter = (machine: Machine, id: number, patience: number): void => {
  if (machine.calls.has(id)) return
  const deadline = machine.held + patience
  const call: Call = { id, deadline, sentAt: 0, list: undefined, previous: undefined, next: undefined }
  machine.calls.set(id, call)
  machine.waiting.append(call)
  machine.leastDeadline = Math.min(machine.leastDeadline, deadline)
}

const leave = (machine: Machine, id: number, outcome: Outcome | undefined): void => {
  const { calls, inFlight, law, now, waiting } = machine
  const call = calls.get(id)
  if (call === undefined) return
  calls.delete(id)
  const { list } = call
  list?.remove(call)
  if (list === waiting) return
  if (list === inFlight) law.onEnded(now)
  if (outcome !== undefined) law.onOutcome(now, call.sentAt, outcome)
}

const send = ({ inFlight, law, now, waiting }: Machine, call: Call): void => {
  waiting.remove(call)
  law.onSent(now, inFlight)
  call.sentAt = now
  inFlight.append(call)
}

/** Lets go of those whose turn it is, and of one that does not wait for it. */
const letGo = (machine: Machine, atOnce: Call | undefined): ReadonlyArray<number> => {
  const { inFlight, law, now, waiting } = machine
  let go: Array<number> | undefined
  if (atOnce !== undefined) {
    send(machine, atOnce)
    go = [atOnce.id]
  }
  for (let call = waiting.first; call !== undefined; call = waiting.first) {
    if (law.nextAt(now, inFlight) > now) break
    send(machine, call)
    if (go === undefined) go = [call.id]
    else go.push(call.id)
  }
  return go ?? none
}

/** Takes out of the queue who would wait in this hold for longer than their patience. */
const refuse = (machine: Machine): ReadonlyArray<number> => {
  const { calls, held, law, now, waiting } = machine
  const atLeast = held + Math.max(0, law.heldUntil(now) - now)
  const tooLate = (deadline: number): boolean => deadline < atLeast || deadline <= held
  if (!tooLate(machine.leastDeadline)) return none
  const refused: Array<number> = []
  machine.leastDeadline = Number.POSITIVE_INFINITY
  for (let call = waiting.first, next: Call | undefined; call !== undefined; call = next) {
    next = call.next
    if (tooLate(call.deadline)) {
      waiting.remove(call)
      calls.delete(call.id)
      refused.push(call.id)
    } else machine.leastDeadline = Math.min(machine.leastDeadline, call.deadline)
  }
  return refused
}

const wakeAt = ({ ahead, inFlight, law, now, waiting }: Machine): number | undefined => {
  if (waiting.size === 0 || !law.isTimed()) return undefined
  const at = law.nextAt(now, inFlight)
  const known = at < Number.POSITIVE_INFINITY ? at : inFlight.first && inFlight.first.sentAt + lostAfter
  return known === undefined ? undefined : Math.ceil(known - ahead)
}

const noticeOf = (machine: Machine, entered: boolean, extended: boolean): Notice | undefined => {
  const { ahead, inFlight, law, now, waiting } = machine
  const until = law.heldUntil(now)
  if (until > now + longHold && (extended || entered)) {
    return { reason: "hold", until: Math.ceil(until - ahead), waiting: waiting.size }
  }
  if (!entered || until !== Number.NEGATIVE_INFINITY || law.nextAt(now, inFlight) === Number.POSITIVE_INFINITY) {
    return undefined
  }
  const turn = now + law.estimate(now, waiting.size, inFlight)
  return { reason: "turn", until: Math.ceil(turn - ahead), waiting: waiting.size }
}

export const step = (machine: Machine, event: Event): readonly [Machine, Actions] => {
  const { law, waiting } = machine
  advance(machine, event.now)
  const before = law.heldUntil(machine.now)
  if (event._tag === "enter") enter(machine, event.id, event.patience)
  else if (event._tag === "leave") leave(machine, event.id, event.outcome)
  const go = letGo(machine, event._tag === "enter" && event.atOnce === true ? waiting.last : undefined)
  const until = law.heldUntil(machine.now)
  if (waiting.size === 0) machine.leastDeadline = Number.POSITIVE_INFINITY
  const isHeld = until !== Number.NEGATIVE_INFINITY
  if (waiting.size === 0 && !isHeld) return [machine, go === none ? nothing : { ...nothing, go }]
  const refused = isHeld ? refuse(machine) : none
  const entered = event._tag === "enter" && waiting.last?.id === event.id
  return [
    machine,
    {
      go,
      refuse: refused,
      wakeAt: wakeAt(machine),
      heldUntil: isHeld ? Math.ceil(Math.max(until, machine.now) - machine.ahead) : undefined,
      notice: noticeOf(machine, entered, until > before)
    }
  ]
}
