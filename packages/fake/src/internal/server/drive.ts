import type { Clock } from "../../clock.ts"
import type { Outcome, ServerRequest } from "../../http.ts"
import type { Pending, Step, Wait } from "./model.ts"

/**
 * A request that is under way.
 *
 * @category models
 */
export interface Ticket {
  readonly requestId: string
  /** How often the server had been reset when it came. */
  readonly resets: number
}

/**
 * What a server does with a request. Every `now` is a time in milliseconds.
 *
 * @category models
 */
export interface Requests {
  /** A request comes. A step that is a wait is gone on with by `resume`. */
  readonly receive: (request: ServerRequest, now: number) => { readonly ticket: Ticket; readonly step: Step }
  /** Goes on after a wait. If the server was reset in between, the connection breaks and nothing is executed. */
  readonly resume: (ticket: Ticket, pending: Pending, now: number) => Step
  /** The client has given up. */
  readonly abandon: (ticket: Ticket, now: number) => void
  /** Calls back after each reset; returns what ends it. */
  readonly onReset: (callback: () => void) => () => void
}

/**
 * What a request has to do with the one that sent it.
 *
 * @category models
 */
export interface Driven {
  /** The client has given up; nothing is called back any more. */
  readonly abandon: () => void
}

const nothing = () => {}

/**
 * Carries out the waits of a request on a clock and calls back with what becomes of it, at once if nothing delays it. A
 * reset of the server ends the waits: the connection breaks.
 *
 * @category requests
 */
export const drive = (
  host: Requests,
  clock: Clock,
  request: ServerRequest,
  respond: (outcome: Outcome) => void
): Driven => {
  let isOver = false
  let stopWaiting = nothing
  let isWaitShared = false

  const wait = (self: Wait, next: (step: Step) => void, background: boolean) => {
    const stopTimer = clock.setTimer(
      () => {
        stopListening()
        stopWaiting = nothing
        next(host.resume(ticket, self.pending, clock.now()))
      },
      self.after,
      background
    )
    const stopListening = host.onReset(() => {
      stopWaiting()
      finish({ _tag: "Dropped", code: "ECONNRESET", before: true })
    })
    isWaitShared = self.survives
    stopWaiting = () => {
      stopTimer()
      stopListening()
    }
  }
  const finish = (outcome: Outcome) => {
    if (isOver) return
    isOver = true
    respond(outcome)
  }
  const proceed = (step: Step) => {
    if (step._tag === "Wait") return wait(step, proceed, isOver)
    if (step.later !== undefined) wait(step.later, nothing, true)
    finish(step.outcome)
  }

  const { step, ticket } = host.receive(request, clock.now())
  proceed(step)
  return {
    abandon: () => {
      if (isOver) return
      isOver = true
      if (!isWaitShared) stopWaiting()
      host.abandon(ticket, clock.now())
    }
  }
}
