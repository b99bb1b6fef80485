import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { State } from "../checkpoint/state.ts"
import * as Run from "../run/run.ts"
import { checkInput } from "./input.ts"
import type { AccessMatrix, Row } from "./matrix.ts"
import type { AuditOptions } from "./options.ts"
import { readRow } from "./readRow.ts"

/** Lists checkpoints into a matrix. */
export const audit = Effect.fnUntraced(function* (
  { owners: ownersFromRefusals, permissions: service }: State,
  checkpoints: ReadonlyArray<string>,
  options: AuditOptions = {}
): Effect.fn.Return<AccessMatrix, PermissionsError, Scope.Scope> {
  const { concurrency, owners, project, projects, requested } = yield* checkInput(checkpoints, options)
  const createdAt = yield* DateTime.now
  const rows = new Map<CheckpointId, Row>()

  const withOwner = (row: Row): Row => {
    const owner = owners.get(row.checkpoint) ?? row.owner ?? ownersFromRefusals.get(row.checkpoint)
    return owner === undefined ? row : { ...row, owner }
  }
  const head: Omit<AccessMatrix, "rows"> = {
    format: "checkpoint-permissions/matrix",
    version: 1,
    createdAt,
    apiUrl: service.server.apiUrl,
    ...(service.server.organization === undefined ? {} : { organization: service.server.organization }),
    ...(project === undefined ? {} : { project }),
    names: options.names ?? {},
    projects
  }
  const matrix = (reason: string): Effect.Effect<AccessMatrix> =>
    Effect.map(DateTime.now, (now) => ({
      ...head,
      rows: requested.map((checkpoint) =>
        withOwner(rows.get(checkpoint) ?? { checkpoint, readAt: now, complete: false, reason, permissions: [] })
      )
    }))
  const partial = matrix("not read yet")

  const run = yield* Run.make(options.stop)
  const oneByOne = yield* Effect.makeSemaphore(1)
  let done = 0
  let failed = 0

  yield* Run.forEachCheckpoint(
    run,
    requested,
    concurrency,
    Effect.fnUntraced(function* (checkpoint) {
      const { outcome, row } = yield* readRow(service, checkpoint, project, run)
      rows.set(checkpoint, row)
      if (outcome === "not asked") return outcome
      done += 1
      if (!row.complete) failed += 1
      const progress = { done, failed, total: requested.length, partial }
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
