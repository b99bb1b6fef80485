import * as Effect from "effect/Effect"

/** Loads a module when what it does is asked for, so that help and mistakes do not wait for it. */
export const lazily =
  <M>(load: () => Promise<M>) =>
  <A, E, R>(use: (module: M) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.promise(load), use)
