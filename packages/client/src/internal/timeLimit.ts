import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scheduler from "effect/Scheduler"
import { type AnyFiber, surroundings, unsafeFork } from "./apart.ts"

/** The same time for all that is under way. */
export interface TimeLimit {
  /** The time of something begins. `pass` is called when it is over, unless what is answered was called before. */
  readonly start: (fiber: AnyFiber, pass: () => void) => () => void
}

interface Deadline {
  readonly at: number
  readonly pass: () => void
}

/** Over all that is under way on one clock. */
interface Watch {
  /** In the order in which they pass. */
  readonly deadlines: Set<Deadline>
  readonly end: () => void
  isEnding: boolean
}

/** What comes next often begins a few fibers later. */
const idleTurns = 8

/**
 * One fiber watches over all attempts of a service. It sleeps until the first
 * deadline and ends when nothing is under way. A fiber and a timer for each attempt
 * took a fifth of the time of a whole request.
 */
export const make = (duration: Duration.Duration): TimeLimit => {
  const millis = Duration.toMillis(duration)
  const watches = new Map<Clock.Clock, Watch>()

  const keep = (clock: Clock.Clock, deadlines: Set<Deadline>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const now = clock.unsafeCurrentTimeMillis()
      for (const deadline of deadlines) {
        if (deadline.at > now) {
          return Effect.zipRight(clock.sleep(Duration.millis(deadline.at - now)), keep(clock, deadlines))
        }
        deadlines.delete(deadline)
        deadline.pass()
      }
      // it may have been given up just as it woke
      if (watches.get(clock)?.deadlines === deadlines) watches.delete(clock)
      return Effect.void
    })

  const begin = (clock: Clock.Clock, fiber: AnyFiber, first: Deadline): Watch => {
    const deadlines = new Set([first])
    const keeper = unsafeFork(keep(clock, deadlines), surroundings(fiber))
    return { deadlines, end: () => keeper.unsafeInterruptAsFork(FiberId.none), isEnding: false }
  }

  /** Ends a watch with nothing to watch, if it stays so. */
  const endIfIdle = (clock: Clock.Clock, watch: Watch, scheduler: Scheduler.Scheduler, turns: number): void =>
    scheduler.scheduleTask(() => {
      watch.isEnding = watch.deadlines.size === 0 && watches.get(clock) === watch
      if (!watch.isEnding) return
      if (turns > 1) return endIfIdle(clock, watch, scheduler, turns - 1)
      watches.delete(clock)
      watch.end()
    }, 0)

  return {
    start: (fiber, pass) => {
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      const deadline = { at: clock.unsafeCurrentTimeMillis() + millis, pass }
      const known = watches.get(clock)
      const watch = known ?? begin(clock, fiber, deadline)
      if (known === undefined) watches.set(clock, watch)
      else known.deadlines.add(deadline)
      return () => {
        watch.deadlines.delete(deadline)
        if (watch.deadlines.size > 0 || watch.isEnding) return
        watch.isEnding = true
        endIfIdle(clock, watch, fiber.currentScheduler, idleTurns)
      }
    }
  }
}
