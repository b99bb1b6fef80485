/**
 * How far an apply has come: a value that can be saved and given back.
 *
 * @since 0.1.0
 */
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { type AccessPlan, PlanRefused, sha256Of } from "./AccessPlan.ts"
import type { AccessStep } from "./AccessStep.ts"

/**
 * The checkpoints at which nothing is left to do, and of which plan.
 *
 * @category models
 * @since 0.1.0
 */
export const AccessProgress = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/progress"),
  version: Schema.Literal(1),
  /** SHA-256 of the plan's file. */
  plan: Schema.String,
  done: Schema.Array(CheckpointId)
}).annotations({ identifier: "AccessProgress" })

/**
 * @category models
 * @since 0.1.0
 */
export interface AccessProgress extends Schema.Schema.Type<typeof AccessProgress> {}

/**
 * Nothing done yet.
 *
 * @category constructors
 * @since 0.1.0
 */
export const start = (plan: AccessPlan): Effect.Effect<AccessProgress> =>
  Effect.map(sha256Of(plan), (sha256) => ({
    format: "checkpoint-permissions/progress",
    version: 1,
    plan: sha256,
    done: []
  }))

/**
 * The progress after a step. Only a checkpoint that is finished for good counts;
 * one that was left half-way is read again when the apply is resumed.
 *
 * @example
 * ```ts
 * import { Access, type AccessPlan, AccessProgress } from "@checkpoint-permissions/access"
 * import { Effect, Stream } from "effect"
 *
 * const applied = Effect.fn(function* (plan: AccessPlan.AccessPlan) {
 *   const start = yield* AccessProgress.start(plan)
 *   return yield* Access.apply(plan).pipe(Stream.runFold(start, AccessProgress.advance))
 * })
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const advance = (progress: AccessProgress, step: AccessStep): AccessProgress =>
  step._tag === "CheckpointFinished" && step.complete
    ? { ...progress, done: [...progress.done, step.checkpoint] }
    : progress

const File = Schema.parseJson(AccessProgress)

/**
 * @category files
 * @since 0.1.0
 */
export const toJson = (progress: AccessProgress): string => `${Schema.encodeSync(File)(progress)}\n`

/**
 * Reads a progress file. Fails with `PlanRefused` when it is none.
 *
 * @category files
 * @since 0.1.0
 */
export const fromJson = (text: string): Effect.Effect<AccessProgress, PlanRefused> =>
  Effect.mapError(
    Schema.decode(File)(text),
    (error) =>
      new PlanRefused({
        reason: "progress",
        detail: `the progress cannot be read (${ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message}): begin again without it`
      })
  )
