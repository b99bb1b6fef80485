import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import type { Progress } from "../audit/options.ts"
import { read as list, spanOf } from "../checkpoint/read.ts"
import type { State } from "../checkpoint/state.ts"
import { dayOf } from "../policy/ends.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { digest, resolve } from "../policy/resolve.ts"
import * as Run from "../run/run.ts"
import { countsOf, derive, todayOf } from "./derive.ts"
import { type AccessPlan, Snapshots, type Unread } from "./model.ts"

/**
 * How the checkpoints of a plan are read.
 *
 * @category models
 */
export interface PlanOptions {
  readonly concurrency?: number | undefined
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

/** A plan from rows: of a checkpoint without a row that was read to the end nothing is planned. */
export const fromRows = Effect.fnUntraced(function* (
  service: Pick<Service, "server">,
  policy: AccessPolicy,
  createdAt: DateTime.Utc,
  rows: ReadonlyMap<string, Row>,
  owners?: ReadonlyMap<string, ProjectId>
) {
  const wanted = new Map((yield* Effect.orDie(resolve(policy))).map((resolved) => [resolved.checkpoint, resolved]))
  const planned = [...wanted].flatMap(([checkpoint, resolved]) => {
    const row = rows.get(checkpoint)
    return row?.complete === true ? [{ resolved, row }] : []
  })
  const day = dayOf(yield* DateTime.now)
  const today = todayOf(
    day,
    planned.map(({ row }) => row)
  )
  const checkpoints = planned.map(({ resolved, row }) =>
    derive(resolved, row, row.owner ?? owners?.get(resolved.checkpoint), today)
  )
  const unreadRows = [...rows.values()].flatMap((row) => (row.complete ? [] : [row]))
  const unread: ReadonlyArray<Unread> = [
    ...unreadRows.map(({ checkpoint, reason }) => ({ checkpoint, reason })),
    ...[...wanted.keys()].flatMap((checkpoint) => (rows.has(checkpoint) ? [] : [{ checkpoint, reason: "not read" }]))
  ]
  const { apiUrl, organization } = service.server
  const plan: AccessPlan = {
    format: "checkpoint-permissions/plan",
    version: 2,
    createdAt,
    day,
    apiUrl,
    ...(organization === undefined ? {} : { organization }),
    policy,
    policyDigest: yield* digest(policy, { day }),
    counts: countsOf(checkpoints, unread),
    checkpoints,
    unread
  }
  return plan
})

/**
 * A plan from an audit that was saved, without a request: for a report. It is as old as the audit, and `Access.apply`
 * reads each of its checkpoints before it writes. Checkpoints that the audit does not know in full are `unread`.
 *
 * @category constructors
 */
export const fromMatrix: (policy: AccessPolicy, matrix: AccessMatrix) => Effect.Effect<AccessPlan> = Effect.fnUntraced(
  function* (policy, matrix) {
    const resolved = yield* Effect.orDie(resolve(policy))
    const wanted = new Set<string>(resolved.map(({ checkpoint }) => checkpoint))
    // An audit that asked about one project knows no checkpoint in full.
    const rows = matrix.project === undefined ? matrix.rows.filter(({ checkpoint }) => wanted.has(checkpoint)) : []
    return yield* fromRows(
      { server: { apiUrl: matrix.apiUrl, organization: matrix.organization } },
      policy,
      matrix.createdAt,
      new Map(rows.map((row) => [row.checkpoint, row]))
    )
  }
)

/** Lists every checkpoint, and returns each as a row. Fails if nothing could be read. */
const readRows = Effect.fnUntraced(function* (
  service: Service,
  checkpoints: ReadonlyArray<CheckpointId>,
  options: PlanOptions
): Effect.fn.Return<ReadonlyMap<CheckpointId, Row>, PermissionsError, Scope.Scope> {
  const rows = new Map<CheckpointId, Row>()
  let done = 0
  let failed = 0
  const run = yield* Run.make(undefined)

  const readOne = Effect.fnUntraced(function* (checkpoint: CheckpointId) {
    const outcome = yield* Effect.either(list(service, checkpoint))
    if (Either.isRight(outcome)) {
      const { permissions } = outcome.right
      rows.set(checkpoint, { checkpoint, ...spanOf(outcome.right), complete: true, permissions })
    } else {
      const readAt = yield* DateTime.now
      rows.set(checkpoint, { checkpoint, readAt, complete: false, reason: outcome.left.message, permissions: [] })
      failed += 1
    }
    done += 1
    yield* options.onProgress?.({ done, failed, total: checkpoints.length }) ?? Effect.void
    return Either.isLeft(outcome) ? outcome.left : "answered"
  })

  yield* Run.forEachCheckpoint(run, checkpoints, options.concurrency ?? 8, (checkpoint) =>
    Run.unlessHalted(run, readOne(checkpoint))
  )
  const failure = yield* Run.failureOf(run)
  if (failure !== undefined && ![...rows.values()].some(({ complete }) => complete)) return yield* failure
  for (const checkpoint of checkpoints) {
    if (!rows.has(checkpoint)) {
      const reason = `not read: the run ended, ${run.endedBy?.message ?? "stopped"}`
      rows.set(checkpoint, { checkpoint, readAt: yield* DateTime.now, complete: false, reason, permissions: [] })
    }
  }
  return rows
}, Effect.scoped)

/** Lists each checkpoint of a policy and returns the steps from what was found to the policy. */
export const plan = Effect.fnUntraced(function* (state: State, policy: AccessPolicy, options: PlanOptions = {}) {
  const checkpoints = (yield* Effect.orDie(resolve(policy))).map(({ checkpoint }) => checkpoint)
  const createdAt = yield* DateTime.now
  const rows = yield* readRows(state.permissions, checkpoints, options)
  const made = yield* fromRows(state.permissions, policy, createdAt, rows, state.owners)
  const read = [...rows.values()].flatMap(({ checkpoint, complete }) => (complete ? [checkpoint] : []))
  return { ...made, snapshots: new Snapshots(state.token, new Set(read)) }
})
