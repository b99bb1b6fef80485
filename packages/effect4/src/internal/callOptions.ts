/** Options for the calls of one effect or stream, and the observer of `finishInFlight`. */

import { refuseCallOptions } from "@checkpoint-permissions/protocol/options"
import type * as retrying from "@checkpoint-permissions/protocol/retrying"
import type * as waits from "@checkpoint-permissions/protocol/waits"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { PermissionDeleted, PermissionPage } from "../Permission.ts"
import { InvalidInputError, type PermissionsError } from "../PermissionsError.ts"
import type { RetryPolicy } from "../RetryPolicy.ts"
import type { RequestError } from "./service.ts"

/** An effect or a stream. */
export type EffectOrStream = Effect.Effect<unknown, unknown, unknown> | Stream.Stream<unknown, unknown, unknown>

/**
 * The type of an effect or a stream that also requires `R2`. An `Option` or an `Exit` becomes a plain effect. It is a
 * conditional type in place of two overloads, since `pipe` infers from the last overload only.
 */
export type WithRequirements<Self, R2 = never> =
  Self extends Stream.Stream<infer A, infer E, infer R>
    ? Stream.Stream<A, E, R | R2>
    : Self extends Effect.Effect<infer A, infer E, infer R>
      ? Effect.Effect<A, E, R | R2>
      : never

/** Receives values of one kind. */
export type Observer<A> = (value: A) => Effect.Effect<void>

/** Combines two observers. The inner one runs first. */
const both = <A>(inner: Observer<A> | undefined, outer: Observer<A> | undefined): Observer<A> | undefined => {
  if (inner === undefined || outer === undefined) return inner ?? outer
  return (value) => Effect.andThen(inner(value), outer(value))
}

/** Returns an observer that runs with the services of `here`. Inside it, `reference` has its value from `here`. */
const bound = <A, R, Value>(
  observe: ((value: A) => Effect.Effect<void, never, R>) | undefined,
  here: Context.Context<R>,
  reference: Context.Reference<Value>
): Observer<A> | undefined =>
  observe &&
  ((value) =>
    Effect.updateContext(observe(value), (there: Context.Context<never>) =>
      Context.add(Context.merge(there, here), reference, Context.get(here, reference))
    ))

/** The head of a reply, with any status. */
export interface Reply extends retrying.Reply {}

/** A wait of a call, with its reason. */
export interface Wait extends Omit<waits.Wait, "delay" | "error"> {
  /** The duration of the wait from now on. For `"rate"`: until the last of the waiting calls has its permit. */
  readonly delay: Duration.Duration
  readonly error?: PermissionsError | undefined
}

/**
 * A retry policy, or a plain schedule for the delays. A schedule keeps the cap that is in force: 10 minutes by default.
 */
export type Retry = RetryPolicy | Schedule.Schedule<unknown, PermissionsError>

const isPolicy = (retry: Retry): retry is RetryPolicy => "cap" in retry

/** Returns a policy. A plain schedule gets the cap of `base`. */
export const policyOf = (retry: Retry, base: RetryPolicy): RetryPolicy =>
  isPolicy(retry) ? retry : { ...base, schedule: retry }

/** Returns a duration, or zero for a value that is none. */
export const durationOf = (input: Duration.Input): Duration.Duration =>
  Option.getOrElse(Duration.fromInput(input), () => Duration.zero)

/**
 * Options for the calls of an effect or a stream, set with {@link withOptions}. For `retry`, `timeout` and `urgent` the
 * innermost given value is used, and the earliest deadline. All observers run.
 */
export interface CallOptions<R = never> {
  /** Default: the option `retry` of the service. */
  readonly retry?: Retry | undefined
  /** The timeout of one attempt, including reading its reply. Default: the option `timeout` of the service. */
  readonly timeout?: Duration.Input | undefined
  /**
   * From the start of the effect or stream, the time in which all its calls end. Attempts are shortened to what is left:
   * set a shorter `timeout`, so that an attempt that hangs can be repeated in time.
   * A wait (pause, steady rate, delay before a retry) that would end later is not started: the call fails immediately with
   * the error that it has. A later call fails with `RequestTimeoutError`, and is not sent. `onReply` is not shortened.
   * Default: none.
   */
  readonly deadline?: Duration.Input | undefined
  /**
   * Whether to send requests immediately, ignoring the queue and the pauses of the rate limiter. The limiter still
   * counts them and learns from their replies. Default: false.
   */
  readonly urgent?: boolean | undefined
  /**
   * Called when a wait is known, before it starts. This applies to each delay before a retry, to a pause of the rate
   * limiter of more than ten seconds, and to waits for a steady rate. No call waits for an observer: it runs in its own
   * fiber, which is interrupted when the call ends.
   */
  readonly onWait?: ((wait: Wait) => Effect.Effect<void, never, R>) | undefined
  /**
   * Called once for each reply whose head arrived, after the attempt has ended, even if the attempt is repeated. Its
   * duration does not count towards the timeout of the attempt. It can be interrupted, unless the attempt was
   * interrupted.
   */
  readonly onReply?: ((reply: Reply) => Effect.Effect<void, never, R>) | undefined
}

/** The options in force: {@link CallOptions} with the deadline as a time. */
export interface OptionsInForce extends Omit<CallOptions, "deadline" | "timeout"> {
  readonly timeout?: Duration.Duration | undefined
  /** The time of the deadline, in milliseconds since the epoch. */
  readonly deadlineAt?: number | undefined
}

