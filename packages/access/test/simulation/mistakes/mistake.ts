/** A change of the library that makes it wrong. */
export interface Mistake {
  /** What the library does then. */
  readonly name: string
  /** From `packages`. */
  readonly file: string
  /** What stands there, once. */
  readonly find: string
  readonly replace: string
  /** Another change in the same file, where one alone is made up for by the other. */
  readonly also?: readonly [find: string, replace: string]
  /** A scenario that shows it. */
  readonly seed: number
}

/** Mistakes in one file. */
export const within =
  (file: string) =>
  (name: string, find: string, replace: string, seed: number, also?: Mistake["also"]): Mistake => ({
    name,
    file,
    find,
    replace,
    seed,
    ...(also === undefined ? {} : { also })
  })
