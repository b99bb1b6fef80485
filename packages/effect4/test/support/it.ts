/** `it.effect` as `@effect/vitest` has it, which needs a newer vitest: the test's own `TestClock`, and no logs. */
import { Effect, Layer, References, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { test } from "vitest"

/** The machine may be busy: the clock does not give up on a fiber that is still running. */
const environment = Layer.merge(
  TestClock.layer({ warningDelay: "1 hour" }),
  Layer.succeed(References.MinimumLogLevel, "None")
)

const run = <E>(body: Effect.Effect<unknown, E, Scope.Scope>): Promise<unknown> =>
  Effect.runPromise(Effect.provide(Effect.scoped(body), environment))

export const it = {
  effect: <E>(name: string, body: () => Effect.Effect<unknown, E, Scope.Scope>): void =>
    test(name, () => run(Effect.suspend(body)))
}
