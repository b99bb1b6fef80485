import * as Context from "effect/Context"
import type { Observer } from "../observer.ts"

/**
 * A request whose turn has come.
 *
 * @category models
 * @since 0.1.0
 * @see {@link beforeRequests}
 */
export interface Pending {
  readonly operation: "list" | "create" | "delete"
}

/** Has to end before a request is sent. */
export class RequestGate extends Context.Reference<RequestGate>()("@checkpoint-permissions/client/RequestGate", {
  defaultValue: (): Observer<Pending> | undefined => undefined
}) {}
