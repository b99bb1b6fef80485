import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { inTurn } from "../src/internal/checkpoint/turn.ts"

it.effect("a turn that is interrupted at any step counts nobody who waits", () =>
  Effect.gen(function* () {
    for (let steps = 11; steps <= 47; steps++) {
      for (let turns = 0; turns <= 20; turns++) {
        const service = {}
        const turn = inTurn(service, "ft:a")
        const fiber = yield* turn(() => Effect.yieldNow()).pipe(Effect.withMaxOpsBeforeYield(steps), Effect.fork)
        yield* Effect.repeatN(Effect.yieldNow(), turns)
        yield* Fiber.interrupt(fiber)
        const wasHeld = yield* turn(Effect.succeed)
        assert.isFalse(wasHeld, `yielding after ${steps} steps, interrupted after ${turns} turns`)
      }
    }
  })
)
