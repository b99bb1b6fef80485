import { CheckpointPermissions, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import type { Progress } from "../audit/options.ts"
import { ownerOf } from "../checkpoint/owners.ts"
import { type Reading, read } from "../checkpoint/read.ts"
import { digest } from "../policy/digest.ts"
import { dayOf } from "../policy/ends.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { resolve } from "../policy/resolve.ts"
import * as Run from "../run/run.ts"
import { countsOf, derive, todayOf } from "./derive.ts"
import type { AccessPlan, Unread } from "./model.ts"

/**
 * How the checkpoints of a plan are read.
 *
 * @category models
 */
export interface PlanOptions {
  readonly concurrency?: number | undefined
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
  /** Receives each row that was read to the end, to save it. */
  readonly onRow?: ((row: Row) => Effect.Effect<void>) | undefined
  /**
   * Rows of an earlier run, which are not read again: for a report. `Access.apply` reads their checkpoints again, as
   * those of a plan that was loaded.
   */
  readonly previous?: ReadonlyArray<Row> | undefined
}

/** The readings that a plan was made from, by the service that made them. Lost when a plan is saved and loaded. */
const readings = new WeakMap<AccessPlan, { readonly service: Service; readonly of: ReadonlyMap<string, Reading> }>()

/** The reading of a checkpoint that a plan was made from in this run. */
export const readingOf = (plan: AccessPlan, service: Service, checkpoint: CheckpointId): Reading | undefined => {
  const known = readings.get(plan)
  return known?.service === service ? known.of.get(checkpoint) : undefined
}

const applied = new WeakSet<AccessPlan>()

/** The same for one apply: what a plan was made from is out of date once it was applied. */
export const takeReadings = (plan: AccessPlan, service: Service) => {
  const isFirst = !applied.has(plan)
  applied.add(plan)
  return (checkpoint: CheckpointId) => (isFirst ? readingOf(plan, service, checkpoint) : undefined)
}

/** A plan from rows: of a checkpoint without a row that was read to the end nothing is planned. */
export const fromRows = Effect.fnUntraced(function* (
  service: Pick<Service, "server">,
  policy: AccessPolicy,
  createdAt: DateTime.Utc,
  rows: ReadonlyMap<string, Row>,
  unwanted?: ReadonlyArray<ProjectId>
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
    derive(resolved, row, row.owner ?? ownerOf(service, resolved.checkpoint), unwanted, today)
  )
  const unreadRows = [...rows.values()].flatMap((row) => (row.complete ? [] : [row]))
  const unread: ReadonlyArray<Unread> = [
    ...unreadRows.map(({ checkpoint, reason }) => ({ checkpoint, reason })),
    ...[...wanted.keys()].flatMap((checkpoint) => (rows.has(checkpoint) ? [] : [{ checkpoint, reason: "not read" }]))
  ]
  const { apiUrl, organization } = service.server
  const plan: AccessPlan = {
    format: "checkpoint-permissions/plan",
    version: 1,
    createdAt,
    day,
    apiUrl,
    ...(organization === undefined ? {} : { organization }),
    policy,
    ...(unwanted === undefined ? {} : { unwanted }),
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

/** What was read: a row of each checkpoint, and the readings of this run behind them. */
interface Rows {
  readonly rows: ReadonlyMap<CheckpointId, Row>
  readonly readings: ReadonlyMap<CheckpointId, Reading>
}

/** Lists every checkpoint, and returns each as a row. Fails if nothing could be read. */
export const readRows = Effect.fnUntraced(function* (
  service: Service,
  checkpoints: ReadonlyArray<CheckpointId>,
  options: PlanOptions
): Effect.fn.Return<Rows, PermissionsError, Scope.Scope> {
  const rows = new Map<CheckpointId, Row>()
  const readings = new Map<CheckpointId, Reading>()
  for (const row of options.previous ?? []) if (row.complete) rows.set(row.checkpoint, row)
  const todo = checkpoints.filter((checkpoint) => !rows.has(checkpoint))
  let done = checkpoints.length - todo.length
  let failed = 0
  const run = yield* Run.make(undefined)

  const readOne = Effect.fnUntraced(function* (checkpoint: CheckpointId) {
    const readFrom = yield* DateTime.now
    const outcome = yield* Effect.either(read(service, checkpoint))
    if (Either.isRight(outcome)) {
      readings.set(checkpoint, outcome.right)
      const { permissions, readAt } = outcome.right
      const row: Row = { checkpoint, readFrom, readAt: DateTime.unsafeMake(readAt), complete: true, permissions }
      rows.set(checkpoint, row)
      yield* options.onRow?.(row) ?? Effect.void
    } else {
      const readAt = yield* DateTime.now
      rows.set(checkpoint, { checkpoint, readAt, complete: false, reason: outcome.left.message, permissions: [] })
      failed += 1
    }
    done += 1
    yield* options.onProgress?.({ done, failed, total: checkpoints.length }) ?? Effect.void
    return Either.isLeft(outcome) ? outcome.left : "answered"
  })

  yield* Run.forEachCheckpoint(run, todo, options.concurrency ?? 8, (checkpoint) =>
    Run.unlessHalted(run, readOne(checkpoint))
  )
  const failure = yield* Run.failureOf(run)
  if (failure !== undefined && ![...rows.values()].some(({ complete }) => complete)) return yield* failure
  for (const checkpoint of todo) {
    if (!rows.has(checkpoint)) {
      const reason = `not read: the run ended, ${run.endedBy?.message ?? "stopped"}`
      rows.set(checkpoint, { checkpoint, readAt: yield* DateTime.now, complete: false, reason, permissions: [] })
    }
  }
  return { rows, readings }
}, Effect.scoped)

/** Keeps the readings that a plan was made from, for an apply in this run. */
export const remember = (plan: AccessPlan, service: Service, read: Rows): AccessPlan => {
  readings.set(plan, { service, of: read.readings })
  return plan
}

/**
 * Compares a policy with what the server has: one listing for each checkpoint of the policy, and no change.
 *
 * A checkpoint that cannot be read is named in the plan's `unread` and left alone. It ends before its time as
 * {@link audit} does, and fails then only if nothing was read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessPlan, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const plan = await AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects: ["proj_a"] } } }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(AccessPlan.isEmpty(plan), true)
 * ```
 *
 * @category operations
 */
export const plan: (
  policy: AccessPolicy,
  options?: PlanOptions
) => Effect.Effect<AccessPlan, PermissionsError, CheckpointPermissions> = Effect.fn("Access.plan")(function* (
  policy,
  options = {}
) {
  const service = yield* CheckpointPermissions
  const checkpoints = (yield* Effect.orDie(resolve(policy))).map(({ checkpoint }) => checkpoint)
  const createdAt = yield* DateTime.now
  const read = yield* readRows(service, checkpoints, options)
  return remember(yield* fromRows(service, policy, createdAt, read.rows), service, read)
})
