/** Instants of a run: what came before what is a matter of `order`, how long before a matter of `time`. */
export interface Instant {
  /** Grows with everything that happens. */
  readonly order: number
  /** Milliseconds of the server's clock. */
  readonly time: number
}

export const startAt = 1_700_000_000_000
