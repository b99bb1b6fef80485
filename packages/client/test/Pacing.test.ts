/** The fibers that wait for a permit. Which of them get it when is tested in the contract and in `protocol/test/pacing*`. */
import { Pacing } from "@checkpoint-permissions/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import { accepted, makeLimiter, through, use } from "./support/limiters.ts"
import { flush, stopped } from "./support/time.ts"

const oneASecond = makeLimiter(Pacing.fixed({ requests: 1, per: "1 second" }))

it("a fixed rate with invalid options throws where it is written, with the reason of refuseFixed", () => {
  const options = { requests: 0, per: "1 minute" } as const
  const reason = "requests is 0: pass the number of allowed requests, 1 or more"
  assert.strictEqual(Pacing.refuseFixed(options), reason)
  assert.throws(() => Pacing.fixed(options), RangeError, reason)
  assert.isUndefined(Pacing.refuseFixed({ requests: 1, per: "1 minute" }))
})

describe("a waiter", () => {
  test("that is cancelled leaves no timer behind", function* () {
    const { clock, sleepers } = stopped()
    const limiter = yield* oneASecond
    yield* use(limiter, accepted)
    const fiber = yield* Effect.fork(Effect.withClock(through(limiter, Effect.void), clock))
    yield* flush
    assert.strictEqual(sleepers.size, 1)
    yield* Fiber.interrupt(fiber)
    assert.strictEqual(sleepers.size, 0)
  })
})

test("the adaptive limiter never sleeps before a refusal, also in waiting calls", function* () {
  const limiter = yield* makeLimiter(Pacing.adaptive)
  for (let i = 0; i < 100; i++) yield* use(limiter, accepted)
  const open = yield* Effect.makeLatch()
  const fibers = yield* Effect.replicateEffect(Effect.fork(through(limiter, open.await)), 64)
  yield* flush
  assert.lengthOf(yield* TestClock.sleeps(), 0)
  yield* open.open
  yield* Fiber.joinAll(fibers)
  assert.lengthOf(yield* TestClock.sleeps(), 0)
})
