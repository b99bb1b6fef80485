/**
 * The queue of calls that share a rate limiter, for an adapter with a clock and waits. The rules are in `step`. This
 * module holds the state for all fibers of a service, and passes the actions of a step to the calls.
 */

import type { Event, Outcome, WaitEvent } from "./limiter.ts"
import { estimate, type Machine, pausedTime, step } from "./machine.ts"

/** A permit to send one request, given at the time `at`. Durations are milliseconds. */
export interface Permit {
  readonly at: number
  /** The total wait of the call. */
  readonly waited: number
  /** The part of it during which requests were paused. */
  readonly paused: number
}

/** No permit: the call would wait until `waitUntil`, which is longer than it may. */
export interface PausedTooLong {
  readonly at: number
  readonly waitUntil: number
}

/** The longest timer in milliseconds. A call that waits longer sets it again. */
const longestTimer = 2 ** 30

/**
 * The next action of a waiting call. It ends with or without a permit, reports a wait event and calls `next` again, or
 * waits for its signal. With a timer it waits at most that many milliseconds, and then calls `tick`.
 */
export type Next = Permit | PausedTooLong | { readonly waitEvent: WaitEvent } | { readonly timer: number | undefined }

/** A call in the queue, from entering it until its request has ended. */
export interface QueuedCall {
  /** Returns the permit or the rejection; `undefined` while the call has to wait. */
  readonly result: (now: number) => Permit | PausedTooLong | undefined
  readonly next: (now: number) => Next
  /** Call it exactly once, whether the call waited, was sent or gave up. `outcome` is missing if no reply arrived. */
  readonly leave: (now: number, outcome: Outcome | undefined) => void
}

/** The options of a call that enters the queue. */
export interface EnterOptions {
  readonly now: number
  /** The longest pause that the call waits for, in milliseconds. */
  readonly maxPause: number
  /** The longest wait of the call, in milliseconds. */
  readonly maxWait: number
  /** Whether to give the permit immediately. */
  readonly urgent: boolean
  /** Called when the result of `next` has changed. */
  readonly signal: () => void
}

interface Waiting {
  readonly signal: () => void
  result: "waiting" | "permitted" | { readonly waitUntil: number }
}

/**
 * Makes a queue in front of a rate limiter. Only the first call sets a timer, for all calls. When it leaves, the next
 * one sets the timer, so no call depends on another one. Times are milliseconds of one clock, which may step back.
 *
 * `calls` holds the calls without a result. `first` is the first of them, `wakeAt` its timer, and `unreported` the
 * newest wait event that it has not reported. A call is signalled when its result, or one of these three, changes.
 *
 * A call leaves immediately if a pause, or its wait for a steady rate, would end after its `maxWait`. If the end of its
 * wait is unknown, it stays: the adapter interrupts it.
 */
export const queue = (initial: Machine) => {
  let machine = initial
  let lastId = 0
  let wakeAt: number | undefined
  let first: Waiting | undefined
  let unreported: WaitEvent | undefined
  const calls = new Map<number, Waiting>()

  const end = (ids: ReadonlyArray<number>, result: Waiting["result"]): void => {
    for (const id of ids) {
      const waiting = calls.get(id)
      if (waiting === undefined) continue
      calls.delete(id)
      waiting.result = result
      waiting.signal()
    }
  }

  const advance = (event: Event): WaitEvent | undefined => {
    const [next, actions] = step(machine, event)
    machine = next
    if (event._tag === "leave") calls.delete(event.id)
    end(actions.permitted, "permitted")
    end(actions.rejected, { waitUntil: actions.pausedUntil ?? event.now })
    const before = first
    first = actions.next === undefined ? undefined : calls.get(actions.next)
    if (event._tag !== "enter") unreported = actions.waitEvent ?? unreported
    if (first !== before || actions.wakeAt !== wakeAt || unreported !== undefined) {
      wakeAt = actions.wakeAt
      first?.signal()
    }
    return event._tag === "enter" ? actions.waitEvent : undefined
  }

  return {
    enter: ({ maxPause, maxWait, now: enteredAt, signal, urgent }: EnterOptions): QueuedCall => {
      const id = ++lastId
      const pausedBefore = pausedTime(machine, enteredAt)
      const waiting: Waiting = { signal, result: "waiting" }
      calls.set(id, waiting)
      let ownEvent = advance({ _tag: "enter", id, now: enteredAt, maxPause, maxWait, urgent })
      // the wait event has the estimate for the last call in the queue, which is this one
      if (ownEvent !== undefined && ownEvent.until > enteredAt + maxWait) {
        end([id], { waitUntil: ownEvent.until })
        advance({ _tag: "leave", id, now: enteredAt })
      }
      const result = (now: number): Permit | PausedTooLong | undefined => {
        if (waiting.result === "waiting") return undefined
        if (waiting.result !== "permitted") return { at: now, ...waiting.result }
        return { at: now, waited: Math.max(0, now - enteredAt), paused: pausedTime(machine, now) - pausedBefore }
      }
      return {
        result,
        next: (now) => {
          const ended = result(now)
          if (ended !== undefined) return ended
          if (first === waiting) {
            ownEvent = unreported ?? ownEvent
            unreported = undefined
          }
          const waitEvent = ownEvent
          ownEvent = undefined
          if (waitEvent !== undefined && waitEvent.until > now) return { waitEvent }
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
