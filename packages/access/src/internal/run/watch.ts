import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * Runs an effect beside what follows, until the scope closes. A fiber inherits the region that it is forked in: without
 * its own, one that waits for ever in an uninterruptible region would keep the scope from closing.
 */
export const watch = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<void, never, R | Scope.Scope> =>
  Effect.asVoid(Effect.forkScoped(Effect.interruptible(self)))
