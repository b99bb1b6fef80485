/** Options for the calls of one effect or stream. */
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import type { RequestOperation } from "@checkpoint-permissions/protocol/failure"
import type * as waits from "@checkpoint-permissions/protocol/waits"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type { RetryPolicy } from "../RetryPolicy.ts"
import { type Any, provideReference, type WithR } from "./effectOrStream.ts"
import { both, bound } from "./observer.ts"

/**
 * The head of a reply, whatever its status.
 *
 * @category models
 */
export interface Reply {
  readonly operation: RequestOperation
  readonly status: number
  /** The `x-request-id` header, which OpenAI's support asks for. */
  readonly requestId: string | undefined
}

/**
 * Why a call waits, and for how long.
 *
 * @category models
 */
export interface Wait extends Omit<waits.Wait, "delay" | "error"> {
  /** From now on; of turns, until the last of the calls that wait has had its own. */
  readonly delay: Duration.Duration
  readonly error?: PermissionsError | undefined
}

type Retry = RetryPolicy | Schedule.Schedule<unknown, PermissionsError>

const isPolicy = (retry: Retry): retry is RetryPolicy => "cap" in retry

/** Returns a policy with the cap of `base` for a plain schedule. */
export const policyOf = (retry: Retry, base: RetryPolicy): RetryPolicy =>
  isPolicy(retry) ? retry : { ...base, schedule: retry }

/**
 * Options for the calls of an effect or a stream, set with {@link withOptions}. The innermost given value of `retry`,
 * `maxWait` and `urgent` counts; all observers run.
 *
 * @category models
 */
export interface CallOptions<R = never> {
  /** A policy, or a schedule that keeps the cap in force. Default: the option `retry` of the service. */
  readonly retry?: Retry | undefined
  /**
   * The longest time that one call waits for a server that refuses requests: pauses of the rate limiter, and delays
   * after a 429. A wait that would end later is not begun, and the call fails immediately with `RateLimitError`.
   * Default: what is left of the cap of the retry policy.
   */
  readonly maxWait?: Duration.DurationInput | undefined
  /**
   * Whether to send requests immediately, past the queue and the pauses of the rate limiter, which still counts them
   * and learns from their replies. Default: false.
   */
  readonly urgent?: boolean | undefined
  /**
   * Called when a wait is known, before it begins: each delay before a retry, a pause of the rate limiter of more than
   * ten seconds, and waits for a steady rate. The call continues when the observer has ended; no other call waits for
   * it. Of the waits that become known meanwhile, the observer is called with the newest only.
   */
  readonly onWait?: ((wait: Wait) => Effect.Effect<void, never, R>) | undefined
  /**
   * Called once for each reply whose head arrived, after the attempt has ended, also for attempts that are repeated.
   * Its time does not count towards the timeout of the attempt. It can be interrupted unless the attempt was.
   */
  readonly onReply?: ((reply: Reply) => Effect.Effect<void, never, R>) | undefined
}

/**
 * The options in force, as {@link withOptions} set them. A layer can set them for a whole program. Default: none.
 *
 * @category context
 */
export class CurrentCallOptions extends Context.Reference<CurrentCallOptions>()(
  "@checkpoint-permissions/client/CurrentCallOptions",
  { defaultValue: (): CallOptions => ({}) }
) {}

/** Sets options inside those in force. Observers run with the services of here. */
export const withOptions = <Self extends Any, R>(self: Self, options: CallOptions<R>): WithR<Self, R> =>
  provideReference(
    self,
    CurrentCallOptions,
    Effect.contextWith((here: Context.Context<R>): CallOptions => {
      const outer = Context.get(here, CurrentCallOptions)
      const { maxWait = outer.maxWait, onReply, onWait, retry, urgent = outer.urgent } = options
      return {
        retry: retry && outer.retry && isPolicy(outer.retry) ? policyOf(retry, outer.retry) : (retry ?? outer.retry),
        maxWait,
        urgent,
        onWait: both(onWait && bound(onWait, here, CurrentCallOptions), outer.onWait),
        onReply: both(onReply && bound(onReply, here, CurrentCallOptions), outer.onReply)
      }
    })
  )
