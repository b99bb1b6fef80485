import { type EventLoop, type EventLoopOptions, eventLoop } from "@checkpoint-permissions/fake/clock"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"

/** The event loop as Effect's scheduler. A fiber has a dispatcher of its own. */
class VirtualScheduler implements Scheduler.Scheduler {
  readonly executionMode = "async"
  private readonly loop: EventLoop

  constructor(loop: EventLoop) {
    this.loop = loop
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return this.loop.yields() || fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    const owner = {}
    return {
      scheduleTask: (task, priority) => this.loop.schedule(task, priority, owner),
      flush: this.loop.flush
    }
  }
}

/** An event loop in virtual time as Effect's clock and scheduler. Throws `InvalidSetting`. */
export class VirtualClock implements Clock.Clock {
  readonly scheduler: Scheduler.Scheduler
  readonly time: EventLoop["clock"]

  constructor(options: EventLoopOptions) {
    const loop = eventLoop(options)
    this.scheduler = new VirtualScheduler(loop)
    this.time = loop.clock
  }

  currentTimeMillisUnsafe(): number {
    return this.time.now()
  }

  currentTimeNanosUnsafe(): bigint {
    return this.time.nanos()
  }

  monotonicTimeNanosUnsafe(): bigint {
    return this.time.nanos()
  }

  readonly currentTimeMillis = Effect.sync(() => this.time.now())
  readonly currentTimeNanos = Effect.sync(() => this.time.nanos())
  readonly monotonicTimeNanos = this.currentTimeNanos

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    if (!Duration.isFinite(duration)) return Effect.never
    return Effect.callback((resume) =>
      Effect.sync(this.time.setTimer(() => resume(Effect.void), Duration.toMillis(duration)))
    )
  }
}
