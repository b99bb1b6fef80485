/** The pace of one operation: the queue of `protocol/pacing`, in which fibers wait. */
import type * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as pacing from "@checkpoint-permissions/protocol/pacing"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** A place in the queue, from entering it until the request has ended. */
export interface Ticket {
  /** At once if nothing is to be waited for. */
  readonly wait: Effect.Effect<pacing.Turn | pacing.HeldTooLong>
  /** Once, whether the call waited, was sent or was interrupted. Without an outcome when no reply came. */
  readonly leave: (outcome: pacing.Outcome | undefined) => Effect.Effect<void>
}

/** How a call enters. */
export interface Entry extends Pick<pacing.Entry, "atOnce" | "patience"> {
  /** Runs in the wait of the call, when something is worth telling of it. */
  readonly onNotice: (notice: pacing.Notice) => Effect.Effect<void>
}

/** The pace of one operation, shared by all fibers of a service. */
export interface Pace {
  readonly enter: (entry: Entry) => Effect.Effect<Ticket>
  readonly estimate: (requests: number) => Effect.Effect<estimates.PaceEstimate>
}

/** Every request goes at once. */
export const none: Pace = {
  enter: () =>
    Effect.map(Clock.currentTimeMillis, (at) => ({
      wait: Effect.succeed({ at, waited: 0, held: 0 }),
      leave: () => Effect.void
    })),
  estimate: () => Effect.succeed({ basis: "configured", millis: 0, isHeld: false, refused: 0 })
}

/** The first call in the queue sets the timer for all. */
export const make = (initial: () => pacing.State): Pace => {
  const queue = pacing.queue(initial())
  const tick = Effect.map(Clock.currentTimeMillis, queue.tick)

  const enter = ({ atOnce, onNotice, patience }: Entry): Effect.Effect<Ticket> =>
    Effect.map(Clock.currentTimeMillis, (enteredAt) => {
      const latch = Latch.makeUnsafe(false)
      const ticket = queue.enter({ now: enteredAt, patience, atOnce, signal: () => latch.openUnsafe() })
      const wait: Ticket["wait"] = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        latch.closeUnsafe()
        const next = ticket.next(now)
        if ("at" in next) return Effect.succeed(next)
        if ("tell" in next) return Effect.andThen(onNotice(next.tell), wait)
        if (next.timer === undefined) return Effect.andThen(latch.await, wait)
        const timed = Effect.andThen(Effect.sleep(next.timer), tick)
        return Effect.andThen(next.timer > 0 ? Effect.raceFirst(latch.await, timed) : tick, wait)
      })
      const leave: Ticket["leave"] = (outcome) =>
        Effect.map(Clock.currentTimeMillis, (now) => ticket.leave(now, outcome))
      const verdict = ticket.verdict(enteredAt)
      return { wait: verdict === undefined ? wait : Effect.succeed(verdict), leave }
    })

  return {
    enter,
    estimate: (requests) => Effect.map(Clock.currentTimeMillis, (now) => queue.estimate(requests, now))
  }
}
