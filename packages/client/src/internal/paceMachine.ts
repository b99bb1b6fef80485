/**
 * What decides when a request may go, as a value: no effect, no clock, so that a
 * simulation of hours takes milliseconds. All times are milliseconds.
 */

/** What became of a request. */
export interface Report {
  readonly status: "accepted" | "limited" | "unknown"
  readonly retryAfter?: number | undefined
  readonly limit?: number | undefined
  readonly remaining?: number | undefined
  readonly reset?: number | undefined
}

export interface Machine<S> {
  readonly initial: S
  /** The earliest time at which the next request may go; `Infinity`: not before a report. */
  readonly nextAt: (state: S, now: number) => number
  /** A request goes now. */
  readonly sent: (state: S, now: number) => S
  readonly reported: (state: S, now: number, report: Report) => S
  /** How long so many further requests take, if they are wanted at once. */
  readonly estimate: (state: S, now: number, requests: number) => number
}
