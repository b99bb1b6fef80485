import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { AccessStep } from "../../AccessStep.ts"
import type { State } from "../checkpoint/state.ts"
import type { JournalFailed } from "../journal/model.ts"
import type { AccessPlan, CheckpointPlan, PlanRefused } from "../plan/model.ts"
import { resolve } from "../policy/resolve.ts"
import * as Run from "../run/run.ts"
import { applyCheckpoint } from "./checkpoint.ts"
import type { ApplyOptions } from "./options.ts"
import { type Emit, type Failure, makeSession, stepsOf } from "./session.ts"
import { snapshotsOf } from "./snapshot.ts"

/** The work of an apply, which hands each finished step to `emit`. */
const work = Effect.fnUntraced(function* (
  state: State,
  plan: AccessPlan,
  options: ApplyOptions,
  emit: Emit
): Effect.fn.Return<void, Failure, Scope.Scope> {
  const { atCheckpoint, emit: counted, end, run } = yield* makeSession(state, plan, options, emit)
  const snapshotOf = snapshotsOf(state, plan, options.maxSnapshotAge)
  const resolved = yield* Effect.orDie(resolve(plan.policy))
  const modes = new Map(resolved.map(({ checkpoint, mode }) => [checkpoint, mode]))

  const now = yield* Clock.currentTimeMillis
  const isQuiet = (one: CheckpointPlan): boolean =>
    one.grants.length + one.revokes.length === 0 && !state.isInUse(one.checkpoint) && snapshotOf(one, now) !== undefined
  const [changing, quiet] = Arr.partition(plan.checkpoints, isQuiet)
  for (const { checkpoint, readAt, readFrom } of quiet) {
    yield* counted({ _tag: "CheckpointFinished", checkpoint, complete: true, readFrom, readAt })
  }

  const one = (checkpointPlan: CheckpointPlan) => {
    const { checkpoint } = checkpointPlan
    const task = { plan: checkpointPlan, mode: modes.get(checkpoint) ?? "exact", unwanted: plan.unwanted }
    return atCheckpoint(checkpoint, (context, waited) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        applyCheckpoint(context, { ...task, reading: waited ? undefined : snapshotOf(checkpointPlan, now) })
      )
    )
  }

  yield* end(yield* Effect.exit(Run.forEachCheckpoint(run, changing, options.concurrency ?? 8, one)))
}, Effect.scoped)

/** Applies a plan. */
export const apply = (
  state: State,
  plan: AccessPlan,
  options: ApplyOptions = {}
): Stream.Stream<AccessStep, PermissionsError | PlanRefused | JournalFailed> => stepsOf(state, plan, options, work)
