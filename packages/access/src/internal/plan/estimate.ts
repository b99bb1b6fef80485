import { CheckpointPermissions, type Estimate as Times } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { defaultMaxSnapshotAge } from "../apply/options.ts"
import { countsOf } from "./derive.ts"
import { type AccessPlan, type CheckpointPlan, grantsIn, planned } from "./steps.ts"
import { validity } from "./validity.ts"

/** The estimated requests and duration of a long operation. */
export interface Estimate extends Times {
  readonly requests: { readonly list: number; readonly create: number; readonly delete: number }
}

const permissionsPerPage = 100

const pages = (permissions: number): number => Math.max(1, Math.ceil(permissions / permissionsPerPage))

/**
 * Counts the listings of a checkpoint: one before writes without a snapshot, one after creates, one after duplicates.
 */
const listings = (plan: CheckpointPlan, hasSnapshot: boolean): number => {
  const [found, steps] = [plan.found.length, planned(plan)]
  const grants = grantsIn(steps).length
  const duplicates = steps.flatMap(({ project, why }) => (why === "duplicate" ? [project] : []))
  return (hasSnapshot ? 0 : pages(found)) + (grants === 0 ? 0 : pages(found + grants)) + new Set(duplicates).size
}

/**
 * Estimates the requests of applying a plan without failures, and their duration by the service's `estimate`. Counts
 * one more listing for a snapshot that will be older than `maxSnapshotAge` when its checkpoint is reached.
 *
 * @category estimates
 */
export const estimate = (
  plan: AccessPlan,
  {
    maxSnapshotAge = defaultMaxSnapshotAge
  }: {
    readonly maxSnapshotAge?: Duration.DurationInput | undefined
  } = {}
): Effect.Effect<Estimate, never, CheckpointPermissions> =>
  Effect.gen(function* () {
    const service = yield* CheckpointPermissions
    const now = yield* Clock.currentTimeMillis
    const maxAge = Duration.toMillis(maxSnapshotAge)
    const { creates, deletes } = countsOf(plan.checkpoints, [])
    /** Returns true if an apply can use the plan's snapshot at a time, as far as the plan shows. */
    const hasSnapshot = (one: CheckpointPlan, at: number): boolean =>
      plan.snapshots?.checkpoints.has(one.checkpoint) === true &&
      validity(one, { by: "plan", permissions: one.found, readFrom: one.readFrom?.epochMillis, maxAge }, at).isUsable
    /** Returns the estimate for an apply that reaches one checkpoint every `each` milliseconds. */
    const estimateAt = (each: number) => {
      const list = plan.checkpoints.reduce(
        (sum, one, index) => sum + listings(one, hasSnapshot(one, now + each * index)),
        0
      )
      const requests = { list, create: creates, delete: deletes }
      return Effect.map(service.estimate(requests), (times) => ({ ...times, requests }))
    }
    const first = yield* estimateAt(0)
    return yield* estimateAt(Duration.toMillis(first.duration) / plan.checkpoints.length)
  })
