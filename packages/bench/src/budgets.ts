/** What a check in CI holds: exact figures that no other load on the machine changes. */
const KiB = 1024

/** `goal` is what is wanted; `budget` is what must not be exceeded, and is as near to it as the library is. */
export const budgets = {
  /**
   * Bytes, gzip: a whole application that lists with `fetch`. The platform's `HttpClient` with `fetch` alone is 79 KiB,
   * of which `Schema` is a quarter. Some 1,100 bytes are the names of fields, since states of `protocol` are plain data.
   */
  whole: { goal: 102 * KiB, budget: 104.5 * KiB },
  /** The same for Effect 4, where the service needs no `Schema`. */
  whole4: { goal: 56 * KiB, budget: 56 * KiB }
} as const
