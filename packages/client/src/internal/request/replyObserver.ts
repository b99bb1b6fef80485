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

/** Receives the head of each reply after its attempt has ended. */
export class ReplyObserver extends Context.Reference<ReplyObserver>()("@checkpoint-permissions/client/ReplyObserver", {
  defaultValue: (): Observer<Reply> | undefined => undefined
}) {}
