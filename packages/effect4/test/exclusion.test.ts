import { manyCheckpoints } from "@checkpoint-permissions/contract"
import { Effect, Fiber, Latch } from "effect"
import { assert } from "vitest"
import * as Exclusion from "../src/internal/exclusion.ts"
import { it } from "./support/it.ts"

it.effect("fibers keep no semaphore of 1,000 checkpoints without a caller", () =>
  Effect.gen(function* () {
    const { exclusively, inUse } = yield* Exclusion.make
    const latch = yield* Latch.make()
    const fiber = yield* Effect.forkChild(
      Effect.forEach(manyCheckpoints, (checkpoint) => exclusively(checkpoint)(latch.await), {
        concurrency: "unbounded"
      })
    )
    yield* Effect.yieldNow
    assert.lengthOf([...(yield* inUse)], 1000)
    yield* latch.open
    yield* Fiber.join(fiber)
    assert.lengthOf([...(yield* inUse)], 0)
  })
)
