import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { stopsAll } from "../apply/applyCheckpoint.ts"
import { ownerOf } from "../checkpoint/owners.ts"
import { readAll } from "../checkpoint/readCheckpoint.ts"
import { digest } from "../policy/digest.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { resolve } from "../policy/resolve.ts"
import { countsOf, derive } from "./derive.ts"
import type { AccessPlan } from "./model.ts"

/**
 * How far a long reading has come.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  /** Checkpoints read, or found unreadable. */
  readonly done: number
  readonly total: number
}

/**
 * @category models
 * @since 0.1.0
 */
export interface PlanOptions {
  /** Checkpoints that are read at the same time. Default: 8. */
  readonly concurrency?: number | undefined
  /** Told after each checkpoint. */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

/** Plans that were made by a service and not saved and loaded since: what they found is what there is. */
const fresh = new WeakMap<AccessPlan, Service>()

export const isFresh = (plan: AccessPlan, service: Service): boolean => fresh.get(plan) === service

/** A listing that fails like this fails for every checkpoint. */
const hopeless = (error: PermissionsError): boolean => stopsAll(error) || error._tag === "ConnectionFailed"

/** Lists every checkpoint of the policy, and derives the steps. */
export const plan = Effect.fnUntraced(function* (service: Service, policy: AccessPolicy, options: PlanOptions) {
  const wanted = resolve(policy)
  const createdAt = yield* DateTime.now
  let read = 0
  const listed = yield* Effect.forEach(
    wanted,
    (resolved) =>
      readAll(service, resolved.checkpoint).pipe(
        Effect.map((found) => derive(resolved, found, ownerOf(service, resolved.checkpoint))),
        Effect.either,
        Effect.flatMap((result) => {
          if (Either.isLeft(result) && hopeless(result.left)) return Effect.fail(result.left)
          read += 1
          return Effect.as(options.onProgress?.({ done: read, total: wanted.length }) ?? Effect.void, {
            checkpoint: resolved.checkpoint,
            result
          })
        })
      ),
    { concurrency: options.concurrency ?? 8 }
  )
  const checkpoints = listed.flatMap(({ result }) => (Either.isRight(result) ? [result.right] : []))
  const unread = listed.flatMap(({ checkpoint, result }) =>
    Either.isLeft(result) ? [{ checkpoint, reason: result.left.message }] : []
  )
  const made: AccessPlan = {
    format: "checkpoint-permissions/plan",
    version: 1,
    createdAt,
    apiUrl: service.server.apiUrl,
    ...(service.server.organization === undefined ? {} : { organization: service.server.organization }),
    policy,
    policyDigest: yield* digest(policy),
    counts: countsOf(checkpoints, unread),
    checkpoints,
    unread
  }
  fresh.set(made, service)
  return made
})
