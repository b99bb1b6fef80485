import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Row } from "../audit/matrix.ts"
import { ownerOf } from "../checkpoint/owners.ts"
import { read } from "../checkpoint/read.ts"
import { digest } from "../policy/digest.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { resolve } from "../policy/resolve.ts"
import * as Run from "../run/run.ts"
import { countsOf, derive } from "./derive.ts"
import type { AccessPlan, CheckpointPlan, Unread } from "./model.ts"
import type { PlanOptions } from "./options.ts"

/** Plans of which each row was read by a service, and that were not saved and loaded since. */
const fresh = new WeakMap<AccessPlan, Service>()

export const isFresh = (plan: AccessPlan, service: Service): boolean => fresh.get(plan) === service

/** A plan from readings: the rows of checkpoints that were read, and why others were not. */
export const fromRows = Effect.fnUntraced(function* (
  server: Service["server"],
  policy: AccessPolicy,
  createdAt: DateTime.Utc,
  rows: ReadonlyMap<string, Row>,
  reasonOf: (checkpoint: CheckpointId) => string,
  learnedOwner: (checkpoint: CheckpointId) => CheckpointPlan["owner"]
) {
  const checkpoints: Array<CheckpointPlan> = []
  const unread: Array<Unread> = []
  for (const resolved of resolve(policy)) {
    const row = rows.get(resolved.checkpoint)
    if (row?.complete === true) checkpoints.push(derive(resolved, row, learnedOwner(resolved.checkpoint)))
    else unread.push({ checkpoint: resolved.checkpoint, reason: row?.reason ?? reasonOf(resolved.checkpoint) })
  }
  const plan: AccessPlan = {
    format: "checkpoint-permissions/plan",
    version: 1,
    createdAt,
    apiUrl: server.apiUrl,
    ...(server.organization === undefined ? {} : { organization: server.organization }),
    policy,
    policyDigest: yield* digest(policy),
    counts: countsOf(checkpoints, unread),
    checkpoints,
    unread
  }
  return plan
})

/** Lists every checkpoint, and gives each as a row. Fails if nothing could be read. */
export const readRows = Effect.fnUntraced(function* (
  service: Service,
  checkpoints: ReadonlyArray<CheckpointId>,
  options: PlanOptions
): Effect.fn.Return<ReadonlyMap<CheckpointId, Row>, PermissionsError> {
  const rows = new Map<CheckpointId, Row>()
  for (const row of options.previous ?? []) if (row.complete) rows.set(row.checkpoint, row)
  const todo = checkpoints.filter((checkpoint) => !rows.has(checkpoint))
  let done = checkpoints.length - todo.length
  let failed = 0
  const run = yield* Run.make(undefined)

  const readOne = Effect.fnUntraced(function* (checkpoint: CheckpointId) {
    const outcome = yield* Effect.either(read(service, checkpoint))
    if (Either.isRight(outcome)) {
      Run.onAccepted(run, "list")
      const { permissions, readAt } = outcome.right
      const row: Row = { checkpoint, readAt, complete: true, permissions }
      rows.set(checkpoint, row)
      yield* options.onRow?.(row) ?? Effect.void
    } else {
      const readAt = yield* DateTime.now
      rows.set(checkpoint, { checkpoint, readAt, complete: false, reason: outcome.left.message, permissions: [] })
      failed += 1
    }
    done += 1
    yield* options.onProgress?.({ done, failed, total: checkpoints.length }) ?? Effect.void
    return Either.isLeft(outcome) ? outcome.left : undefined
  })

  yield* Run.forEachCheckpoint(run, todo, options.concurrency ?? 8, (checkpoint) =>
    Effect.raceFirst(readOne(checkpoint), Effect.as(Deferred.await(run.halted), undefined))
  )
  if (run.endedBy !== undefined && ![...rows.values()].some(({ complete }) => complete)) return yield* run.endedBy
  for (const checkpoint of todo) {
    if (!rows.has(checkpoint)) {
      const reason = `not read: the run ended, ${run.endedBy?.message ?? "stopped"}`
      rows.set(checkpoint, { checkpoint, readAt: yield* DateTime.now, complete: false, reason, permissions: [] })
    }
  }
  return rows
}, Effect.scoped)

/** Lists every checkpoint of the policy, and derives the steps. */
export const plan = Effect.fnUntraced(function* (service: Service, policy: AccessPolicy, options: PlanOptions) {
  const checkpoints = resolve(policy).map(({ checkpoint }) => checkpoint)
  const createdAt = yield* DateTime.now
  const rows = yield* readRows(service, checkpoints, options)
  const made = yield* fromRows(
    service.server,
    policy,
    createdAt,
    rows,
    () => "not read",
    (checkpoint) => ownerOf(service, checkpoint)
  )
  if ((options.previous ?? []).length === 0) fresh.set(made, service)
  return made
})
