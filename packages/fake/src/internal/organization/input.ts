import type { ServerBehavior } from "../../behavior.ts"
import type { Store } from "../store.ts"
import type { OrganizationState } from "./state.ts"

/** What a call next to checkpoint permissions is executed with. */
export interface Input {
  readonly behavior: ServerBehavior
  readonly store: Store
  readonly organization: OrganizationState
  readonly randomSeed: number
}
