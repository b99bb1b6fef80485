/** Programs: calls of the API and waits, which a shell carries out. */

/**
 * What `yield*` takes and gives the result of: an effect of any major, or a generator. `Y` is what it yields itself,
 * whatever the result.
 */
export interface Call<Y, A> {
  readonly [Symbol.iterator]: () => Iterator<Y, A, never>
}

/** Calls of the API and waits, one after the other, as a generator: what `Effect.gen` takes. */
export type Program<Y, A> = Generator<Y, A, never>
