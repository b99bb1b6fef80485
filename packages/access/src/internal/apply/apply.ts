import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { snapshotOf } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { sha256Of } from "../../AccessPlan.ts"
import type { Snapshot } from "../checkpoint/read.ts"
import type { State } from "../checkpoint/state.ts"
import type { Entry, JournalFailed } from "../journal.ts"
import type { AccessPlan, CheckpointPlan, PlanRefused } from "../plan/steps.ts"
import { validity } from "../plan/validity.ts"
import * as Run from "../run/run.ts"
import { streamSteps } from "../run/until.ts"
import { applyCheckpoint } from "./checkpoint.ts"
import { type ApplyOptions, checkLimits, defaultMaxSnapshotAge, hasWrites } from "./options.ts"
import type { AccessStep } from "./step.ts"

type Failure = PermissionsError | PlanRefused | JournalFailed

type Emit = (step: AccessStep) => Effect.Effect<void>

/** Returns the usable snapshot of a checkpoint, if this `Access` has one. */
const snapshotsOf =
  (state: State, plan: AccessPlan, maxAge: Duration.DurationInput = defaultMaxSnapshotAge) =>
  (planned: CheckpointPlan, now: number): Snapshot | undefined => {
    const { checkpoint, found, readAt, readFrom } = planned
    if (plan.snapshots?.token !== state.token || !plan.snapshots.checkpoints.has(checkpoint)) return
    if (readFrom === undefined) return
    const span = { readFrom: readFrom.epochMillis, readAt: readAt.epochMillis }
    const lastWrite = state.lastWrites.get(checkpoint)
    const read = { by: "plan", permissions: found, readFrom: span.readFrom, lastWrite } as const
    const { isUsable } = validity(planned, { ...read, maxAge: Duration.toMillis(maxAge) }, now)
    return isUsable ? snapshotOf([found], span) : undefined
  }

/**
 * Returns a service that sends the first write alone: other writes wait until the server has answered a write. An error
 * that would affect every other checkpoint ends the run, and no other write is sent.
 */
const firstWriteAlone = Effect.fnUntraced(function* (service: CheckpointPermissions.Service, run: Run.Run) {
  const latch = yield* Effect.makeLatch()
  let isBegun = false
  const guarded = <A, E extends PermissionsError>(write: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const isFirst = !isBegun
      isBegun = true
      return isFirst ? write : latch.whenOpen(write)
    }).pipe(
      CheckpointPermissions.withOptions({
        onReply: ({ status }) => (status === 401 || status === 403 ? Effect.void : Effect.asVoid(latch.open))
      }),
      Effect.onExit((exit) =>
        Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), Run.isFatal) ? Effect.void : latch.open
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

/** Runs an apply, and passes each finished step to `emitStep`. */
const work = Effect.fnUntraced(function* (
  state: State,
  plan: AccessPlan,
  options: ApplyOptions,
  emitStep: Emit
): Effect.fn.Return<void, Failure, Scope.Scope> {
  const { actor, concurrency = 8, journal } = options
  const planDigest = yield* sha256Of(plan)
  const run = yield* Run.make(options.stop)
  const permissions = yield* firstWriteAlone(state.permissions, run)
  const snapshotOf = snapshotsOf(state, plan, options.maxSnapshotAge)
  let remaining = plan.checkpoints.length
  const emit: Emit = (step) =>
    Effect.suspend(() => {
      if (step._tag === "CheckpointFinished") remaining -= 1
      return emitStep(step)
    })
  /** The failures of the journal. Kept here, since the error of an interrupted fiber is lost. */
  const journalFailures: Array<JournalFailed> = []
  const recordFailure = <A>(self: Effect.Effect<A, JournalFailed>) =>
    Effect.tapError(self, (error) => Effect.sync(() => journalFailures.push(error)))
  const context = {
    state: { ...state, permissions },
    journal: journal && { write: (entries: ReadonlyArray<Entry>) => recordFailure(journal.write(entries)) },
    actor,
    planDigest,
    emit
  }

  const now = yield* Clock.currentTimeMillis
  const inUse = yield* state.inUse
  const isUpToDate = (one: CheckpointPlan): boolean =>
    !hasWrites(one) && !inUse.has(one.checkpoint) && snapshotOf(one, now) !== undefined
  const [others, upToDate] = Arr.partition(plan.checkpoints, isUpToDate)
  const [unchanged, changing] = Arr.partition(others, hasWrites)
  for (const { checkpoint, readAt, readFrom } of upToDate) {
    yield* emit({ _tag: "CheckpointFinished", checkpoint, complete: true, readFrom, readAt })
  }

  /** Works on a checkpoint exclusively. Its snapshot is not used if another fiber worked there at the time of the call. */
  const applyOne = (planned: CheckpointPlan) => {
    const { checkpoint } = planned
    const atCheckpoint = state.exclusively(checkpoint)((waited) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const snapshot = waited ? undefined : snapshotOf(planned, now)
        return applyCheckpoint({ ...context, checkpoint }, planned, snapshot)
      })
    )
    return Run.unlessHalted(run, atCheckpoint)
  }
  const ended = yield* Effect.exit(Run.forEachCheckpoint(run, [...changing, ...unchanged], concurrency, applyOne))

  const error = run.endedBy
  if (remaining > 0) yield* emit({ _tag: "Stopped", remaining, error })
  yield* ended
  const [journalFailure] = journalFailures
  if (journalFailure !== undefined) return yield* journalFailure
  if (error !== undefined && (remaining > 0 || Run.isFatal(error))) return yield* error
}, Effect.scoped)

/** Streams the finished steps of applying a plan. Fails with `PlanRefused` if the plan may not be applied. */
export const apply = (state: State, plan: AccessPlan, options: ApplyOptions = {}): Stream.Stream<AccessStep, Failure> =>
  streamSteps((emit) =>
    Effect.zipRight(checkLimits(plan, options, state.permissions.server), work(state, plan, options, emit))
  )
