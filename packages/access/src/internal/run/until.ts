import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"

/**
 * Runs an effect, and interrupts it when `stop` completes, even in an uninterruptible region. The result is `None`
 * then, or the failure of its finalizers.
 */
export const interruptWhen = <A, E, R>(
  stop: Effect.Effect<unknown>,
  self: Effect.Effect<A, E, R>
): Effect.Effect<Option.Option<A>, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const working = yield* Effect.fork(Effect.interruptible(self))
      const stopping = yield* Effect.fork(Effect.interruptible(Effect.zipRight(stop, Fiber.interruptFork(working))))
      const exit = yield* Effect.onInterrupt(restore(Fiber.await(working)), () => Fiber.interrupt(working))
      yield* Fiber.interrupt(stopping)
      if (Exit.isSuccess(exit)) return Option.some(exit.value)
      const failure = Cause.failureOption(exit.cause)
      if (Option.isSome(failure)) return yield* Effect.fail(failure.value)
      return Cause.isInterruptedOnly(exit.cause) ? Option.none() : yield* Effect.failCause(exit.cause)
    })
  )

/**
 * Runs an effect for each value, at most `concurrency` concurrently. A failure interrupts the others, and is returned
 * after all of them have ended. `Effect.forEach` with limited concurrency counts a failure twice while values are left,
 * and returns before one of them has ended. At most `concurrency` fibers take the values one by one: a fiber per value
 * would keep its last reply in memory until all have ended.
 */
export const forEach = <A, B, E, R>(
  values: Iterable<A>,
  concurrency: number,
  work: (value: A) => Effect.Effect<B, E, R>
): Effect.Effect<Array<B>, E, R> =>
  Effect.suspend(() => {
    const all = Array.from(values)
    const entries = all.entries()
    const results: Array<B> = []
    const worker = Effect.gen(function* () {
      for (const [index, value] of entries) results[index] = yield* work(value)
    })
    const workers = Array.from({ length: Math.min(concurrency, all.length) }, () => worker)
    return Effect.as(Effect.all(workers, { concurrency: "unbounded", discard: true }), results)
  })

/**
 * Runs an effect in the background until the scope closes. A fiber inherits the region that it is forked in. In an
 * uninterruptible region, an effect that never ends would keep the scope from closing. It therefore gets an
 * interruptible region.
 */
export const forkInBackground = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<void, never, R | Scope.Scope> =>
  Effect.asVoid(Effect.forkScoped(Effect.interruptible(self)))

/**
 * Streams the steps that an effect emits. The effect runs in a separate fiber, so that a stop can interrupt it while
 * its last steps are delivered.
 */
export const streamSteps = <Step, E>(
  work: (emit: (step: Step) => Effect.Effect<void>) => Effect.Effect<void, E>
): Stream.Stream<Step, E> =>
  Effect.gen(function* () {
    const steps = yield* Queue.unbounded<Take.Take<Step, E>>()
    yield* work((step) => Effect.asVoid(Queue.offer(steps, Take.of(step)))).pipe(
      Effect.exit,
      Effect.flatMap((exit) => Queue.offer(steps, Exit.isSuccess(exit) ? Take.end : Take.failCause(exit.cause))),
      // If the consumer leaves the stream, the effect is interrupted, even in an uninterruptible region.
      forkInBackground
    )
    return Stream.flattenTake(Stream.fromQueue(steps))
  }).pipe(Stream.unwrapScoped)
