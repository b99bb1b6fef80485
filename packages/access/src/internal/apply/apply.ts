import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { snapshotOf } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { AccessStep } from "../../AccessStep.ts"
import type { Snapshot } from "../checkpoint/read.ts"
import type { State } from "../checkpoint/state.ts"
import type { JournalFailed } from "../journal/model.ts"
import type { AccessPlan, CheckpointPlan, PlanRefused } from "../plan/model.ts"
import { resolve } from "../policy/resolve.ts"
import * as Run from "../run/run.ts"
import { applyCheckpoint } from "./checkpoint.ts"
import { type ApplyOptions, defaultMaxSnapshotAge, hasDuplicates, hasSteps } from "./options.ts"
import { type Emit, type Failure, makeSession, stepsOfPlan } from "./session.ts"

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

/** Streams the finished steps of applying a plan. */
export const apply = (
  state: State,
  plan: AccessPlan,
  options: ApplyOptions = {}
): Stream.Stream<AccessStep, PermissionsError | PlanRefused | JournalFailed> => stepsOfPlan(state, plan, options, work)
