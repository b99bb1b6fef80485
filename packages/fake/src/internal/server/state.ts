/** A server, and the processing of a request, as data: the models that `server` exports. */
import type { ServerBehavior, Settings } from "../../behavior.ts"
import type { Plan } from "../../faults.ts"
import type { Outcome, RecordedRequest, ServerRequest } from "../../http.ts"
import type { Organization as OrganizationSeed, Seed } from "../../seed.ts"
import type { Base, Route } from "../api/route.ts"
import type { Progress } from "../faults/progress.ts"
import type { OrganizationState } from "../organization/state.ts"
import type { Quota } from "../quota.ts"
import type { Store } from "../store.ts"

/** The initial state of a server. */
export interface Options {
  /**
   * The base of the API: a URL, or a path at any host. Default: `/v1`. Other paths get 404. Other hosts do not exist.
   */
  readonly baseUrl?: string | undefined
  readonly seed?: Seed | undefined
  /** The data of the other routes. Default: derived from the permissions. */
  readonly organization?: OrganizationSeed | undefined
  readonly behavior?: Settings | undefined
  readonly faults?: Plan | undefined
  /** The seed of random durations with `min` and `max`. Default: 0. */
  readonly randomSeed?: number | undefined
}

/** The whole state of a server. */
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

/** A request in progress: an argument of `resume`. */
export interface Pending {
  readonly request: ServerRequest
  readonly route: Route
  readonly record: RecordedRequest
  readonly number: number
  /** The next step: the execution of the request, or the outcome for the client. */
  readonly next: "execute" | Outcome
}

/**
 * A step: continue with `pending` after `after` milliseconds. With `survives`, continue even if the client has given
 * up.
 */
export interface Wait {
  readonly _tag: "Wait"
  readonly after: number
  readonly survives: boolean
  readonly pending: Pending
}

/** A step: the client gets `outcome`. With `later`, the request is executed afterwards, and its reply is discarded. */
export interface Done {
  readonly _tag: "Done"
  readonly outcome: Outcome
  readonly later?: Wait | undefined
}

/** The next step of a request. */
export type Step = Wait | Done

/** A step with the state after it. */
export interface Stepped {
  readonly state: State
  readonly step: Step
  readonly record: RecordedRequest
}

/** The outcome of a request if no other request or change comes before the reply. */
export interface Handled {
  readonly state: State
  readonly outcome: Outcome
  readonly record: RecordedRequest
  /** Milliseconds from `now` until the client gets `outcome`. */
  readonly after: number
}
