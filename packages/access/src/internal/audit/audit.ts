import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { ownerOf } from "../checkpoint/owners.ts"
import { checked, earlierRows } from "./input.ts"
import type { AccessMatrix, Row } from "./matrix.ts"
import type { AuditOptions } from "./options.ts"
import { readRow } from "./readRow.ts"

/** Completes when no further request is to be made, whatever `stop` comes to. */
const stopping = Effect.fnUntraced(function* (stop: Effect.Effect<unknown> | undefined) {
  const stopped = yield* Deferred.make<void>()
  if (stop !== undefined) {
    yield* Effect.forkScoped(Effect.ensuring(stop, Deferred.succeed(stopped, undefined)))
    // One that is complete already has its say before the first request.
    yield* Effect.yieldNow()
  }
  return stopped
})

/** Names of both, those given now first. Not assigned one by one: `__proto__` is a name like any other. */
const named = (before: AccessMatrix | undefined, now: AuditOptions["names"]): AccessMatrix["names"] =>
  Object.fromEntries([...Object.entries(before?.names ?? {}), ...Object.entries(now ?? {})])

const ownerIn = (owners: AuditOptions["owners"], checkpoint: string): ProjectId | undefined =>
  owners !== undefined && Object.hasOwn(owners, checkpoint) ? owners[checkpoint] : undefined

/** Lists every checkpoint that is not known yet, and says of the others why they are not. */
export const audit: (
  service: Service,
  checkpoints: ReadonlyArray<CheckpointId>,
  options: AuditOptions
) => Effect.Effect<AccessMatrix, PermissionsError> = Effect.fnUntraced(function* (service, checkpoints, options) {
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
  /** What an earlier audit saw of it, before that was cut short, is still worth showing. */
  const unread = (checkpoint: CheckpointId, now: DateTime.Utc, reason: string): Row => {
    const { permissions = [], readAt = now } = earlier.get(checkpoint) ?? {}
    return withOwner({ checkpoint, readAt, complete: false, reason, permissions })
  }
  const matrix = (now: DateTime.Utc): AccessMatrix => ({
    ...head,
    rows: wanted.map((checkpoint) => rows.get(checkpoint) ?? unread(checkpoint, now, "not read yet"))
  })
  const soFar = Effect.map(DateTime.now, matrix)

  for (const checkpoint of wanted) {
    const row = earlier.get(checkpoint)
    if (row?.complete === true) rows.set(checkpoint, withOwner(row))
  }
  const todo = wanted.filter((checkpoint) => !rows.has(checkpoint))
  const stopped = yield* stopping(options.stop)
  const oneByOne = yield* Effect.makeSemaphore(1)
  const reached = { yet: false }
  let done = rows.size

  const told = (row: Row) => {
    rows.set(row.checkpoint, row)
    done += 1
    return oneByOne.withPermits(1)(options.onRow?.(row, { done, total: wanted.length, soFar }) ?? Effect.void)
  }
  yield* Effect.forEach(
    todo,
    Effect.fnUntraced(function* (checkpoint) {
      if (yield* Deferred.isDone(stopped)) {
        rows.set(checkpoint, unread(checkpoint, yield* DateTime.now, "not read: stopped"))
        return
      }
      const row = yield* readRow(service, checkpoint, options.project, stopped, reached)
      yield* told(withOwner(row))
    }),
    { concurrency, discard: true }
  )
  return yield* soFar
}, Effect.scoped)
