import type { Pacing } from "@checkpoint-permissions/client"
import { assert } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"

export const accepted: Pacing.PermitOutcome = { _tag: "accepted" }
export const limited: Pacing.PermitOutcome = { _tag: "limited" }

export const makeLimiter = (pacing: Pacing.Pacing, operation: Pacing.Operation = "list") =>
  Effect.sync(() => pacing.make(operation))

/** A call that waits for any pause. */
export const patient: Pacing.AcquireOptions = { maxWait: Duration.infinity, urgent: false, onWait: () => Effect.void }

export const urgent: Pacing.AcquireOptions = { ...patient, maxWait: Duration.zero, urgent: true }

/** A permit of a limiter that is not paused for too long. */
export const acquire = (limiter: Pacing.OperationLimiter, options = patient): Effect.Effect<Pacing.Permit> =>
  Effect.flatMap(limiter.acquire(options), (got) =>
    "release" in got ? Effect.succeed(got) : Effect.dieMessage("it is paused for too long")
  )

/** A permit that is there immediately, or a failed test. */
export const acquireNow = (limiter: Pacing.OperationLimiter): Effect.Effect<Pacing.Permit> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(acquire(limiter))
    for (let i = 0; i < 20; i++) yield* Effect.yieldNow()
    assert.isTrue((yield* fiber.poll)._tag === "Some", "no permit")
    return yield* Fiber.join(fiber)
  })

/** One request that is answered immediately. */
export const use = (limiter: Pacing.OperationLimiter, outcome: Pacing.PermitOutcome) =>
  Effect.flatMap(acquireNow(limiter), ({ release }) => release(outcome))

/** As the client does it: what the call holds is given back in every case. */
export const through = <A, E, R>(limiter: Pacing.OperationLimiter, request: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    let permit: Pacing.Permit | undefined
    let giveBack: Effect.Effect<void> = Effect.void
    const onReserved = (back: Effect.Effect<void>): void => {
      giveBack = back
    }
    return Effect.flatMap(acquire(limiter, { ...patient, onReserved }), (got) => {
      permit = got
      return request
    }).pipe(Effect.ensuring(Effect.suspend(() => permit?.release(accepted) ?? giveBack)))
  })

/** The same limiters behind an implementation of a user, which passes everything on. */
export const decorated = (pacing: Pacing.Pacing): Pacing.Pacing => ({
  make: (operation) => {
    const { acquire, estimate } = pacing.make(operation)
    return {
      acquire: (options) => Effect.map(acquire(options), (got) => ("release" in got ? { ...got } : got)),
      estimate
    }
  }
})

/** A limiter of a user that waits so long before each permit. */
export const sleeping = (
  wait: Duration.DurationInput,
  onRelease: Effect.Effect<unknown> = Effect.void
): Pacing.Pacing => ({
  make: () => ({
    acquire: () =>
      Effect.as(Effect.sleep(wait), {
        waited: Duration.decode(wait),
        paused: Duration.zero,
        release: () => Effect.asVoid(onRelease)
      })
  })
})
