/**
 * An apply that continues if its machine fails. It is a workflow of `@effect/workflow`, and runs on the engine of the
 * application. The engine records each finished part of a confirmed plan, and another worker continues after it.
 *
 * This is a separate module, since `@effect/workflow` is an optional peer that no other module here needs.
 */
import "./internal/installEffect3.ts"
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Activity from "@effect/workflow/Activity"
import * as Workflow from "@effect/workflow/Workflow"
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Access from "./Access.ts"
import * as AccessPlan from "./AccessPlan.ts"
import type { AccessStep } from "./AccessStep.ts"
import { checkLimits } from "./internal/apply/options.ts"
import { countsOf } from "./internal/plan/derive.ts"
import type { PlanLimits } from "./internal/plan/validity.ts"
import { JournalFailed } from "./Journal.ts"

/**
 * The counts of an apply, and each checkpoint that does not match the policy, with the reason.
 */
const Summary = Schema.Struct({
  granted: Schema.Int,
  revoked: Schema.Int,
  /** Checkpoints that matched the policy when they were read. */
  complete: Schema.Int,
  failed: Schema.Array(Schema.Struct({ checkpoint: CheckpointId, reason: Schema.String }))
})

interface Summary extends Schema.Schema.Type<typeof Summary> {}

/** The errors of `Access.apply` as values: a failed run has its reason, and the engine stores no defect. */
const Failure = Schema.Union(PermissionsError, AccessPlan.PlanRefused, JournalFailed)

/**
 * The workflow. `run` is its idempotency key. Pass the result of {@link submit} to its `poll`.
 *
 * @category workflows
 */
export const ApplyPlan = Workflow.make({
  name: "@checkpoint-permissions/access/ApplyPlan",
  payload: { run: Schema.String, parts: Schema.Array(AccessPlan.AccessPlan) },
  success: Summary,
  error: Failure,
  idempotencyKey: ({ run }) => run
})

const reasonOf = (steps: ReadonlyArray<AccessStep>): string => {
  for (const step of steps) {
    if (step._tag === "Failed") return step.error.message
    if (step._tag === "Drifted") return step.differences.join("; ")
  }
  return "the listing after its writes does not match the policy"
}

const count = (steps: ReadonlyArray<AccessStep>, tag: AccessStep["_tag"]): number =>
  steps.filter(({ _tag }) => _tag === tag).length

/** Applies one part, which covers one checkpoint. A stored part has no snapshots, so it reads before it writes. */
const applyPart = Effect.fnUntraced(function* (part: AccessPlan.AccessPlan, maxAge: Duration.DurationInput) {
  const steps = Array.from(yield* Stream.runCollect(Access.apply(part, { maxAge })))
  const ended = steps.filter((step) => step._tag === "CheckpointFinished")
  return {
    granted: count(steps, "Granted"),
    revoked: count(steps, "Revoked"),
    complete: ended.filter(({ complete }) => complete).length,
    failed: ended.flatMap(({ checkpoint, complete }) => (complete ? [] : [{ checkpoint, reason: reasonOf(steps) }]))
  }
})

/** Splits a plan into plans of one checkpoint each. They keep the digest of the whole policy. */
const partsOf = (plan: AccessPlan.AccessPlan): ReadonlyArray<AccessPlan.AccessPlan> =>
  plan.checkpoints.map((part) => ({
    ...plan,
    policy: { version: 1, checkpoints: {} },
    counts: countsOf([part], []),
    checkpoints: [part],
    unread: []
  }))

const sum = (parts: ReadonlyArray<Summary>): Summary => ({
  granted: parts.reduce((total, { granted }) => total + granted, 0),
  revoked: parts.reduce((total, { revoked }) => total + revoked, 0),
  complete: parts.reduce((total, { complete }) => total + complete, 0),
  failed: parts.flatMap(({ failed }) => failed)
})

/**
 * Makes the layer of a worker. It applies one part at a time, across all runs, so that workers need not share a rate
 * limiter. `maxAge` is the largest age of a plan when a part of it begins. Default: 7 days.
 *
 * @example
 * ```ts
 * import { Access } from "@checkpoint-permissions/access"
 * import * as ApplyWorkflow from "@checkpoint-permissions/access/ApplyWorkflow"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FetchHttpClient } from "@effect/platform"
 * import { WorkflowEngine } from "@effect/workflow"
 * import { Layer } from "effect"
 *
 * // On several machines: `ClusterWorkflowEngine.layer` of `@effect/cluster`.
 * const worker = ApplyWorkflow.layer().pipe(
 *   Layer.provide(Access.layer),
 *   Layer.provide(CheckpointPermissions.layerConfig()),
 *   Layer.provide(FetchHttpClient.layer),
 *   Layer.provideMerge(WorkflowEngine.layerMemory)
 * )
 * ```
 *
 * @category layers
 */
export const layer = (
  options: { readonly maxAge?: Duration.DurationInput | undefined } = {}
): Layer.Layer<never, never, Access.Access | WorkflowEngine> =>
  Layer.unwrapEffect(
    Effect.map(Effect.makeSemaphore(1), (semaphore) =>
      ApplyPlan.toLayer(({ parts }) =>
        Effect.map(
          Effect.forEach(parts, (part, index) =>
            Activity.make({
              name: `part-${index}`,
              success: Summary,
              error: Failure,
              execute: semaphore.withPermits(1)(applyPart(part, options.maxAge ?? "7 days"))
            })
          ),
          sum
        )
      )
    )
  )

/**
 * Submits a confirmed plan, and returns the id of its execution. A submission with the same `run` joins the earlier
 * one, even with another plan: pass a new id for each apply. Default: a random one. Fails if the plan exceeds the
 * limits.
 *
 * @category constructors
 */
export const submit = (
  plan: AccessPlan.AccessPlan,
  { run, ...limits }: PlanLimits & { readonly run?: string | undefined } = {}
): Effect.Effect<string, AccessPlan.PlanRefused, WorkflowEngine> =>
  Effect.gen(function* () {
    yield* checkLimits(plan, limits)
    const parts = partsOf(plan)
    const id = run ?? (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)
    return yield* ApplyPlan.execute({ run: id, parts }, { discard: true })
  })
