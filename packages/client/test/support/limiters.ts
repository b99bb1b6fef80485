import type { Pacing } from "@checkpoint-permissions/client"
import { Duration, Effect } from "effect"

export const accepted: Pacing.PermitOutcome = { status: "accepted" }
export const limited: Pacing.PermitOutcome = { status: "limited" }

export const makeLimiter = (pacing: Pacing.Pacing, operation: Pacing.Operation = "list") =>
  Effect.sync(() => pacing.make(operation))

/** A call that waits for any pause, and whose request is accepted. */
export const patient: Pacing.PermitOptions = {
  maxPause: Duration.infinity,
  maxWait: Duration.infinity,
  urgent: false,
  onWait: () => Effect.void,
  outcome: () => accepted
}

export const urgent: Pacing.PermitOptions = { ...patient, maxPause: Duration.zero, urgent: true }

/** Runs a request with a permit of a limiter that is not paused for too long. */
export const through = <A, E>(limiter: Pacing.OperationLimiter, request: Effect.Effect<A, E>, options = patient) =>
  Effect.catchAll(
    limiter.withPermit(() => request, options),
    (error) => Effect.dieMessage(`failed: ${String(error)}`)
  )

/** One request that is answered immediately. */
export const use = (limiter: Pacing.OperationLimiter, outcome: Pacing.PermitOutcome) =>
  through(limiter, Effect.void, { ...patient, outcome: () => outcome })

/** The limiters behind an implementation of a user. The contract runs through it, and it may call requests eagerly. */
export const decorated = (pacing: Pacing.Pacing): Pacing.Pacing => ({
  make: (operation) => {
    const { estimate, withPermit } = pacing.make(operation)
    return {
      withPermit: (request, options) => {
        const unpaused = request()
        return withPermit((paused) => (paused === undefined ? unpaused : request(paused)), { ...options })
      },
      estimate
    }
  }
})
