import type { Clock } from "../clock.ts"
import type { Host } from "../host.ts"
import type { Outcome, ServerRequest } from "../http.ts"
import type { Step, Wait } from "../server.ts"

/**
 * What a request has to do with the one that sent it.
 *
 * @see {@link make}
 */
export interface Driven {
  /** The client has given up; nothing is called back any more. */
  readonly abandon: () => void
}

const nothing = () => {}

/**
 * Carries out the waits of a request and calls back with what becomes of it, at
 * once if nothing delays it. A reset of the server ends the waits: the
 * connection breaks.
 */
export const drive = (
  host: Host,
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
