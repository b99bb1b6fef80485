/** A server, and what becomes of a request, as data: what `server` exports as its models. */
import type { ServerBehavior, Settings } from "../../behavior.ts"
import type { Plan } from "../../faults.ts"
import type { Outcome, RecordedRequest, ServerRequest } from "../../http.ts"
import type { Organization as OrganizationSeed, Seed } from "../../seed.ts"
import type { Base, Route } from "../api/route.ts"
import type { Progress } from "../faults/progress.ts"
import type { OrganizationState } from "../organization/state.ts"
import type { Quota } from "../quota.ts"
import type { Store } from "../store.ts"

/**
 * What a server begins with.
 *
 * @category models
 */
export interface Options {
  /**
   * Where the API is: a URL, or a path at any host; `/v1` by default. Below no other path it is found (404), and at no
   * other host is there a server.
   */
  readonly baseUrl?: string | undefined
  readonly seed?: Seed | undefined
  /** What the routes next to checkpoint permissions show; nothing but what the permissions imply by default. */
  readonly organization?: OrganizationSeed | undefined
  readonly behavior?: Settings | undefined
  readonly faults?: Plan | undefined
  /** What latencies with a `min` and a `max` are drawn from; 0 by default. */
  readonly randomSeed?: number | undefined
}

/**
 * All that a server knows.
 *
 * @category models
 */
export interface State {
  readonly base: Base
  readonly behavior: ServerBehavior
  readonly store: Store
  readonly organization: OrganizationState
  readonly quota: Quota
  readonly faults: Progress
  readonly randomSeed: number
  readonly requests: number
  readonly listings: number
}

/**
 * A request under way: an argument of `resume`.
 *
 * @category models
 */
export interface Pending {
  readonly request: ServerRequest
  readonly route: Route
  readonly record: RecordedRequest
  readonly number: number
  /** What comes next: the request is executed, or the client gets this. */
  readonly next: "execute" | Outcome
}

/**
 * Go on with `pending` in `after` milliseconds; with `survives`, also if the client has gone by then.
 *
 * @category models
 */
export interface Wait {
  readonly _tag: "Wait"
  readonly after: number
  readonly survives: boolean
  readonly pending: Pending
}

/**
 * The client gets `outcome`. With `later`, the request has not been executed yet; nobody gets what comes of it.
 *
 * @category models
 */
export interface Done {
  readonly _tag: "Done"
  readonly outcome: Outcome
  readonly later?: Wait | undefined
}

/**
 * What is to be done next about a request.
 *
 * @category models
 */
export type Step = Wait | Done

/**
 * A step, and the state after it.
 *
 * @category models
 */
export interface Stepped {
  readonly state: State
  readonly step: Step
  readonly record: RecordedRequest
}

/**
 * What comes of a request if nothing else happens until it is answered.
 *
 * @category models
 */
export interface Handled {
  readonly state: State
  readonly outcome: Outcome
  readonly record: RecordedRequest
  /** Milliseconds from `now` until the client gets `outcome`. */
  readonly after: number
}
