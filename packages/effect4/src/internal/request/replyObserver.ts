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
 * ```ts effect4
 * import { CheckpointPermissions } from "@checkpoint-permissions/effect4"
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
export const CurrentReplyObserver = Context.Reference<Observer<Reply> | undefined>(
  "@checkpoint-permissions/effect4/CurrentReplyObserver",
  { defaultValue: () => undefined }
)
