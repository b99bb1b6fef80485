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
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { RuntimeFiber } from "effect/Fiber"
import * as FiberId from "effect/FiberId"
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
 * Runs an effect on a clock of its own. Time ends with the effect: fibers that it leaves behind are never woken again.
 * Options that make no sense are a defect, an `InvalidSetting`.
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
 * The clock for everything the layer is provided to. Time ends with the layer.
 *
 * Provide it by itself, around the rest: merged with other layers, it is built beside them rather than before them, and
 * Effect does not give the fiber its old clock back. In a test, {@link run} has neither trap.
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
      // one after the other: merged layers are released in fibers of their own, which would restore nothing
      (clock) => Layer.provideMerge(Layer.setClock(clock), Layer.setScheduler(clock.scheduler))
    )
  )

/**
 * Lets virtual time stand still while an effect waits for something real, such as a file. Does nothing under another
 * clock.
 *
 * @category running
 */
export const hold = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) =>
    clock instanceof VirtualClock
      ? Effect.acquireUseRelease(Effect.sync(clock.time.hold), () => effect, Effect.sync)
      : effect
  )
