import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { forEach, forkInBackground, interruptWhen } from "./until.ts"

/** The number of failures of the same kind in a row, in the order in which checkpoints end, and their error. */
export interface Breaker {
  readonly consecutive: number
  readonly error: PermissionsError | undefined
}

export const closed: Breaker = { consecutive: 0, error: undefined }

/** The number of failures in a row after which the next checkpoints are tried once each. */
const tryOnceAfter = 3

const endAfter = 10

/** Returns true for a failure of one checkpoint that says nothing about the next one. */
export const affectsOneCheckpoint = (error: PermissionsError): boolean =>
  error._tag === "NotFoundError" || error._tag === "BadRequestError" || error._tag === "IncompleteListingError"

export const isFatal = (error: PermissionsError): boolean =>
  error._tag === "AuthenticationError" || error._tag === "MissingScopeError" || error._tag === "QuotaExhaustedError"

/** The result of a checkpoint: the server answered (`answered`), no request was sent (`not asked`), or it failed. */
export type Outcome = "answered" | "not asked" | PermissionsError

export const afterCheckpoint = (breaker: Breaker, outcome: Outcome): Breaker => {
  if (outcome === "answered") return closed
  if (outcome === "not asked" || affectsOneCheckpoint(outcome)) return breaker
  const { error, consecutive } = breaker
  const isSame = error?._tag === outcome._tag && error.status === outcome.status
  return { error: outcome, consecutive: isSame ? consecutive + 1 : 1 }
}

/** Returns the way to process the next checkpoint: with retries, with one attempt, or not at all. */
export const next = ({ consecutive }: Breaker): "retry" | "once" | "end" =>
  consecutive >= endAfter ? "end" : consecutive >= tryOnceAfter ? "once" : "retry"

type Operation = PermissionsError["operation"]

/** A long operation over many checkpoints. */
export interface Run {
  /** Completes when no further request may be sent. */
  readonly halted: Deferred.Deferred<void>
  /** The number of requests of each operation with a reply other than a 429. */
  readonly accepted: Map<Operation, number>
  breaker: Breaker
  endedBy: PermissionsError | undefined
}

/** Makes a run that ends when `stop` completes, even with a failure. */
export const make = Effect.fnUntraced(function* (
  stop: Effect.Effect<unknown> | undefined
): Effect.fn.Return<Run, never, Scope.Scope> {
  const halted = yield* Deferred.make<void>()
  if (stop !== undefined) {
    yield* forkInBackground(Effect.ensuring(stop, Deferred.succeed(halted, undefined)))
    // A `stop` that has already completed ends the run before its first request.
    yield* Effect.yieldNow()
  }
  return { halted, accepted: new Map(), breaker: closed, endedBy: undefined }
})

export const end = (run: Run, error: PermissionsError): Effect.Effect<void> =>
  Effect.suspend(() => {
    run.endedBy ??= error
    return Effect.asVoid(Deferred.succeed(run.halted, undefined))
  })

/**
 * Returns the error of a run without a result. Returns none if it was stopped, or if each checkpoint failed for a
 * reason of its own.
 */
export const failureOf = (run: Run): Effect.Effect<PermissionsError | undefined> =>
  Effect.map(Deferred.isDone(run.halted), (isHalted) => run.endedBy ?? (isHalted ? undefined : run.breaker.error))

/**
 * Returns true if an outcome shows that no other checkpoint can succeed. `before` is the number of replies when this
 * checkpoint began. `isRetried` is true if its calls were retried.
 */
const endsRun = (
  { accepted }: Run,
  error: PermissionsError,
  before: ReadonlyMap<Operation, number>,
  isRetried: boolean
): boolean => {
  // a deadline ends every other checkpoint too, with an error that says so
  if (error.endedByDeadline === true) return true
  switch (error._tag) {
    case "RateLimitError":
      return isRetried && accepted.get(error.operation) === before.get(error.operation)
    case "ConnectionError":
      return accepted.size === 0
    default:
      return isFatal(error)
  }
}

/** Runs an effect until the run is halted. After that, the effect does not start. */
export const interruptWhenHalted = <A, E, R>(
  { halted }: Run,
  self: Effect.Effect<A, E, R>
): Effect.Effect<Option.Option<A>, E, R> =>
  Effect.flatMap(Deferred.isDone(halted), (isHalted) =>
    isHalted ? Effect.succeedNone : interruptWhen(Deferred.await(halted), self)
  )

export const unlessHalted = <E, R>(run: Run, work: Effect.Effect<Outcome, E, R>): Effect.Effect<Outcome, E, R> =>
  Effect.map(
    interruptWhenHalted(run, work),
    Option.getOrElse(() => "not asked" as const)
  )

/** Works on a few checkpoints concurrently, until the run is halted. Errors of one kind in a row end the run. */
export const forEachCheckpoint = <A, E, R>(
  run: Run,
  checkpoints: ReadonlyArray<A>,
  concurrency: number,
  work: (checkpoint: A) => Effect.Effect<Outcome, E, R>
): Effect.Effect<void, E, R> => {
  const count = ({ operation, status }: CheckpointPermissions.Reply) =>
    Effect.sync(() => {
      if (status !== 429) run.accepted.set(operation, (run.accepted.get(operation) ?? 0) + 1)
    })
  const workOn = Effect.fnUntraced(function* (checkpoint: A) {
    if (yield* Deferred.isDone(run.halted)) return
    const before = new Map(run.accepted)
    const isRetried = next(run.breaker) !== "once"
    const outcome = yield* CheckpointPermissions.withOptions(work(checkpoint), {
      onReply: count,
      retry: isRetried ? undefined : RetryPolicy.none
    })
    run.breaker = afterCheckpoint(run.breaker, outcome)
    const { error } = run.breaker
    if (error !== undefined && next(run.breaker) === "end") yield* end(run, error)
    if (typeof outcome !== "string" && endsRun(run, outcome, before, isRetried)) yield* end(run, outcome)
  })
  return Effect.asVoid(forEach(checkpoints, concurrency, workOn))
}
