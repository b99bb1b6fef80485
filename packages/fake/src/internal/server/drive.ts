import type { Clock } from "../../clock.ts"
import type { Outcome, ServerRequest } from "../../http.ts"
import type { Pending, Step, Wait } from "./state.ts"

/** A request in progress. */
export interface RequestHandle {
  readonly requestId: string
  /** The number of resets of the server before the request arrived. */
  readonly resets: number
}

/** The processing of requests by a server. Every `now` is a time in milliseconds. */
export interface Requests {
  /** Receives a request. If the returned step is a wait, `resume` continues after it. */
  readonly receive: (request: ServerRequest, now: number) => { readonly handle: RequestHandle; readonly step: Step }
  /**
   * Continues after a wait. If the server was reset in the meantime, the connection breaks and nothing is executed.
   */
  readonly resume: (handle: RequestHandle, pending: Pending, now: number) => Step
  /** Records that the client has given up. */
  readonly abandon: (handle: RequestHandle, now: number) => void
  /** Calls back after each reset. Returns a function that stops it. */
  readonly onReset: (callback: () => void) => () => void
}

/** The client's side of a request in progress. */
export interface InFlight {
  /** Gives up the request. Its callback is not called after that. */
  readonly abandon: () => void
}

const nothing = () => {}

/**
 * Runs the waits of a request on a clock and calls back with its outcome, immediately if nothing delays it. A reset of
 * the server breaks the connection.
 *
 * @category requests
 */
export const drive = (
  host: Requests,
  clock: Clock,
  request: ServerRequest,
  respond: (outcome: Outcome) => void
): InFlight => {
  let isOver = false
  let stopWaiting = nothing
  let isWaitShared = false

  const wait = (self: Wait, next: (step: Step) => void, background: boolean) => {
    const stopTimer = clock.setTimer(
      () => {
        stopListening()
        stopWaiting = nothing
        next(host.resume(handle, self.pending, clock.now()))
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

  const { step, handle } = host.receive(request, clock.now())
  proceed(step)
  return {
    abandon: () => {
      if (isOver) return
      isOver = true
      if (!isWaitShared) stopWaiting()
      host.abandon(handle, clock.now())
    }
  }
}
