import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { snapshotOf } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { AccessStep } from "../../AccessStep.ts"
import type { Snapshot } from "../checkpoint/read.ts"
import type { State } from "../checkpoint/state.ts"
import type { Context } from "../checkpoint/writes.ts"
import type { Journal, JournalFailed } from "../journal/model.ts"
import { sha256Of } from "../plan/file.ts"
import type { AccessPlan, CheckpointPlan, PlanRefused } from "../plan/model.ts"
import { resolve } from "../policy/resolve.ts"
import * as Run from "../run/run.ts"
import { streamSteps } from "../run/until.ts"
import { applyCheckpoint } from "./checkpoint.ts"
import { type ApplyOptions, checkForServer, defaultMaxSnapshotAge, hasDuplicates, hasSteps } from "./options.ts"

type Failure = PermissionsError | PlanRefused | JournalFailed

/** Emits a finished step. */
type Emit = (step: AccessStep) => Effect.Effect<void>

/**
 * Returns the usable snapshot of a checkpoint, if there is one. It is not usable if this `Access` did not read it or
 * has written there since. It is also not usable if it is too old, or if a project has several permissions.
 */
const snapshotsOf = (
  state: State,
  { snapshots }: AccessPlan,
  maxAge: Duration.DurationInput = defaultMaxSnapshotAge
): ((checkpoint: CheckpointPlan, now: number) => Snapshot | undefined) => {
  const maxMillis = Duration.toMillis(maxAge)
  return (planned, now) => {
    const { checkpoint, found, readAt, readFrom } = planned
    if (hasSteps(planned) && hasDuplicates(found)) return
    if (snapshots?.token !== state.token || !snapshots.checkpoints.has(checkpoint) || readFrom === undefined) return
    const span = { readFrom: DateTime.toEpochMillis(readFrom), readAt: DateTime.toEpochMillis(readAt) }
    const age = now - span.readFrom
    // A negative age means that the clock was set back.
    if (age < 0 || age >= maxMillis) return
    if (span.readFrom <= (state.lastWrites.get(checkpoint) ?? Number.NEGATIVE_INFINITY)) return
    return snapshotOf([found], span)
  }
}

/**
 * Returns a service that sends the first write alone: other writes wait until the server has answered a write. An error
 * that would affect every other checkpoint ends the run, and no other write is sent.
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
        Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), Run.isFatal)
          ? Effect.void
          : Deferred.succeed(open, undefined)
      ),
      // the run interrupts waiting fibers
      Effect.catchIf(Run.isFatal, (error) => Effect.zipRight(Run.end(run, error), Effect.never))
    )
  return {
    ...service,
    create: (checkpoint, projects) => guarded(service.create(checkpoint, projects)),
    delete: (checkpoint, permission) => guarded(service.delete(checkpoint, permission))
  } satisfies CheckpointPermissions.Service
})

/** Makes the shared state of an apply's checkpoints, and the effect that ends the apply. */
const makeSession = Effect.fnUntraced(function* (state: State, plan: AccessPlan, options: ApplyOptions, emit: Emit) {
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
    use: (context: Context, waited: boolean) => Effect.Effect<Run.Outcome, JournalFailed>
  ): Effect.Effect<Run.Outcome, JournalFailed> => {
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
    if (error !== undefined && (remaining > 0 || Run.isFatal(error))) return yield* error
  })

  return { run, emit: emitCounted, atCheckpoint, end }
})

/** Runs an apply, and passes each finished step to `emit`. */
const work = Effect.fnUntraced(function* (
  state: State,
  plan: AccessPlan,
  options: ApplyOptions,
  emit: Emit
): Effect.fn.Return<void, Failure, Scope.Scope> {
  const { atCheckpoint, emit: emitStep, end, run } = yield* makeSession(state, plan, options, emit)
  const snapshotOf = snapshotsOf(state, plan, options.maxSnapshotAge)
  const resolved = yield* Effect.orDie(resolve(plan.policy))
  const modes = new Map(resolved.map(({ checkpoint, mode }) => [checkpoint, mode]))

  const now = yield* Clock.currentTimeMillis
  const isUpToDate = (one: CheckpointPlan): boolean =>
    !hasSteps(one) && !state.isInUse(one.checkpoint) && snapshotOf(one, now) !== undefined
  const [others, upToDate] = Arr.partition(plan.checkpoints, isUpToDate)
  const [unchanged, changing] = Arr.partition(others, hasSteps)
  for (const { checkpoint, readAt, readFrom } of upToDate) {
    yield* emitStep({ _tag: "CheckpointFinished", checkpoint, complete: true, readFrom, readAt })
  }

  const one = (checkpointPlan: CheckpointPlan) => {
    const { checkpoint } = checkpointPlan
    const task = { plan: checkpointPlan, mode: modes.get(checkpoint) ?? "exact" }
    return atCheckpoint(checkpoint, (context, waited) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        applyCheckpoint(context, { ...task, snapshot: waited ? undefined : snapshotOf(checkpointPlan, now) })
      )
    )
  }

  yield* end(yield* Effect.exit(Run.forEachCheckpoint(run, [...changing, ...unchanged], options.concurrency ?? 8, one)))
}, Effect.scoped)

/** Streams the finished steps of applying a plan. Fails with `PlanRefused` if the plan may not be applied. */
export const apply = (state: State, plan: AccessPlan, options: ApplyOptions = {}): Stream.Stream<AccessStep, Failure> =>
  streamSteps((emit) =>
    Effect.zipRight(checkForServer(state.permissions.server, plan, options), work(state, plan, options, emit))
  )
