import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** An effect or a stream. */
export type Any = Effect.Effect<unknown, unknown, unknown> | Stream.Stream<unknown, unknown, unknown>

/**
 * What `provideService` makes of an effect or a stream: no more than that, so that an `Option` or an `Exit`, which are
 * effects too, is not said to stay one. It needs `R2` besides. A conditional type, since `pipe` infers from the last of
 * overloads only.
 */
export type WithR<Self, R2 = never> =
  Self extends Stream.Stream<infer A, infer E, infer R>
    ? Stream.Stream<A, E, R | R2>
    : Self extends Effect.Effect<infer A, infer E, infer R>
      ? Effect.Effect<A, E, R | R2>
      : never

/** Sets a reference to what an effect succeeds with when the effect or stream begins. */
export function provideReference<Self extends Any, A, R>(
  self: Self,
  reference: Context.Reference<A>,
  value: Effect.Effect<A, never, R>
): WithR<Self, R>
export function provideReference<A, R>(
  self: Any,
  reference: Context.Reference<A>,
  value: Effect.Effect<A, never, R>
): Any {
  return Effect.isEffect(self)
    ? Effect.provideServiceEffect(self, reference, value)
    : Stream.provideServiceEffect(self, reference, value)
}
