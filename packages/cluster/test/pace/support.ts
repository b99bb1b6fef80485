import * as RateLimiter from "@effect/experimental/RateLimiter"
import { Duration, Effect } from "effect"

/** Milliseconds until it is worth asking again; 0 for a turn. */
export const ask = (
  store: RateLimiter.RateLimiterStore["Type"],
  {
    key = "list",
    limit = 10,
    window = "1 minute"
  }: { key?: string; limit?: number; window?: Duration.DurationInput } = {}
) =>
  Effect.flatMap(Effect.provideService(RateLimiter.make, RateLimiter.RateLimiterStore, store), (limiter) =>
    limiter.consume({ key, limit, window })
  ).pipe(
    Effect.as(0),
    Effect.catchAll((error) =>
      error.reason === "Exceeded" ? Effect.succeed(Duration.toMillis(error.retryAfter)) : Effect.die(error)
    )
  )

/** Lets the event loop turn once: sockets are read. */
export const breath = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Asks again until the answer is what is waited for; the test's own time limit is the bound. */
export const askUntil = (question: Effect.Effect<number>, isWanted: (wait: number) => boolean): Effect.Effect<number> =>
  Effect.flatMap(question, (wait) =>
    isWanted(wait)
      ? Effect.succeed(wait)
      : Effect.zipRight(
          breath,
          Effect.suspend(() => askUntil(question, isWanted))
        )
  )
