import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import type { OrganizationState } from "../organization/state.ts"
import type { Quota } from "../quota.ts"
import type { Params } from "../router.ts"
import type { Store } from "../store.ts"
import type { Query } from "./parameters.ts"

export interface Changeable {
  readonly store: Store
  readonly quota: Quota
  readonly organization: OrganizationState
  readonly listings: number
}

export interface Input extends Changeable {
  readonly behavior: ServerBehavior
  readonly randomSeed: number
}

export interface Executed {
  readonly reply: Reply
  readonly changes: Partial<Changeable>
}

export interface Identity {
  /** The project whose models and jobs are visible. `undefined` for all projects. */
  readonly project: string | undefined
  readonly key: string
}

export interface Call {
  readonly identity: Identity
  readonly state: Input
  readonly request: ServerRequest
  readonly query: Query
  readonly params: Params
  readonly now: number
}
