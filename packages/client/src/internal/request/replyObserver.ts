import * as Context from "effect/Context"
import type { Observer } from "../observer.ts"

/**
 * The head of a reply, whatever its status.
 *
 * @category models
 * @since 0.1.0
 * @see {@link tapReplies}
 */
export interface Reply {
  readonly operation: "list" | "create" | "delete"
  readonly status: number
  /** The `x-request-id` header: what OpenAI's support asks for. */
  readonly requestId: string | undefined
}

/**
 * The observer of replies of what runs here, if there is one: what {@link tapReplies}
 * adds to. A layer that is provided to a program sets it for the whole program.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Effect, Layer } from "effect"
 *
 * const logged = Layer.succeed(CheckpointPermissions.CurrentReplyObserver, ({ requestId, status }) =>
 *   Effect.logDebug(`${status} ${requestId}`)
 * )
 * ```
 *
 * @category context
 * @since 0.1.0
 * @see {@link tapReplies}
 */
export class CurrentReplyObserver extends Context.Reference<CurrentReplyObserver>()(
  "@checkpoint-permissions/client/CurrentReplyObserver",
  {
    defaultValue: (): Observer<Reply> | undefined => undefined
  }
) {}
