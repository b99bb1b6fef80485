import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { ownerOf } from "../checkpoint/owners.ts"
import * as Run from "../run/run.ts"
import { checked, earlierRows } from "./input.ts"
import type { AccessMatrix, Row } from "./matrix.ts"
import type { AuditOptions } from "./options.ts"
import { readRow } from "./readRow.ts"

/** Names of both, those given now first. Not assigned one by one: `__proto__` is a name like any other. */
const named = (before: AccessMatrix | undefined, now: AuditOptions["names"]): AccessMatrix["names"] =>
  Object.fromEntries([...Object.entries(before?.names ?? {}), ...Object.entries(now ?? {})])

const ownerIn = (owners: AuditOptions["owners"], checkpoint: string): ProjectId | undefined =>
  owners !== undefined && Object.hasOwn(owners, checkpoint) ? owners[checkpoint] : undefined

/**
 * Reads who can use what: one listing for each checkpoint, and no change.
 *
 * A checkpoint that cannot be read, or not to the end, is unknown in the matrix with the reason, save for what was
 * seen: never "no access".
 *
 * When three checkpoints in a row fail in the same way, the next are tried once each, without retries; after ten in a
 * row no further request is made, and the rest is unknown. So it is at once when the key is not accepted or lacks the
 * scope, the quota is used up, or the rate lets nothing through for as long as the retries last. Fails with that error
 * only if nothing was read. A checkpoint that is not there, that is refused as a bad request, or whose listing cannot
 * be trusted neither counts nor breaks the row: an audit of nothing else is unknown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * assert.match(AccessMatrix.toTable(matrix, { width: 120 }), /proj_search/)
 * ```
 *
 * @category operations
 */
export const audit: (
  checkpoints: ReadonlyArray<CheckpointId>,
  options?: AuditOptions
) => Effect.Effect<AccessMatrix, PermissionsError, CheckpointPermissions> = Effect.fn("Access.audit")(function* (
  checkpoints,
  options = {}
) {
  const service = yield* CheckpointPermissions
  const { concurrency, wanted } = yield* checked(service, checkpoints, options)
  const createdAt = yield* DateTime.now
  const rows = new Map<CheckpointId, Row>()
  const earlier = earlierRows(options)

  const withOwner = (row: Row): Row => {
    const owner = ownerIn(options.owners, row.checkpoint) ?? row.owner ?? ownerOf(service, row.checkpoint)
    return owner === undefined ? row : { ...row, owner }
  }
  const head: Omit<AccessMatrix, "rows"> = {
    format: "checkpoint-permissions/matrix",
    version: 1,
    createdAt,
    apiUrl: service.server.apiUrl,
    ...(service.server.organization === undefined ? {} : { organization: service.server.organization }),
    ...(options.project === undefined ? {} : { project: options.project }),
    names: named(options.previous, options.names),
    projects: [...new Set(options.projects ?? options.previous?.projects ?? [])]
  }
  const matrix = (reason: string): Effect.Effect<AccessMatrix> =>
    Effect.map(DateTime.now, (now) => ({
      ...head,
      rows: wanted.map((checkpoint) => {
        // What an earlier audit saw of it, before that was cut short, is still worth showing.
        const { permissions = [], readAt = now } = earlier.get(checkpoint) ?? {}
        return withOwner(rows.get(checkpoint) ?? { checkpoint, readAt, complete: false, reason, permissions })
      })
    }))
  const soFar = matrix("not read yet")

  for (const checkpoint of wanted) {
    const row = earlier.get(checkpoint)
    if (row?.complete === true) rows.set(checkpoint, row)
  }
  const todo = wanted.filter((checkpoint) => !rows.has(checkpoint))
  const run = yield* Run.make(options.stop)
  const oneByOne = yield* Effect.makeSemaphore(1)
  let done = rows.size
  let failed = 0

  yield* Run.forEachCheckpoint(
    run,
    todo,
    concurrency,
    Effect.fnUntraced(function* (checkpoint) {
      const { outcome, row } = yield* readRow(service, checkpoint, options.project, run)
      rows.set(checkpoint, row)
      if (outcome === "not asked") return outcome
      done += 1
      if (!row.complete) failed += 1
      const progress = { done, failed, total: wanted.length, soFar }
      yield* oneByOne.withPermits(1)(options.onRow?.(withOwner(row), progress) ?? Effect.void)
      return outcome
    })
  )
  const failure = yield* Run.failureOf(run)
  const isAnythingRead = [...rows.values()].some((row) => row.complete || row.permissions.length > 0)
  if (failure !== undefined && !isAnythingRead) return yield* failure
  return yield* matrix(
    run.endedBy === undefined ? "not read: stopped" : `not read: the run ended, ${run.endedBy.message}`
  )
}, Effect.scoped)
