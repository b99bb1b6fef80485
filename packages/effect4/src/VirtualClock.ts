/**
 * A `Clock` that advances automatically: if all fibers sleep or wait, it jumps to the next wake-up. A program that
 * sleeps for hours takes milliseconds, and measures the same time in every run.
 *
 * Use it for programs without real I/O, such as a client on `FakePermissions`. A fiber that waits for a socket or a
 * file looks idle, so time advances without it. {@link pause} prevents that.
 */
import { type EventLoop, type EventLoopOptions, eventLoop } from "@checkpoint-permissions/fake/clock"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"

/**
 * The start of virtual time, and the order in which ready fibers run.
 *
 * A `seed` always makes the same choices, so that a failed run can be repeated, and a test with many seeds covers
 * orders that do not occur otherwise. Some races need a fiber to yield between a check and the action that depends on
 * it: a `yieldChance` of 0.01 or 0.02 finds them.
 */
export interface Options extends EventLoopOptions {}

/** The event loop as Effect's scheduler. Each fiber has its own dispatcher. */
const schedulerOf = ({ flush, schedule, yields }: EventLoop): Scheduler.Scheduler => ({
  executionMode: "async",
  shouldYield: (fiber) => yields() || fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield,
  makeDispatcher: () => {
    const owner = {}
    return { scheduleTask: (task, priority) => schedule(task, priority, owner), flush }
  }
})

/** An event loop in virtual time as Effect's clock and scheduler. Throws `InvalidSetting`. */
class VirtualClock implements Clock.Clock {
  readonly scheduler: Scheduler.Scheduler
  readonly time: EventLoop["clock"]

  constructor(options: EventLoopOptions) {
    const loop = eventLoop(options)
    this.scheduler = schedulerOf(loop)
    this.time = loop.clock
  }

  readonly currentTimeMillisUnsafe = () => this.time.now()
  readonly currentTimeNanosUnsafe = () => this.time.nanos()
  readonly monotonicTimeNanosUnsafe = this.currentTimeNanosUnsafe
  readonly currentTimeMillis = Effect.sync(this.currentTimeMillisUnsafe)
  readonly currentTimeNanos = Effect.sync(this.currentTimeNanosUnsafe)
  readonly monotonicTimeNanos = this.currentTimeNanos

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    if (!Duration.isFinite(duration)) return Effect.never
    return Effect.callback((resume) =>
      Effect.sync(this.time.setTimer(() => resume(Effect.void), Duration.toMillis(duration)))
    )
  }
}

const contextOf = (clock: VirtualClock) =>
  Context.make(Clock.Clock, clock).pipe(Context.add(Scheduler.Scheduler, clock.scheduler))

/**
 * Runs an effect on its own virtual clock. Time ends with the effect: fibers that still sleep are never resumed.
 * Invalid options are a defect, `InvalidSetting`.
 *
 * @example
 * ```ts effect4
 * import assert from "node:assert/strict"
 * import { VirtualClock } from "@checkpoint-permissions/effect4"
 * import { Clock, Effect } from "effect"
 *
 * const program = Effect.andThen(Effect.sleep("3 hours"), Clock.currentTimeMillis)
 *
 * // at once
 * assert.equal(await Effect.runPromise(VirtualClock.run(program)), 10_800_000)
 * ```
 *
 * @category running
 */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>, options: Options = {}): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => new VirtualClock(options)),
    (clock) => Effect.provideContext(effect, contextOf(clock)),
    ({ time }) => Effect.sync(time.close)
  )

/**
 * The virtual clock as a layer. Time ends with the layer.
 *
 * Do not merge it with layers that need the clock: they are built at the same time.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never> =>
  Layer.effectContext(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new VirtualClock(options)),
        ({ time }) => Effect.sync(time.close)
      ),
      contextOf
    )
  )

/**
 * Stops virtual time while an effect waits for real I/O, such as a file. Does nothing under another clock.
 *
 * @category running
 */
export const pause = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) =>
    clock instanceof VirtualClock
      ? Effect.acquireUseRelease(Effect.sync(clock.time.pause), () => effect, Effect.sync)
      : effect
  )
