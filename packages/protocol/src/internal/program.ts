/** Programs: calls of the API and waits, which a shell carries out. */

/**
 * What `yield*` takes and gives the result of: an effect of any major, or a
 * generator. `Y` is what it yields itself, whatever the result.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export interface Call<Y, A> {
  readonly [Symbol.iterator]: () => Iterator<Y, A, never>
}

/**
 * Calls of the API and waits, one after the other, as a generator: what
 * `Effect.gen` takes.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export type Program<Y, A> = Generator<Y, A, never>
