import type { RequestOperation } from "@checkpoint-permissions/protocol/failure"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Observer } from "../observer.ts"
import type { Restore } from "../retry/region.ts"

/**
 * The head of a reply, whatever its status.
 *
 * @category models
 */
export interface Reply {
  readonly operation: RequestOperation
  readonly status: number
  /** The `x-request-id` header: what OpenAI's support asks for. */
  readonly requestId: string | undefined
}

/**
 * The observer of replies of what runs here, if there is one: what {@link tapReplies} adds to. A layer that is provided
 * to a program sets it for the whole program.
 *
 * @category context
 */
export const CurrentReplyObserver = Context.Reference<Observer<Reply> | undefined>(
  "@checkpoint-permissions/effect4/CurrentReplyObserver",
  { defaultValue: () => undefined }
)

/** Tells an observer of the reply once the attempt has ended, also where it was interrupted after the reply came. */
export const observed = <A, E>(
  attempt: Effect.Effect<A, E>,
  observe: Observer<Reply> | undefined,
  replyOf: () => Reply | undefined,
  restore: Restore
): Effect.Effect<A, E> => {
  if (observe === undefined) return attempt
  let isTold = false
  const tell = Effect.suspend(() => {
    const reply = replyOf()
    if (reply === undefined || isTold) return Effect.void
    isTold = true
    return observe(reply)
  })
  return attempt.pipe(
    Effect.tap(restore(tell)),
    Effect.tapError(() => restore(tell)),
    Effect.onInterrupt(() => tell)
  )
}
