/** Budgets that CI checks: exact figures, which do not depend on the load of the machine. */
const KiB = 1024

/** `goal` is the target. `budget` is the limit in CI, and the value that the library reaches. */
export const budgets = {
  /**
   * Bytes, gzip, that this library adds to an application that lists with `fetch` on the bare `HttpClient` (79.8 KiB, of
   * which `Schema` is a quarter). About 1,100 bytes are names of fields, since states of `protocol` are plain data.
   * Deadlines are another kilobyte.
   */
  added: { goal: 25 * KiB, budget: 25 * KiB },
  /** The same for Effect 4, where the bare application has 31.6 KiB. */
  added4: { goal: 24.5 * KiB, budget: 24.1 * KiB }
} as const
