import { type EventLoop, type EventLoopOptions, eventLoop } from "@checkpoint-permissions/fake/clock"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { RuntimeFiber } from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Scheduler from "effect/Scheduler"

/** The event loop as Effect's scheduler. */
class VirtualScheduler implements Scheduler.Scheduler {
  private readonly loop: EventLoop
  /** The number of the next fiber when it was last asked for. */
  private nextFiber = 0

  constructor(loop: EventLoop) {
    this.loop = loop
  }

  shouldYield(fiber: RuntimeFiber<unknown, unknown>): number | false {
    return this.loop.yields(this.hasMadeNone) ? 0 : Scheduler.defaultScheduler.shouldYield(fiber)
  }

  /**
   * Whether the last operation made no fiber. A race makes its two fibers in one operation and starts them in the next,
   * and whoever is interrupted in between waits for ever for fibers that never ran. Effect's own scheduler may yield
   * there too, but does so once in 2048 operations.
   */
  private readonly hasMadeNone = (): boolean => {
    const before = this.nextFiber
    // numbers grow by one with each fiber that is made, and with each call
    this.nextFiber = FiberId.unsafeMake().id
    return this.nextFiber === before + 1
  }

  scheduleTask(task: Scheduler.Task, priority: number, fiber?: RuntimeFiber<unknown, unknown>): void {
    this.loop.schedule(task, priority, fiber)
  }
}

/** An event loop in virtual time as Effect's clock and scheduler. Throws `InvalidSetting`. */
export class VirtualClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: typeof Clock.ClockTypeId = Clock.ClockTypeId
  readonly scheduler: Scheduler.Scheduler
  readonly time: EventLoop["clock"]

  constructor(options: EventLoopOptions) {
    const loop = eventLoop(options)
    this.scheduler = new VirtualScheduler(loop)
    this.time = loop.clock
  }

  unsafeCurrentTimeMillis(): number {
    return this.time.now()
  }

  unsafeCurrentTimeNanos(): bigint {
    return this.time.nanos()
  }

  readonly currentTimeMillis = Effect.sync(() => this.time.now())
  readonly currentTimeNanos = Effect.sync(() => this.time.nanos())

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    if (!Duration.isFinite(duration)) return Effect.never
    return Effect.async((resume) =>
      Effect.sync(this.time.setTimer(() => resume(Effect.void), Duration.toMillis(duration)))
    )
  }
}
