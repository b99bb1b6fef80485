import { it } from "@effect/vitest"
import { Effect, type Layer, type Scope } from "effect"
import type { YieldWrap } from "effect/Utils"

type Body<R> = () => Generator<YieldWrap<Effect.Effect<unknown, unknown, R | Scope.Scope>>, unknown, never>

/** A test of what a layer gives. */
export const test = <R, E>(what: string, layer: Layer.Layer<R, E>, body: Body<NoInfer<R>>): void =>
  it.scopedLive(what, () => Effect.provide(Effect.gen(body), layer))

/** A test in real time. */
export const live = (what: string, body: Body<never>): void => it.scopedLive(what, () => Effect.gen(body))

/** A test on a `TestClock`. */
export const scoped = (what: string, body: Body<never>): void => it.scoped(what, () => Effect.gen(body))

/** A test of what a layer gives, on a `TestClock`. */
export const scopedWith = <R, E>(what: string, layer: Layer.Layer<R, E>, body: Body<NoInfer<R>>): void =>
  it.scoped(what, () => Effect.provide(Effect.gen(body), layer))
