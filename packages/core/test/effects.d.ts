import { Effect, type Layer, type Scope } from "effect";
import type { YieldWrap } from "effect/Utils";
type Body<R> = () => Generator<YieldWrap<Effect.Effect<unknown, unknown, R | Scope.Scope>>, unknown, never>;
/** A test of what a layer gives. */
export declare const test: <R, E>(what: string, layer: Layer.Layer<R, E>, body: Body<NoInfer<R>>) => void;
/** A test in real time. */
export declare const live: (what: string, body: Body<never>) => void;
/** A test on a `TestClock`. */
export declare const scoped: (what: string, body: Body<never>) => void;
/** A test of what a layer gives, on a `TestClock`. */
export declare const scopedWith: <R, E>(what: string, layer: Layer.Layer<R, E>, body: Body<NoInfer<R>>) => void;
export {};
//# sourceMappingURL=effects.d.ts.map