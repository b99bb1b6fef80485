import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { AccessProgress } from "../../AccessProgress.ts"
import { countsOf } from "./derive.ts"
import type { AccessPlan } from "./model.ts"
import { isFresh } from "./plan.ts"

/**
 * What a long piece of work takes, said beforehand.
 *
 * @category models
 * @since 0.1.0
 */
export interface Estimate {
  /** Requests, if none has to be repeated. */
  readonly requests: { readonly list: number; readonly create: number; readonly delete: number }
  /** How long they take at the present pace. */
  readonly duration: Duration.Duration
}

export const estimateOf = (service: Service, requests: Estimate["requests"]): Effect.Effect<Estimate> =>
  Effect.map(service.estimate(requests), (duration) => ({ requests, duration }))

/** The requests that applying a plan takes, if nothing goes wrong on the way. */
export const requestsOf = (
  service: Service,
  plan: AccessPlan,
  progress: AccessProgress | undefined
): Estimate["requests"] => {
  const done = new Set<string>(progress?.done)
  const left = plan.checkpoints.filter(
    ({ checkpoint, grants, revokes }) => !done.has(checkpoint) && grants.length + revokes.length > 0
  )
  const { creates, deletes } = countsOf(left, [])
  return { list: progress === undefined && isFresh(plan, service) ? 0 : left.length, create: creates, delete: deletes }
}
