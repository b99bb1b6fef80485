/** Programs: generators of API calls and waits, which an adapter runs. */

/**
 * A call that `yield*` runs, with the result `A`: an effect of either Effect version, or a generator. `Y` is the type
 * of the values that it yields.
 */
export interface Call<Y, A> {
  readonly [Symbol.iterator]: () => Iterator<Y, A, never>
}

/** A sequence of calls as a generator, in the form that `Effect.gen` accepts. */
export type Program<Y, A> = Generator<Y, A, never>
