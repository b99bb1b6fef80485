import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
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
import type { Journal, JournalFailed } from "../journal/model.ts"
import { sha256Of } from "../plan/file.ts"
import type { AccessPlan, CheckpointPlan, PlanRefused } from "../plan/model.ts"
import { takeReadings } from "../plan/plan.ts"
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
      yield* Effect.forkScoped(
        Effect.interruptible(
          Effect.zipRight(
            held.lost,
            Effect.suspend(() => {
              lostLock ??= context.checkpoint
              return Deferred.succeed(run.halted, undefined)
            })
          )
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
        // Whoever leaves the stream ends the work, in an uninterruptible region too.
        Effect.interruptible,
        Effect.forkScoped
      )
      return Stream.flattenTake(Stream.fromQueue(steps))
    })
  )
