import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import type { AccessStep } from "../../AccessStep.ts"
import type { JournalFailed } from "../../Journal.ts"
import { sha256Of } from "../plan/file.ts"
import type { AccessPlan, PlanRefused } from "../plan/model.ts"
import { isFresh } from "../plan/plan.ts"
import { applyCheckpoint } from "./applyCheckpoint.ts"
import type { ApplyOptions } from "./options.ts"
import { unlessRefused } from "./refusal.ts"

type Failure = PermissionsError | PlanRefused | JournalFailed

/**
 * Applies a plan, a few checkpoints at once. The work runs in a fiber of its
 * own, so that a stop can end it while its last steps are still delivered.
 */
export const apply = (service: Service, plan: AccessPlan, options: ApplyOptions): Stream.Stream<AccessStep, Failure> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const planDigest = yield* sha256Of(plan)
      yield* unlessRefused(service, plan, planDigest, options)
      const steps = yield* Queue.unbounded<Take.Take<AccessStep, Failure>>()
      const done = new Set<string>(options.progress?.done)
      const left = plan.checkpoints.filter(({ checkpoint }) => !done.has(checkpoint))
      const fresh = options.progress === undefined && isFresh(plan, service)
      let remaining = left.length

      const emit = (step: AccessStep) =>
        Effect.suspend(() => {
          if (step._tag === "CheckpointFinished") remaining -= 1
          return Effect.asVoid(Queue.offer(steps, Take.of(step)))
        })

      const work = Effect.forEach(
        left,
        (checkpoint) =>
          applyCheckpoint(
            {
              service,
              checkpoint: checkpoint.checkpoint,
              journal: options.journal,
              actor: options.actor,
              planDigest,
              emit
            },
            checkpoint,
            fresh
          ),
        { concurrency: options.concurrency ?? 8, discard: true }
      )
      const stop = Effect.zipRight(options.stop ?? Effect.never, Effect.succeed(true))
      yield* Effect.raceFirst(Effect.as(work, false), stop).pipe(
        Effect.tap((stopped) => (stopped && remaining > 0 ? emit({ _tag: "Stopped", remaining }) : Effect.void)),
        Effect.exit,
        Effect.flatMap((exit) => Queue.offer(steps, Exit.isSuccess(exit) ? Take.end : Take.failCause(exit.cause))),
        Effect.forkScoped
      )
      return Stream.flattenTake(Stream.fromQueue(steps))
    })
  )
