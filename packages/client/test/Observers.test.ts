/** The services that observers run with. Their order and times are tested in the contract. */
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { scopedWith } from "../../core/test/effects.ts"
import { checkpoint, onFake, permissions, server } from "./support/setup.ts"
import { flush } from "./support/time.ts"

const received = Effect.flatMap(server, (fake) =>
  Effect.map(fake.requests, (requests) => requests.map(({ operation }) => operation))
)

describe("withOptions", () => {
  scopedWith("what an observer sends is for the outer observers alone", onFake(), function* () {
    const { list } = yield* permissions
    let outer = 0
    yield* list(checkpoint).pipe(
      CheckpointPermissions.withOptions({ onReply: () => Effect.ignore(list(checkpoint)) }),
      CheckpointPermissions.withOptions({
        onReply: () =>
          Effect.sync(() => {
            outer += 1
          })
      })
    )
    assert.strictEqual((yield* received).length, 2)
    assert.strictEqual(outer, 2)
  })

  it.effect("an observer of waits that dies loses no permit of the others", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      yield* list(checkpoint)
      const observed = yield* Effect.fork(
        Effect.exit(CheckpointPermissions.withOptions(list(checkpoint), { onWait: () => Effect.die("observer") }))
      )
      yield* flush
      yield* Fiber.interrupt(observed)
      const fiber = yield* Effect.fork(list(checkpoint))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 second" }) })))
  )
})
