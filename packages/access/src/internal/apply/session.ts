/** The shared state of an apply's checkpoints, and the end of an apply. */

import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import type { AccessStep } from "../../AccessStep.ts"
import type { State } from "../checkpoint/state.ts"
import type { Context } from "../checkpoint/writes.ts"
import type { Journal, JournalFailed } from "../journal/model.ts"
import { sha256Of } from "../plan/file.ts"
import type { AccessPlan, PlanRefused } from "../plan/model.ts"
import * as Run from "../run/run.ts"
import { isFatal, type Outcome } from "../run/run.ts"
import { type ApplyOptions, checkForServer } from "./options.ts"

export type Failure = PermissionsError | PlanRefused | JournalFailed

/** Emits a finished step. */
export type Emit = (step: AccessStep) => Effect.Effect<void>

/**
 * Streams the steps that an effect emits. The effect runs in its own fiber, so that a stop can interrupt it while its
 * last steps are delivered.
 */
export const streamSteps = <Step, E>(
  work: (emit: (step: Step) => Effect.Effect<void>) => Effect.Effect<void, E>
): Stream.Stream<Step, E> =>
  Effect.gen(function* () {
    const steps = yield* Queue.unbounded<Take.Take<Step, E>>()
    yield* work((step) => Effect.asVoid(Queue.offer(steps, Take.of(step)))).pipe(
      Effect.exit,
      Effect.flatMap((exit) => Queue.offer(steps, Exit.isSuccess(exit) ? Take.end : Take.failCause(exit.cause))),
      // If the consumer leaves the stream, the effect is interrupted, also in an uninterruptible region.
      Effect.interruptible,
      Effect.forkScoped
    )
    return Stream.flattenTake(Stream.fromQueue(steps))
  }).pipe(Stream.unwrapScoped)

/** Streams the steps of a plan. Fails with `PlanRefused` if the plan may not be applied. */
export const stepsOfPlan = <Options extends ApplyOptions>(
  state: State,
  plan: AccessPlan,
  options: Options,
  work: (state: State, plan: AccessPlan, options: Options, emit: Emit) => Effect.Effect<void, Failure>
): Stream.Stream<AccessStep, Failure> =>
  streamSteps((emit) =>
    Effect.zipRight(checkForServer(state.permissions.server, plan, options), work(state, plan, options, emit))
  )

/**
 * Returns a service that sends the first write alone, until the server has answered a write. An error that would affect
 * every other checkpoint ends the run, and no other write is sent.
 */
const firstWriteAlone = Effect.fnUntraced(function* (service: CheckpointPermissions.Service, run: Run.Run) {
  const open = yield* Deferred.make<void>()
  let isBegun = false
  const guarded = <A, E extends PermissionsError>(write: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const isFirst = !isBegun
      isBegun = true
      return isFirst ? write : Effect.zipRight(Deferred.await(open), write)
    }).pipe(
      CheckpointPermissions.withOptions({
        onReply: ({ status }) =>
          status === 401 || status === 403 ? Effect.void : Effect.asVoid(Deferred.succeed(open, undefined))
      }),
      Effect.onExit((exit) =>
        Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), isFatal)
          ? Effect.void
          : Deferred.succeed(open, undefined)
      ),
      // the run interrupts waiting fibers
      Effect.catchIf(isFatal, (error) => Effect.zipRight(Run.end(run, error), Effect.never))
    )
  return {
    ...service,
    create: (checkpoint, projects) => guarded(service.create(checkpoint, projects)),
    delete: (checkpoint, permission) => guarded(service.delete(checkpoint, permission))
  } satisfies CheckpointPermissions.Service
})

export const makeSession = Effect.fnUntraced(function* (
  state: State,
  plan: AccessPlan,
  options: ApplyOptions,
  emit: Emit
) {
  const planDigest = yield* sha256Of(plan)
  const run = yield* Run.make(options.stop)
  const permissions = yield* firstWriteAlone(state.permissions, run)
  let remaining = plan.checkpoints.length
  /** The first failure of the journal. Kept here, since the error of an interrupted fiber is lost. */
  let journalFailed: JournalFailed | undefined
  const recordFailure = <A>(self: Effect.Effect<A, JournalFailed>) =>
    Effect.tapError(self, (error) =>
      Effect.sync(() => {
        journalFailed ??= error
      })
    )
  const { journal: journalOption, onBefore } = options
  const journal: Journal | undefined = journalOption && {
    write: (entries) => recordFailure(journalOption.write(entries))
  }

  const emitCounted: Emit = (step) =>
    Effect.suspend(() => {
      if (step._tag === "CheckpointFinished") remaining -= 1
      return emit(step)
    })

  /**
   * Works on a checkpoint exclusively, until the run is halted. `waited` is true if another fiber worked on it at the
   * time of the call.
   */
  const atCheckpoint = (
    checkpoint: CheckpointId,
    use: (context: Context, waited: boolean) => Effect.Effect<Outcome, JournalFailed>
  ): Effect.Effect<Outcome, JournalFailed> => {
    const context: Context = {
      state: { ...state, permissions },
      checkpoint,
      journal,
      actor: options.actor,
      planDigest,
      emit: emitCounted,
      onBefore: onBefore && ((found) => recordFailure(onBefore(checkpoint, found)))
    }
    return Run.unlessHalted(
      run,
      state.exclusively(checkpoint)((waited) => use(context, waited))
    )
  }

  /** Emits the number of unfinished checkpoints, and fails with the error that ended the run, if any. */
  const end = Effect.fnUntraced(function* (ended: Exit.Exit<void, JournalFailed>): Effect.fn.Return<void, Failure> {
    const error = run.endedBy
    if (remaining > 0) {
      yield* emit({ _tag: "Stopped", remaining, error })
    }
    yield* ended
    if (journalFailed !== undefined) return yield* Effect.fail(journalFailed)
    if (error !== undefined && (remaining > 0 || isFatal(error))) return yield* error
  })

  return { run, emit: emitCounted, atCheckpoint, end }
})
