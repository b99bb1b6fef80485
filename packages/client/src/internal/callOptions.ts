/** Options for the calls of one effect or stream, and whether requests in flight are finished. */
import type { PermissionDeleted, PermissionPage } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import type {
  OrganizationOperation,
  ProjectOperation,
  RequestOperation
} from "@checkpoint-permissions/protocol/failure"
import type * as waits from "@checkpoint-permissions/protocol/waits"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { RetryPolicy } from "../RetryPolicy.ts"
import type { RequestError } from "./service.ts"

/** An effect or a stream. */
export type Any = Effect.Effect<unknown, unknown, unknown> | Stream.Stream<unknown, unknown, unknown>

/**
 * What `provideService` makes of an effect or a stream: no more than that, so that an `Option` or an `Exit`, which are
 * effects too, is not said to stay one. It needs `R2` besides. A conditional type, since `pipe` infers from the last of
 * overloads only.
 */
export type WithR<Self, R2 = never> =
  Self extends Effect.Effect<infer A, infer E, infer R>
    ? Effect.Effect<A, E, R | R2>
    : Self extends Stream.Stream<infer A, infer E, infer R>
      ? Stream.Stream<A, E, R | R2>
      : never

/** Receives values of one kind. */
export type Observer<A> = (value: A) => Effect.Effect<void>

/** Runs the inner observer first. */
export const both = <A>(inner: Observer<A> | undefined, outer: Observer<A> | undefined): Observer<A> | undefined => {
  if (inner === undefined || outer === undefined) return inner ?? outer
  return (value) => Effect.zipRight(inner(value), outer(value))
}

/** Runs an observer with the services of `here`. Its own calls have the value that the reference has there. */
const bound = <A, R, Id, Value>(
  observe: ((value: A) => Effect.Effect<void, never, R>) | undefined,
  here: Context.Context<R>,
  reference: Context.Reference<Id, Value>
): Observer<A> | undefined => {
  const outer = Context.get(here, reference)
  return (
    observe &&
    ((value) =>
      Effect.mapInputContext(observe(value), (there: Context.Context<never>) =>
        Context.add(Context.merge(there, here), reference, outer)
      ))
  )
}

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
export function withOptions<Self extends Any, R>(self: Self, options: CallOptions<R>): WithR<Self, R>
export function withOptions<R>(self: Any, options: CallOptions<R>): Any {
  const combined = Effect.contextWith((here: Context.Context<R>): CallOptions => {
    const outer = Context.get(here, CurrentCallOptions)
    const { maxWait = outer.maxWait, onReply, onWait, retry, urgent = outer.urgent } = options
    return {
      retry: retry && outer.retry && isPolicy(outer.retry) ? policyOf(retry, outer.retry) : (retry ?? outer.retry),
      maxWait,
      urgent,
      onWait: both(bound(onWait, here, CurrentCallOptions), outer.onWait),
      onReply: both(bound(onReply, here, CurrentCallOptions), outer.onReply)
    }
  })
  return Effect.isEffect(self)
    ? Effect.provideServiceEffect(self, CurrentCallOptions, combined)
    : Stream.provideServiceEffect(self, CurrentCallOptions, combined)
}

/** A call that has ended, with a reply or with the error of its last attempt. */
export type Ended<A> = {
  /** Of the last reply: what OpenAI's support asks for. */
  readonly requestId: string | undefined
} & ({ readonly reply: A; readonly error?: undefined } | { readonly error: RequestError; readonly reply?: undefined })

/**
 * What a call came to: its reply, or the error of its last attempt, also where the wait before another one was
 * interrupted.
 *
 * @category models
 */
export type Outcome =
  | (Ended<PermissionPage> & { readonly operation: "list" | "create"; readonly checkpoint: string })
  | (Ended<PermissionDeleted> & { readonly operation: "delete"; readonly checkpoint: string })
  | (Ended<object | undefined> & { readonly operation: OrganizationOperation | ProjectOperation })

/** Runs an effect in another region of interruptibility. */
export type Restore = <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** Whether an attempt that is under way is finished, and who receives what each call came to. */
export class FinishInFlight extends Context.Reference<FinishInFlight>()(
  "@checkpoint-permissions/client/FinishInFlight",
  { defaultValue: (): Observer<Outcome> | undefined => undefined }
) {}

/** Sets an observer of outcomes inside the one in force. */
export const finishInFlight = <A, E, R, R2>(
  self: Effect.Effect<A, E, R>,
  onOutcome: (outcome: Outcome) => Effect.Effect<void, never, R2>
): Effect.Effect<A, E, R | R2> =>
  Effect.provideServiceEffect(
    self,
    FinishInFlight,
    Effect.contextWith((here: Context.Context<R2>) =>
      both(bound(onOutcome, here, FinishInFlight), Context.get(here, FinishInFlight))
    )
  )

/**
 * Where {@link FinishInFlight} is set: makes the attempts uninterruptible but for what they run under `restore`, and
 * tells what the call came to before that region is left.
 */
export const finished = <A, E>(
  finish: Observer<Outcome> | undefined,
  outcome: () => Outcome | undefined,
  attempts: (restore: Restore) => Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  if (finish === undefined) return attempts(identity)
  const tell = Effect.suspend(() => {
    const told = outcome()
    return told === undefined ? Effect.void : finish(told)
  })
  return Effect.uninterruptibleMask((restore) => Effect.ensuring(attempts(restore), tell))
}
