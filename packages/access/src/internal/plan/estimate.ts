import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { countsOf } from "./derive.ts"
import type { AccessPlan, CheckpointPlan } from "./model.ts"
import { readingOf } from "./plan.ts"

/**
 * What a long piece of work takes, said beforehand.
 *
 * @category models
 * @since 0.1.0
 * @see {@link estimate}
 */
export interface Estimate {
  /** Requests, if none has to be repeated. */
  readonly requests: { readonly list: number; readonly create: number; readonly delete: number }
  /** How long they take at the present pace. */
  readonly duration: Duration.Duration
}

const permissionsPerPage = 100

const pages = (permissions: number): number => Math.max(1, Math.ceil(permissions / permissionsPerPage))

export const estimateOf = (service: Service, requests: Estimate["requests"]): Effect.Effect<Estimate> =>
  Effect.map(service.estimate(requests), (duration) => ({ requests, duration }))

/** The listings of one checkpoint: before the first write unless it was read in this run, after creates, after doubles. */
const listings = ({ found, grants, revokes }: CheckpointPlan, isRead: boolean): number => {
  const doubled = new Set(
    revokes.flatMap(({ permission, reason }) => (reason === "duplicate" ? [permission.project_id] : []))
  )
  return (
    (isRead ? 0 : pages(found.length)) + (grants.length === 0 ? 0 : pages(found.length + grants.length)) + doubled.size
  )
}

/** The requests that applying a plan takes, if nothing goes wrong on the way. */
export const requestsOf = (
  service: Service,
  plan: AccessPlan,
  finished: ReadonlySet<string> = new Set()
): Estimate["requests"] => {
  const left = plan.checkpoints.filter(({ checkpoint }) => !finished.has(checkpoint))
  const { creates, deletes } = countsOf(left, [])
  const list = left.reduce(
    (sum, planned) => sum + listings(planned, readingOf(plan, service, planned.checkpoint) !== undefined),
    0
  )
  return { list, create: creates, delete: deletes }
}
