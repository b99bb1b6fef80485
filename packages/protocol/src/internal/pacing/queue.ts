/**
 * The calls that share a pace, each with a ticket: what a shell that has a clock and can wait needs to know.
 * The rules are in `step`. This is the cell that holds the state for all fibers of a service, and passes on what a step
 * says to the calls that it concerns.
 */

import { estimate, heldTime, type Machine, step } from "./machine.ts"
import type { Event, Notice, Outcome } from "./model.ts"

/** The turn of a call has come: when, how long it waited, and how much of that requests were held. */
export interface Turn {
  readonly at: number
  readonly waited: number
  readonly held: number
}

/** Requests are held until then, which is longer than the call waits. */
export interface HeldTooLong {
  readonly at: number
  readonly heldUntil: number
}

/** A timer cannot be set for longer. A call that waits longer sets it again. */
const longestTimer = 2 ** 30

/**
 * What a call that waits does next: its turn has come, it is refused since requests are held for too long, it tells
 * something and asks again, or it waits for its signal, and at most so many milliseconds, after which it calls `tick`.
 */
export type Next = Turn | HeldTooLong | { readonly tell: Notice } | { readonly timer: number | undefined }

/** A place in the queue, from entering it until the request has ended. */
export interface Ticket {
  /** Without waiting: its turn, or that it is refused; `undefined` if there is something to wait for. */
  readonly verdict: (now: number) => Turn | HeldTooLong | undefined
  readonly next: (now: number) => Next
  /** Once, whether the call waited, was sent or gave up. Without an outcome when no reply came. */
  readonly leave: (now: number, outcome: Outcome | undefined) => void
}

/** How a call enters. */
export interface Entry {
  readonly now: number
  /** The longest time it waits while requests are held. */
  readonly patience: number
  /** It does not wait: its turn is now. */
  readonly atOnce: boolean
  /** Called when `next` has something new to say. */
  readonly signal: () => void
}

interface Waiting {
  readonly signal: () => void
  turn: "waiting" | "now" | { readonly heldUntil: number }
}

/**
 * A queue in front of a pace. The first call in it minds the time for all; when it leaves, the next one does, so that
 * no call depends on another. Times are milliseconds of one clock, which may step back.
 */
export const queue = (initial: Machine) => {
  let machine = initial
  let lastId = 0
  let wakeAt: number | undefined
  let first: Waiting | undefined
  let pending: Notice | undefined
  const calls = new Map<number, Waiting>()

  const settle = (ids: ReadonlyArray<number>, turn: Waiting["turn"]): void => {
    for (const id of ids) {
      const waiting = calls.get(id)
      if (waiting === undefined) continue
      calls.delete(id)
      waiting.turn = turn
      waiting.signal()
    }
  }

  const advance = (event: Event): Notice | undefined => {
    const [next, actions] = step(machine, event)
    machine = next
    if (event._tag === "leave") calls.delete(event.id)
    settle(actions.go, "now")
    settle(actions.refuse, { heldUntil: actions.heldUntil ?? event.now })
    const before = first
    first = actions.next === undefined ? undefined : calls.get(actions.next)
    if (event._tag !== "enter") pending = actions.notice ?? pending
    if (first !== before || actions.wakeAt !== wakeAt || pending !== undefined) {
      wakeAt = actions.wakeAt
      first?.signal()
    }
    return event._tag === "enter" ? actions.notice : undefined
  }

  return {
    enter: ({ atOnce, now: enteredAt, patience, signal }: Entry): Ticket => {
      const id = ++lastId
      const heldBefore = heldTime(machine, enteredAt)
      const waiting: Waiting = { signal, turn: "waiting" }
      calls.set(id, waiting)
      let untold = advance({ _tag: "enter", id, now: enteredAt, patience, atOnce })
      const verdict = (now: number): Turn | HeldTooLong | undefined => {
        if (waiting.turn === "waiting") return undefined
        if (waiting.turn !== "now") return { at: now, ...waiting.turn }
        return { at: now, waited: Math.max(0, now - enteredAt), held: heldTime(machine, now) - heldBefore }
      }
      return {
        verdict,
        next: (now) => {
          const given = verdict(now)
          if (given !== undefined) return given
          if (first === waiting) {
            untold = pending ?? untold
            pending = undefined
          }
          const tell = untold
          untold = undefined
          if (tell !== undefined && tell.until > now) return { tell }
          if (first !== waiting || wakeAt === undefined) return { timer: undefined }
          return { timer: Math.min(Math.max(0, Math.ceil(wakeAt - now)), longestTimer) }
        },
        leave: (now, outcome) => void advance({ _tag: "leave", id, now, outcome })
      }
    },
    tick: (now: number): void => void advance({ _tag: "tick", now }),
    estimate: (requests: number, now: number) => estimate(machine, requests, now)
  }
}
