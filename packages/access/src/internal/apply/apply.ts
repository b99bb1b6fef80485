import { CheckpointPermissions, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Arr from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import type { AccessStep } from "../../AccessStep.ts"
import * as Lock from "../../Lock.ts"
import type { Context } from "../checkpoint/journaledWrites.ts"
import type { Journal, JournalFailed } from "../journal/model.ts"
import { sha256Of } from "../plan/file.ts"
import type { AccessPlan, CheckpointPlan, PlanRefused } from "../plan/model.ts"
import { takeReadings } from "../plan/plan.ts"
import { resolve } from "../policy/resolve.ts"
import { isFatal } from "../run/breaker.ts"
import * as Run from "../run/run.ts"
import { watch } from "../run/watch.ts"
import { applyInTurn, type Task } from "./checkpoint.ts"
import type { ApplyOptions } from "./options.ts"
import { checkPlan } from "./refusal.ts"

type Failure = PermissionsError | PlanRefused | JournalFailed

/** The work of an apply, which hands each finished step to `emit`. */
const work = Effect.fnUntraced(function* (
  service: Service,
  plan: AccessPlan,
  options: ApplyOptions,
  emit: (step: AccessStep) => Effect.Effect<void>
): Effect.fn.Return<void, Failure, Scope.Scope> {
  const planDigest = yield* sha256Of(plan)
  const readingOf = takeReadings(plan, service)
  const run = yield* Run.make(options.stop)
  const locks = options.locks ?? Lock.none
  const resolved = yield* Effect.orDie(resolve(plan.policy))
  const modes = new Map(resolved.map(({ checkpoint, mode }) => [checkpoint, mode]))
  let remaining = plan.checkpoints.length
  let lostLock: CheckpointId | undefined
  /** What an interrupted fiber fails with is lost, so it is kept from where it happens. */
  let journalFailed: JournalFailed | undefined
  const given = options.journal
  const journal: Journal | undefined = given && {
    write: (entries) =>
      Effect.tapError(given.write(entries), (error) =>
        Effect.sync(() => {
          journalFailed ??= error
        })
      )
  }

  const counted = (step: AccessStep) =>
    Effect.suspend(() => {
      if (step._tag === "CheckpointFinished") remaining -= 1
      return emit(step)
    })

  const locked = (context: Context, task: Task) =>
    Effect.gen(function* () {
      const held = yield* locks.checkpoint(context.checkpoint)
      // Whoever took it over may have changed anything: this run begins no other checkpoint.
      yield* watch(
        Effect.zipRight(
          held.lost,
          Effect.suspend(() => {
            lostLock ??= context.checkpoint
            return Deferred.succeed(run.halted, undefined)
          })
        )
      )
      return yield* applyInTurn(context, task, held.wasHeld)
    }).pipe(
      Effect.scoped,
      Effect.catchTag("Locked", (error) =>
        Effect.zipRight(
          counted({ _tag: "LockedOut", checkpoint: context.checkpoint, reason: error.message }),
          counted({ _tag: "CheckpointFinished", checkpoint: context.checkpoint, complete: false })
        ).pipe(Effect.as("not asked" as const))
      )
    )

  const isQuiet = ({ checkpoint, grants, revokes }: CheckpointPlan): boolean =>
    grants.length + revokes.length === 0 && readingOf(checkpoint) !== undefined
  const [changing, quiet] = Arr.partition(plan.checkpoints, isQuiet)
  for (const { checkpoint, readAt } of quiet) {
    yield* counted({ _tag: "CheckpointFinished", checkpoint, complete: true, readAt })
  }

  const one = (checkpointPlan: CheckpointPlan) => {
    const { checkpoint } = checkpointPlan
    const context: Context = {
      service,
      checkpoint,
      journal,
      actor: options.actor,
      planDigest,
      emit: counted
    }
    const task: Task = {
      plan: checkpointPlan,
      mode: modes.get(checkpoint) ?? "exact",
      unwanted: plan.unwanted,
      reading: readingOf(checkpoint)
    }
    return Run.unlessHalted(run, locked(context, task))
  }

  const ended = yield* Effect.exit(Run.forEachCheckpoint(run, changing, options.concurrency ?? 8, one))
  const error = run.endedBy
  if (remaining > 0) {
    yield* emit({
      _tag: "Stopped",
      remaining,
      ...(error === undefined ? {} : { error }),
      ...(lostLock === undefined ? {} : { lostLock })
    })
  }
  yield* ended
  if (journalFailed !== undefined) return yield* Effect.fail(journalFailed)
  if (error !== undefined && (remaining > 0 || isFatal(error))) return yield* error
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
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
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
 * @since 0.1.0
 */
export const apply = (
  plan: AccessPlan,
  options: ApplyOptions = {}
): Stream.Stream<AccessStep, PermissionsError | PlanRefused | JournalFailed, CheckpointPermissions> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      yield* checkPlan(plan, options)
      const service = yield* CheckpointPermissions
      const steps = yield* Queue.unbounded<Take.Take<AccessStep, Failure>>()
      // In a fiber of its own, so that a stop can end it while its last steps are still delivered.
      yield* work(service, plan, options, (step) => Effect.asVoid(Queue.offer(steps, Take.of(step)))).pipe(
        Effect.exit,
        Effect.flatMap((exit) => Queue.offer(steps, Exit.isSuccess(exit) ? Take.end : Take.failCause(exit.cause))),
        // Whoever leaves the stream ends the work, in an uninterruptible region too.
        Effect.interruptible,
        Effect.forkScoped
      )
      return Stream.flattenTake(Stream.fromQueue(steps))
    })
  )
