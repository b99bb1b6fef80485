import type { Pacing } from "@checkpoint-permissions/client"
import { assert } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Fiber } from "effect"

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

/** A request in flight. Durations are milliseconds. */
export interface InFlight {
  readonly waited: number
  readonly paused: number
  readonly end: (outcome: Pacing.PermitOutcome) => Effect.Effect<void>
}

/** Starts a request as soon as it has a permit. */
export const start = (limiter: Pacing.OperationLimiter, options = patient): Effect.Effect<InFlight> =>
  Effect.gen(function* () {
    const started = yield* Deferred.make<Omit<InFlight, "end">>()
    const outcome = yield* Deferred.make<Pacing.PermitOutcome>()
    let known: Pacing.PermitOutcome | undefined
    const from = yield* Clock.currentTimeMillis
    const request = (paused = Duration.zero) =>
      Effect.gen(function* () {
        const waited = (yield* Clock.currentTimeMillis) - from
        yield* Deferred.succeed(started, { waited, paused: Duration.toMillis(paused) })
        known = yield* Deferred.await(outcome)
      })
    const fiber = yield* Effect.forkDaemon(limiter.withPermit(request, { ...options, outcome: () => known }))
    return {
      ...(yield* Effect.onInterrupt(Deferred.await(started), () => Fiber.interrupt(fiber))),
      end: (reply) => Effect.zipRight(Deferred.succeed(outcome, reply), Effect.orDie(Fiber.join(fiber)))
    }
  })

/** A request that starts immediately, or a failed test. */
export const startNow = (limiter: Pacing.OperationLimiter): Effect.Effect<InFlight> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(start(limiter))
    for (let i = 0; i < 20; i++) yield* Effect.yieldNow()
    assert.isTrue((yield* fiber.poll)._tag === "Some", "no permit")
    return yield* Fiber.join(fiber)
  })

/** One request that is answered immediately. */
export const use = (limiter: Pacing.OperationLimiter, outcome: Pacing.PermitOutcome) =>
  Effect.flatMap(startNow(limiter), ({ end }) => end(outcome))

/** The same limiters behind an implementation of a user, which calls its request eagerly. */
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
