/**
 * A `Clock` that advances by itself: whenever every fiber sleeps or waits, it
 * goes on to the next wake-up at once. A program that takes hours of its own
 * time takes milliseconds, and the same time in every run.
 *
 * It is for programs that do no real I/O, such as a client on
 * `FakePermissions`: what waits for a socket or a file looks idle, and time goes
 * on without it ({@link hold} stops that).
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Timeline } from "./internal/timeline.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The time at the start, in Unix milliseconds; 0 by default. */
  readonly startAt?: number | undefined
}

/**
 * Runs an effect on a clock of its own. Time ends with the effect: fibers that
 * it leaves behind are never woken again.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "@checkpoint-permissions/testing"
 * import { Clock, Effect } from "effect"
 *
 * const program = Effect.zipRight(Effect.sleep("3 hours"), Clock.currentTimeMillis)
 *
 * Effect.runPromise(VirtualClock.run(program)) // at once: 10_800_000
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>, options: Options = {}): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const timeline = new Timeline(options.startAt ?? 0)
    return effect.pipe(
      Effect.withClock(timeline),
      Effect.withScheduler(timeline.scheduler),
      Effect.ensuring(Effect.sync(() => timeline.close()))
    )
  })

/**
 * The clock for everything the layer is provided to. Time ends with the layer.
 *
 * Provide it by itself, around the rest: merged with other layers, it is built
 * beside them rather than before them, and Effect does not give the fiber its
 * old clock back. In a test, {@link run} has neither trap.
 *
 * @example
 * ```ts
 * import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
 * import { HttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * // answered after ten virtual minutes
 * const program = HttpClient.get("https://api.openai.com/v1/fine_tuning/checkpoints/ft:a/permissions").pipe(
 *   Effect.provide(FakePermissions.layer({ behavior: { latency: "10 minutes" } })),
 *   Effect.provide(VirtualClock.layer())
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<never> =>
  Layer.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new Timeline(options.startAt ?? 0)),
        (timeline) => Effect.sync(() => timeline.close())
      ),
      // one after the other: merged layers are released in fibers of their own, which would restore nothing
      (timeline) => Layer.provideMerge(Layer.setClock(timeline), Layer.setScheduler(timeline.scheduler))
    )
  )

/**
 * Lets virtual time stand still while an effect waits for something real, such
 * as a file. Does nothing under another clock.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "@checkpoint-permissions/testing"
 * import { Effect } from "effect"
 *
 * const journal = VirtualClock.hold(Effect.promise(() => import("node:fs/promises")))
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const hold = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => (clock instanceof Timeline ? clock.hold(effect) : effect))
