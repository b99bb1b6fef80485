/**
 * A `Clock` that advances by itself: whenever every fiber sleeps or waits, it goes on to the next wake-up at once. A
 * program that takes hours of its own time takes milliseconds, and the same time in every run.
 *
 * It is for programs that do no real I/O, such as a client on `FakePermissions`: what waits for a socket or a file
 * looks idle, and time goes on without it ({@link hold} stops that).
 *
 * @since 0.1.0
 */
import { type EventLoop, type EventLoopOptions, eventLoop } from "@checkpoint-permissions/fake/clock"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"

/**
 * Where virtual time begins, and in which order ready fibers run.
 *
 * A `seed` always makes the same choices, so that a run that went wrong can be repeated, and a test that tries many
 * seeds meets orders that it would never see otherwise. Where two fibers meet only if one stops between a check and what
 * follows from it, to choose among the ready ones is not enough: a `yieldChance` of 0.01 or 0.02 finds such places.
 *
 * @category models
 */
export interface Options extends EventLoopOptions {}

/** The event loop as Effect's scheduler. A fiber has a dispatcher of its own. */
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
 * Runs an effect on a clock of its own. Time ends with the effect: fibers that it leaves behind are never woken again.
 * Options that make no sense are a defect, an `InvalidSetting`.
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
 * The clock for everything the layer is provided to. Time ends with the layer.
 *
 * Provide it by itself, around the rest: merged with other layers, it is built beside them rather than before them.
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
 * Lets virtual time stand still while an effect waits for something real, such as a file. Does nothing under another
 * clock.
 *
 * @category running
 */
export const hold = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) =>
    clock instanceof VirtualClock
      ? Effect.acquireUseRelease(Effect.sync(clock.time.hold), () => effect, Effect.sync)
      : effect
  )
