import {
  CheckpointPermissions,
  type Service,
  type Estimate as Times
} from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Effect from "effect/Effect"
import { countsOf } from "./derive.ts"
import type { AccessPlan, CheckpointPlan } from "./model.ts"

/**
 * What a long piece of work takes, said beforehand.
 *
 * @category models
 */
export interface Estimate extends Times {
  readonly requests: { readonly list: number; readonly create: number; readonly delete: number }
}

const permissionsPerPage = 100

const pages = (permissions: number): number => Math.max(1, Math.ceil(permissions / permissionsPerPage))

const estimateOf = (service: Service, requests: Estimate["requests"]): Effect.Effect<Estimate> =>
  Effect.map(service.estimate(requests), (times) => ({ ...times, requests }))

/** Listings of one checkpoint: before the first write unless its snapshot is used, after creates, after duplicates. */
const listings = ({ found, grants, revokes }: CheckpointPlan, hasSnapshot: boolean): number => {
  const doubled = new Set(
    revokes.flatMap(({ permission, reason }) => (reason === "duplicate" ? [permission.project_id] : []))
  )
  return (
    (hasSnapshot && doubled.size === 0 ? 0 : pages(found.length)) +
    (grants.length === 0 ? 0 : pages(found.length + grants.length)) +
    doubled.size
  )
}

/**
 * How many requests the application of a plan takes if nothing goes wrong on the way, and how long they take by the
 * service's `estimate`.
 *
 * @category estimates
 */
export const estimate = (
  plan: AccessPlan,
  options?: {
    readonly finished?: ReadonlySet<string> | undefined
  }
): Effect.Effect<Estimate, never, CheckpointPermissions> =>
  Effect.flatMap(CheckpointPermissions, (service) => {
    const left = plan.checkpoints.filter(({ checkpoint }) => options?.finished?.has(checkpoint) !== true)
    const { creates, deletes } = countsOf(left, [])
    const list = left.reduce(
      (sum, planned) => sum + listings(planned, plan.snapshots?.checkpoints.has(planned.checkpoint) === true),
      0
    )
    return estimateOf(service, { list, create: creates, delete: deletes })
  })

/**
 * The same for reading so many checkpoints, as `plan` and `audit` do, if none has more permissions than go on a page.
 *
 * @category estimates
 */
export const estimateReading = (checkpoints: number): Effect.Effect<Estimate, never, CheckpointPermissions> =>
  Effect.flatMap(CheckpointPermissions, (service) => estimateOf(service, { list: checkpoints, create: 0, delete: 0 }))