/**
 * The options in force, as {@link withOptions} set them. A layer can set them for a whole program. Default: none.
 *
 * @category context
 */
export const CurrentCallOptions = Context.Reference<OptionsInForce>(
  "@checkpoint-permissions/effect4/CurrentCallOptions",
  { defaultValue: () => ({}) }
)

/**
 * Adds options to the current ones, as the innermost. Observers run with the services of the place where they were set.
 */
function setOptions<Self extends EffectOrStream, R>(self: Self, options: CallOptions<R>): WithRequirements<Self, R>
function setOptions<R>(self: EffectOrStream, options: CallOptions<R>): EffectOrStream {
  const timeout = options?.timeout === undefined ? undefined : durationOf(options.timeout)
  const refusal = refuseCallOptions(options, timeout && Duration.toMillis(timeout))
  if (refusal !== undefined) {
    const refused = Effect.fail(new InvalidInputError({ operation: "make", ...refusal }))
    return Effect.isEffect(self) ? refused : Stream.fromEffect(refused)
  }
  const { deadline = Duration.infinity, onReply, onWait, retry, urgent } = options
  const within = Duration.toMillis(Duration.fromInputUnsafe(deadline))
  const combined = Effect.zipWith(Effect.context<R>(), Clock.currentTimeMillis, (here, now): OptionsInForce => {
    const outer = Context.get(here, CurrentCallOptions)
    return {
      retry: retry && outer.retry && isPolicy(outer.retry) ? policyOf(retry, outer.retry) : (retry ?? outer.retry),
      timeout: timeout ?? outer.timeout,
      deadlineAt: Math.min(outer.deadlineAt ?? Number.POSITIVE_INFINITY, now + within),
      urgent: urgent ?? outer.urgent,
      onWait: both(bound(onWait, here, CurrentCallOptions), outer.onWait),
      onReply: both(bound(onReply, here, CurrentCallOptions), outer.onReply)
    }
  })
  return Effect.isEffect(self)
    ? Effect.provideServiceEffect(self, CurrentCallOptions, combined)
    : Stream.provideServiceEffect(self, CurrentCallOptions, combined)
}

/**
 * Sets options for the calls of an effect or a stream: see {@link CallOptions}. With an unknown name, which the types
 * refuse, nothing is run: the result fails with `InvalidInputError`.
 *
 * @example
 * ```ts effect4
 * import assert from "node:assert/strict"
 * import { CheckpointPermissions, FakePermissions, RetryPolicy } from "@checkpoint-permissions/effect4"
 * import { Effect, Redacted } from "effect"
 *
 * const replies: Array<number> = []
 * await CheckpointPermissions.list("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd").pipe(
 *   CheckpointPermissions.withOptions({
 *     retry: RetryPolicy.none,
 *     onReply: ({ status }) => Effect.sync(() => void replies.push(status))
 *   }),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer()),
 *   Effect.runPromise
 * )
 * assert.deepEqual(replies, [200])
 * ```
 *
 * @category combinators
 */
export const withOptions: {
  <R = never>(options: CallOptions<R>): <Self extends EffectOrStream>(self: Self) => WithRequirements<Self, R>
  <Self extends EffectOrStream, R = never>(self: Self, options: CallOptions<R>): WithRequirements<Self, R>
} = /* @__PURE__ */ dual(2, setOptions)

/** A call that has ended, with a reply or with the error of its last attempt. */
export type Ended<A> = retrying.Finished<A, RequestError>

/**
 * The outcome of a call: its reply, or the error of its last attempt, even if the wait before the next one was
 * interrupted.
 */
export type Outcome = retrying.CallOutcome<PermissionPage, PermissionDeleted, RequestError>

/**
 * The observer that `finishInFlight` sets. If it is set, an attempt in flight runs to completion. It receives the
 * outcome of each call.
 */
export const FinishInFlight = Context.Reference<Observer<Outcome> | undefined>(
  "@checkpoint-permissions/effect4/FinishInFlight",
  { defaultValue: () => undefined }
)

/**
 * Lets every request that was already sent run to completion. An interruption takes effect after the reply or the
 * timeout of that request. Waits for the rate limiter and before a retry can be interrupted wherever `self` can be, by
 * a timeout inside as well as from outside.
 *
 * `onOutcome` receives the outcome of each call before an interruption takes effect. Use it for everything that has to
 * follow a reply, such as writing it to a journal. If a wait before a retry is interrupted, it receives the call with
 * its last error. It does not receive a call that was interrupted before it was sent. Effects after the call inside
 * `self` are interrupted as usual.
 *
 * In an uninterruptible region, such as a finalizer, nothing is interrupted, and the cap of the retry policy bounds the
 * waits. Where calls of this function are nested, the inner `onOutcome` runs first.
 *
 * @category combinators
 */
export const finishInFlight = <A, E, R, R2 = never>(
  self: Effect.Effect<A, E, R>,
  onOutcome?: (outcome: Outcome) => Effect.Effect<void, never, R2>
): Effect.Effect<A, E, R | R2> =>
  Effect.provideServiceEffect(
    self,
    FinishInFlight,
    Effect.map(Effect.context<R2>(), (here) => {
      const outer = Context.get(here, FinishInFlight)
      return both(bound(onOutcome, here, FinishInFlight), outer) ?? (() => Effect.void)
    })
  )
