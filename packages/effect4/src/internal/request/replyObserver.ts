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
export const ReplyObserver = Context.Reference<Observer<Reply> | undefined>(
  "@checkpoint-permissions/effect4/ReplyObserver",
  { defaultValue: () => undefined }
)
