/**
 * A `Clock` that advances automatically: if all fibers sleep or wait, it jumps to the next wake-up. A program that
 * sleeps for hours takes milliseconds, and measures the same time in every run.
 *
 * Use it for programs without real I/O, such as a client on `FakePermissions`. A fiber that waits for a socket or a
 * file looks idle, so time advances without it. {@link pause} prevents that.
 */

import { type EventLoop, type EventLoopOptions, eventLoop } from "@checkpoint-permissions/fake/clock"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { RuntimeFiber } from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"
import { FiberId } from "./internal/installEffect3.ts"

/**
 * The start of virtual time, and the order in which ready fibers run.
 *
 * A `seed` always makes the same choices, so that a failed run can be repeated, and a test with many seeds covers
 * orders that do not occur otherwise. Some races need a fiber to yield between a check and the action that depends on
 * it: a `yieldChance` of 0.01 or 0.02 finds them.
 */
export interface Options extends EventLoopOptions {}

/** The event loop as Effect's scheduler. */
class VirtualScheduler implements Scheduler.Scheduler {
  private readonly loop: EventLoop
  /** The next id of a fiber at the last call. */
  private nextFiber = 0

  constructor(loop: EventLoop) {
    this.loop = loop
  }

  shouldYield(fiber: RuntimeFiber<unknown, unknown>): number | false {
    return this.loop.yields(this.hasMadeNone) ? 0 : Scheduler.defaultScheduler.shouldYield(fiber)
  }

  /**
   * Returns true if the last operation made no fiber. A race makes its two fibers in one operation and starts them in
   * the next. An interruption between the two operations would wait forever for fibers that never ran. Effect's own
   * scheduler may yield there too, but only once in 2,048 operations.
   */
  private readonly hasMadeNone = (): boolean => {
    const before = this.nextFiber
    // ids grow by one with each new fiber, and with each call
    this.nextFiber = FiberId.unsafeMake().id
    return this.nextFiber === before + 1
  }

  scheduleTask(task: Scheduler.Task, priority: number, fiber?: RuntimeFiber<unknown, unknown>): void {
    this.loop.schedule(task, priority, fiber)
  }
}

/** An event loop in virtual time as Effect's clock and scheduler. Throws `InvalidSetting`. */
class VirtualClock implements Clock.Clock {
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

/**
 * Runs an effect on its own virtual clock. Time ends with the effect: fibers that still sleep are never resumed.
 * Invalid options are a defect, `InvalidSetting`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { VirtualClock } from "@checkpoint-permissions/testing"
 * import { Clock, Effect } from "effect"
 *
 * const program = Effect.zipRight(Effect.sleep("3 hours"), Clock.currentTimeMillis)
 *
 * // at once
 * assert.equal(await Effect.runPromise(VirtualClock.run(program)), 10_800_000)
 * ```
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { VirtualClock } from "@checkpoint-permissions/testing"
 * import { Effect, Ref } from "effect"
 *
 * // check, then act: two fibers can find nothing there, and both put something
 * const put = (box: Ref.Ref<ReadonlyArray<string>>, thing: string) =>
 *   Effect.flatMap(Ref.get(box), (things) => (things.length === 0 ? Ref.set(box, [...things, thing]) : Effect.void))
 *
 * const program = Effect.gen(function* () {
 *   const box = yield* Ref.make<ReadonlyArray<string>>([])
 *   const won = yield* Effect.forEach(["a", "b"], (thing) => Effect.zipRight(put(box, thing), Ref.get(box)), {
 *     concurrency: "unbounded"
 *   })
 *   return won.every(([thing]) => thing === won[0]?.[0])
 * })
 *
 * // true for most seeds, and false for those that show the mistake
 * const tried = Effect.forEach(Array.from({ length: 200 }), (_, seed) =>
 *   VirtualClock.run(program, { seed, yieldChance: 0.02 })
 * )
 * assert.equal((await Effect.runPromise(tried)).includes(false), true)
 * ```
 *
 * @category running
 */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>, options: Options = {}): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const clock = new VirtualClock(options)
    return effect.pipe(
      Effect.withClock(clock),
      Effect.withScheduler(clock.scheduler),
      Effect.ensuring(Effect.sync(clock.time.close))
    )
  })

/**
 * The virtual clock as a layer. Time ends with the layer.
 *
 * Do not merge it with layers that need the clock: they are built at the same time. Effect does not restore the old
 * clock afterwards. {@link run} avoids both problems.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never> =>
  Layer.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new VirtualClock(options)),
        ({ time }) => Effect.sync(time.close)
      ),
      // one after the other: merged layers are released in separate fibers, which would not restore the clock
      (clock) => Layer.provideMerge(Layer.setClock(clock), Layer.setScheduler(clock.scheduler))
    )
  )

/**
 * Stops virtual time while an effect waits for real I/O, such as a file. Does nothing under another clock.
 *
 * @category running
 */
export const pause = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) =>
    clock instanceof VirtualClock
      ? Effect.acquireUseRelease(Effect.sync(clock.time.pause), () => effect, Effect.sync)
      : effect
  )
