/** Budgets that CI checks: exact figures, which do not depend on the load of the machine. */
const KiB = 1024

/** `goal` is the target. `budget` is the limit in CI, and the value that the library reaches. */
export const budgets = {
  /**
   * Bytes, gzip: a whole application that lists with `fetch`. The platform's `HttpClient` with `fetch` alone is 79 KiB,
   * of which `Schema` is a quarter. About 1,100 bytes are names of fields, since states of `protocol` are plain data.
   * Deadlines are another kilobyte.
   */
  whole: { goal: 102 * KiB, budget: 105.5 * KiB },
  /** The same for Effect 4, where the service needs no `Schema`. */
  whole4: { goal: 56 * KiB, budget: 56 * KiB }
} as const
