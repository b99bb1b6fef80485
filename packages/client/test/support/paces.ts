import type { RequestOperation as Operation } from "@checkpoint-permissions/protocol/failure"
import type { Outcome } from "@checkpoint-permissions/protocol/pacing"
import { assert } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Ref } from "effect"
import { none, type Pace, type Ticket } from "../../src/internal/pacing/pace.ts"
import { TypeId } from "../../src/internal/pacing/pacing.ts"
import type * as Pacing from "../../src/Pacing.ts"

export const accepted: Outcome = { status: "accepted" }
export const limited: Outcome = { status: "limited" }

export const makePace = (pacing: Pacing.Pacing, operation: Operation = "list") =>
  Effect.sync(() => pacing[TypeId].make(operation))

/** Enters with endless patience. */
export const enter = (pace: Pace, patience = Number.POSITIVE_INFINITY, atOnce = false) =>
  pace.enter({ patience, atOnce, onNotice: () => Effect.void })

/** A turn that is there at once, or a failed test. */
export const takeNow = (pace: Pace): Effect.Effect<Ticket> =>
  Effect.gen(function* () {
    const ticket = yield* enter(pace)
    const fiber = yield* Effect.fork(ticket.wait)
    for (let i = 0; i < 20; i++) yield* Effect.yieldNow()
    assert.isTrue((yield* fiber.poll)._tag === "Some", "no turn")
    return ticket
  })

/** One request that is answered at once. */
export const use = (pace: Pace, outcome: Outcome) => Effect.flatMap(takeNow(pace), (ticket) => ticket.leave(outcome))

/** As the client does it: what it holds is given back in every case. */
export const through = <A, E, R>(
  pace: Pace,
  request: Effect.Effect<A, E, R>,
  outcome: Outcome | undefined = accepted
) =>
  Effect.acquireUseRelease(
    enter(pace),
    (ticket) => Effect.zipRight(ticket.wait, request),
    (ticket) => ticket.leave(outcome)
  )

/** How many of some requests have been sent. */
export const counted = (pace: Pace, outcome: Outcome | undefined = accepted) =>
  Effect.map(Ref.make(0), (sent) => ({
    sent: Ref.get(sent),
    request: through(
      pace,
      Ref.update(sent, (n) => n + 1),
      outcome
    )
  }))

/** Whether a request that comes now has to wait. */
export const waits = (pace: Pace) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(through(pace, Effect.void, undefined))
    for (let i = 0; i < 5; i++) yield* Effect.yieldNow()
    const exit = yield* fiber.poll
    yield* Fiber.interrupt(fiber)
    return exit._tag === "None"
  })

/** A pacing of a test's own. */
export const pacingOf = (pace: Pace): Pacing.Pacing => ({ [TypeId]: { make: () => pace } })

/** A pace whose every turn takes so long, and that notes what becomes of it. */
export const scripted = (options: {
  readonly wait?: Duration.DurationInput
  readonly onTurn?: () => Effect.Effect<unknown>
  readonly onLeave?: (outcome: Outcome | undefined) => Effect.Effect<unknown>
}): Pace => {
  const wait = Duration.decode(options.wait ?? 0)
  const turn = Effect.map(Clock.currentTimeMillis, (at) => ({ at, waited: Duration.toMillis(wait), held: 0 }))
  return {
    enter: () =>
      Effect.succeed({
        wait: Effect.sleep(wait).pipe(Effect.zipRight(options.onTurn?.() ?? Effect.void), Effect.zipRight(turn)),
        leave: (outcome) => Effect.asVoid(options.onLeave?.(outcome) ?? Effect.void)
      }),
    estimate: none.estimate
  }
}
