/**
 * When the next request may go: one turn in each interval, by the clock of the store. `internal/pace/sql.ts` and
 * `redis.ts` say the same in the language of their stores, where it has to be decided in one step.
 */

/** The last turn of a key, as it is stored. Times are milliseconds of the clock of the store. */
export interface Turn {
  readonly at: number
  /** How long after it the next turn is. */
  readonly cost: number
}

/** What was asked for is a turn if there is nothing to wait for. */
export interface Answer {
  readonly wait: number
  readonly stored: Turn
}

/**
 * A last turn in the future is one that was taken before the clock was put back: the time begins anew at its whole
 * cost, so that no step back of the clock makes a wait longer than that.
 */
export const take = (stored: Turn | undefined, now: number, cost: number): Answer => {
  if (stored === undefined || now - stored.at >= stored.cost) return { wait: 0, stored: { at: now, cost } }
  if (now < stored.at) return { wait: stored.cost, stored: { at: now, cost: stored.cost } }
  return { wait: stored.cost - (now - stored.at), stored }
}
