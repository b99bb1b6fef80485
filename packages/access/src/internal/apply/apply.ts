import type { CheckpointPermissions, Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { AccessStep } from "../../AccessStep.ts"
import type { JournalFailed } from "../journal/model.ts"
import type { AccessPlan, CheckpointPlan, PlanRefused } from "../plan/model.ts"
import { takeReadings } from "../plan/plan.ts"
import { resolve } from "../policy/resolve.ts"
import * as Run from "../run/run.ts"
import { applyCheckpoint, type Task } from "./checkpoint.ts"
import type { ApplyOptions } from "./options.ts"
import { type Emit, type Failure, makeSession, stepsOf } from "./session.ts"

/** The work of an apply, which hands each finished step to `emit`. */
const work = Effect.fnUntraced(function* (
  service: Service,
  plan: AccessPlan,
  options: ApplyOptions,
  emit: Emit
): Effect.fn.Return<void, Failure, Scope.Scope> {
  const { atCheckpoint, emit: counted, end, run } = yield* makeSession(service, plan, options, emit)
  const readingOf = takeReadings(plan, service)
  const resolved = yield* Effect.orDie(resolve(plan.policy))
  const modes = new Map(resolved.map(({ checkpoint, mode }) => [checkpoint, mode]))

  const isQuiet = ({ checkpoint, grants, revokes }: CheckpointPlan): boolean =>
    grants.length + revokes.length === 0 && readingOf(checkpoint) !== undefined
  const [changing, quiet] = Arr.partition(plan.checkpoints, isQuiet)
  for (const { checkpoint, readAt } of quiet) {
    yield* counted({ _tag: "CheckpointFinished", checkpoint, complete: true, readAt })
  }

  const one = (checkpointPlan: CheckpointPlan) => {
    const { checkpoint } = checkpointPlan
    const task: Task = {
      plan: checkpointPlan,
      mode: modes.get(checkpoint) ?? "exact",
      unwanted: plan.unwanted,
      reading: readingOf(checkpoint)
    }
    // What the plan read is out of date if somebody else was at the checkpoint meanwhile.
    return atCheckpoint(checkpoint, (context, wasHeld) =>
      applyCheckpoint(context, wasHeld ? { ...task, reading: undefined } : task)
    )
  }

  yield* end(yield* Effect.exit(Run.forEachCheckpoint(run, changing, options.concurrency ?? 8, one)))
}, Effect.scoped)

/**
 * Applies a plan: a stream of what is done, step by step.
 *
 * Grants of a checkpoint come before its revokes, which are left out if a grant failed: one create for each 100
 * projects, one delete for each permission, and one listing after the creates of a checkpoint. That listing settles
 * doubles and is the verdict: `CheckpointFinished` says when it was read.
 *
 * Nothing is deleted that the plan does not show, apart from doubles of what it grants. A double is deleted only right
 * after a reading that shows the older permission beside it.
 *
 * A checkpoint that the plan did not read in this run, as in a plan that was loaded, is read before its first write.
 * What the plan's steps do not explain is drift: the checkpoint is left as it is (`Drifted`).
 *
 * The failure of one checkpoint is a step and does not stop the others. When three in a row fail in the same way, the
 * next are tried once each, without retries; after ten in a row the apply ends with `Stopped`, and the stream fails
 * with that error. So it does at once when the key is not accepted or lacks the scope, the quota is used up, or the
 * rate lets nothing through for as long as the retries last. It fails with `PlanRefused` before anything is done, and
 * with `JournalFailed` when a line cannot be written. An interruption, too, lets requests in flight finish and be
 * written down.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted, Stream } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const steps = await AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects: ["proj_a"] } } }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.flatMap((plan) => Stream.runCollect(Access.apply(plan, { maxRevokes: 10 }))),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(
 *   Array.from(steps, (step) => step._tag),
 *   ["Granted", "Revoked", "CheckpointFinished"]
 * )
 * ```
 *
 * @category operations
 */
export const apply = (
  plan: AccessPlan,
  options: ApplyOptions = {}
): Stream.Stream<AccessStep, PermissionsError | PlanRefused | JournalFailed, CheckpointPermissions> =>
  stepsOf(plan, options, work)
