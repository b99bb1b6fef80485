/**
 * When a request may go: a pace and the queue of those that wait for a turn, as
 * a state machine. Times are milliseconds.
 *
 * @since 0.1.0
 */

/** What a reply says of the server's limits. A request without a reply has none. */
export interface Outcome {
  /** `"limited"` for a 429 that is worth a retry; any other reply is `"accepted"`, an error too. */
  readonly status: "accepted" | "limited"
  /** What a 429 asks to wait. */
  readonly retryAfter?: number | undefined
  /** `x-ratelimit-limit-requests` */
  readonly limit?: number | undefined
  /** `x-ratelimit-remaining-requests` */
  readonly remaining?: number | undefined
  /** `x-ratelimit-reset-requests` */
  readonly reset?: number | undefined
}

export type Event =
  /** A call wants to send a request. `patience` is how long it stays while requests are held; `Infinity` for ever. */
  | { readonly _tag: "enter"; readonly id: number; readonly now: number; readonly patience: number }
  /** It leaves: its request ended (without an outcome when no reply came), or it no longer waits. */
  | { readonly _tag: "leave"; readonly id: number; readonly now: number; readonly outcome?: Outcome | undefined }
  /** `wakeAt` has come. */
  | { readonly _tag: "tick"; readonly now: number }

export interface Notice {
  /** All requests are held until then, or wait for their turns at a steady rate. */
  readonly reason: "hold" | "turn"
  readonly until: number
  /** How many calls wait. */
  readonly waiting: number
}

export interface Actions {
  /** Calls whose turn it is, in the order in which they entered. */
  readonly go: ReadonlyArray<number>
  /** Calls that would wait in a hold for longer than their patience; they have left the queue. */
  readonly refuse: ReadonlyArray<number>
  /** Send `tick` then; `undefined` when nothing waits for a time. */
  readonly wakeAt: number | undefined
  /** Requests are held until then. */
  readonly heldUntil: number | undefined
  readonly notice: Notice | undefined
}

/** Opaque; may be used once. */
export interface State {
  readonly _: never
}

export declare const adaptive: () => State
export declare const fixed: (options: {
  readonly requests: number
  readonly per: number
  readonly burst?: number | undefined
}) => State
export declare const step: (state: State, event: Event) => readonly [State, Actions]
/** How long requests have been held in all: a clock that runs during holds only. */
export declare const heldTime: (state: State, now: number) => number
/** How long so many further requests would take. */
export declare const estimate: (state: State, requests: number, now: number) => number
