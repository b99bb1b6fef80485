import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import type { AccessStep } from "../../AccessStep.ts"
import * as Lock from "../../Lock.ts"
import type { JournalFailed } from "../journal/model.ts"
import { sha256Of } from "../plan/file.ts"
import type { AccessPlan, PlanRefused } from "../plan/model.ts"
import { readingOf } from "../plan/plan.ts"
import { resolve } from "../policy/resolve.ts"
import { isFatal } from "../run/breaker.ts"
import * as Run from "../run/run.ts"
import { applyInTurn, type Task } from "./checkpoint.ts"
import type { Context } from "./journaledWrites.ts"
import type { ApplyOptions } from "./options.ts"
import { unlessRefused } from "./refusal.ts"

type Failure = PermissionsError | PlanRefused | JournalFailed

/** The work of an apply, which hands each finished step to `emit`. */
const work = Effect.fnUntraced(function* (
  service: Service,
  plan: AccessPlan,
  options: ApplyOptions,
  emit: (step: AccessStep) => Effect.Effect<void>
): Effect.fn.Return<void, Failure, Scope.Scope> {
  const planDigest = yield* sha256Of(plan)
  const run = yield* Run.make(options.stop)
  const locks = options.locks ?? Lock.none
  const modes = new Map(resolve(plan.policy).map(({ checkpoint, mode }) => [checkpoint, mode]))
  let remaining = plan.checkpoints.length

  const counted = (step: AccessStep) =>
    Effect.suspend(() => {
      if (step._tag === "CheckpointFinished") remaining -= 1
      return emit(step)
    })

  const locked = (context: Context, task: Task) =>
    Effect.gen(function* () {
      const held = yield* locks.checkpoint(context.checkpoint)
      // Whoever took it over may have changed anything: this run begins no other checkpoint.
      yield* Effect.forkScoped(Effect.zipRight(held.lost, Deferred.succeed(run.halted, undefined)))
      return yield* applyInTurn(context, run, task)
    }).pipe(
      Effect.scoped,
      Effect.catchTag("Locked", (error) =>
        Effect.zipRight(
          counted({ _tag: "LockedOut", checkpoint: context.checkpoint, reason: error.message }),
          counted({ _tag: "CheckpointFinished", checkpoint: context.checkpoint, complete: false })
        ).pipe(Effect.as(undefined))
      )
    )

  const one = (checkpointPlan: AccessPlan["checkpoints"][number]) => {
    const { checkpoint, grants, readAt, revokes } = checkpointPlan
    const reading = readingOf(plan, service, checkpoint)
    if (reading !== undefined && grants.length === 0 && revokes.length === 0) {
      return Effect.as(counted({ _tag: "CheckpointFinished", checkpoint, complete: true, readAt }), undefined)
    }
    const context: Context = {
      service,
      checkpoint,
      journal: options.journal,
      actor: options.actor,
      planDigest,
      emit: counted
    }
    const task: Task = { plan: checkpointPlan, mode: modes.get(checkpoint) ?? "exact", reading }
    return Effect.raceFirst(locked(context, task), Effect.as(Deferred.await(run.halted), undefined))
  }

  const ended = yield* Effect.exit(Run.forEachCheckpoint(run, plan.checkpoints, options.concurrency ?? 8, one))
  const error = run.endedBy
  if (remaining > 0 && Exit.isSuccess(ended)) {
    yield* emit({ _tag: "Stopped", remaining, ...(error === undefined ? {} : { error }) })
  }
  yield* ended
  if (error !== undefined && (remaining > 0 || isFatal(error))) return yield* error
}, Effect.scoped)

/**
 * Applies a plan, a few checkpoints at once. The work runs in a fiber of its
 * own, so that a stop can end it while its last steps are still delivered.
 */
export const apply = (service: Service, plan: AccessPlan, options: ApplyOptions): Stream.Stream<AccessStep, Failure> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      yield* unlessRefused(service, plan, options)
      const steps = yield* Queue.unbounded<Take.Take<AccessStep, Failure>>()
      yield* work(service, plan, options, (step) => Effect.asVoid(Queue.offer(steps, Take.of(step)))).pipe(
        Effect.exit,
        Effect.flatMap((exit) => Queue.offer(steps, Exit.isSuccess(exit) ? Take.end : Take.failCause(exit.cause))),
        Effect.forkScoped
      )
      return Stream.flattenTake(Stream.fromQueue(steps))
    })
  )
