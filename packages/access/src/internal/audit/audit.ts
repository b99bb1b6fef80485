/** Reads checkpoints into a matrix. */
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import {
  type CheckpointId,
  isCheckpointId,
  isProjectId,
  type ProjectId
} from "@checkpoint-permissions/core/Identifiers"
import { InvalidInputError, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { refuseCheckpoint, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { State } from "../checkpoint/state.ts"
import { serverOf } from "../json.ts"
import * as Run from "../run/run.ts"
import type { Service as Access } from "../service.ts"
import { formatValue } from "../text/words.ts"
import type { AccessMatrix, AuditOptions, AuditPermission, Row } from "./matrix.ts"

const refuseConcurrency = (concurrency: number): string | undefined =>
  Number.isSafeInteger(concurrency) && concurrency > 0
    ? undefined
    : `${formatValue(concurrency)}: pass a positive whole number, such as 8`

/** Checks the ids of an audit before any request is sent. Returns each checkpoint once, in the order given. */
export const checkInput = Effect.fnUntraced(function* (
  checkpoints: ReadonlyArray<string>,
  { concurrency = 8, owners = {}, project, projects }: AuditOptions
) {
  const refusals: ReadonlyArray<readonly [field: string, reason: string | undefined]> = [
    ["concurrency", refuseConcurrency(concurrency)],
    ...checkpoints.map((one, index) => [`checkpoints[${index}]`, refuseCheckpoint(one)] as const),
    ...(projects ?? []).map((one, index) => [`projects[${index}]`, refuseProject(one)] as const),
    ...Object.entries(owners).map(([one, owner]) => [`owners[${formatValue(one)}]`, refuseProject(owner)] as const),
    ["project", project === undefined ? undefined : refuseProject(project)]
  ]
  for (const [field, reason] of refusals) {
    if (reason !== undefined) return yield* new InvalidInputError({ operation: "list", field, reason })
  }
  return {
    concurrency,
    requested: [...new Set(checkpoints)].filter(isCheckpointId),
    project: project !== undefined && isProjectId(project) ? project : undefined,
    projects: [...new Set(projects?.filter(isProjectId))],
    owners: new Map(Object.entries(owners).flatMap(([one, owner]) => (isProjectId(owner) ? [[one, owner]] : [])))
  }
})

/** The maximum number of restarts of an inconsistent listing, as before a write. */
const maxRestarts = 3

/** Returns the reason of a checkpoint that was not read before the run ended. */
const unreadReason = ({ endedBy }: Run.Run): string =>
  endedBy === undefined ? "not read: stopped" : `not read: the run ended, ${endedBy.message}`

export const unreadRow = (checkpoint: CheckpointId, readAt: DateTime.Utc, reason: string): Row => {
  return { checkpoint, readAt, complete: false, reason, permissions: [] }
}

/**
 * Reads one listing as a row. Restarts an inconsistent listing. Keeps the permissions that were read before a failure
 * or a stop.
 */
const readRow = Effect.fnUntraced(function* (
  service: Service,
  checkpoint: CheckpointId,
  project: ProjectId | undefined,
  run: Run.Run
) {
  const readFrom = yield* DateTime.now
  const permissions: Array<AuditPermission> = []
  const listing = Effect.suspend(() => {
    permissions.length = 0
    return service
      .stream(checkpoint, { order: "ascending", ...(project === undefined ? {} : { project_id: project }) })
      .pipe(
        Stream.runForEachChunk((chunk) =>
          Effect.sync(() => {
            for (const { created_at, id, project_id } of Chunk.toReadonlyArray(chunk)) {
              // A server without this filter returns the permissions of all projects.
              if (project === undefined || project === project_id) permissions.push({ id, project_id, created_at })
            }
          })
        )
      )
  }).pipe(Effect.retry({ times: maxRestarts, while: ({ _tag }) => _tag === "IncompleteListingError" }))
  const outcome = yield* Effect.either(Run.interruptWhenHalted(run, listing))
  const readAt = yield* DateTime.now
  const read = { checkpoint, readFrom, readAt, permissions }
  const incomplete = (reason: string): Row => ({ ...read, complete: false, reason })
  if (Either.isLeft(outcome)) {
    const row = incomplete(outcome.left.message)
    const isNotFound = outcome.left._tag === "NotFoundError" && permissions.length === 0
    return { row: isNotFound ? { ...row, notFound: true as const } : row, outcome: outcome.left }
  }
  if (Option.isSome(outcome.right)) return { row: { ...read, complete: true as const }, outcome: "answered" as const }
  const reason = permissions.length === 0 ? "not read" : "not read to the end"
  return { row: incomplete(unreadReason(run).replace("not read", reason)), outcome: "not asked" as const }
})

export const audit = Effect.fnUntraced(function* (
  { owners: ownersFromRefusals, permissions: service }: State,
  checkpoints: ReadonlyArray<string>,
  options: AuditOptions = {}
): Effect.fn.Return<AccessMatrix, PermissionsError, Scope.Scope> {
  const { concurrency, owners, project, projects, requested } = yield* checkInput(checkpoints, options)
  const createdAt = yield* DateTime.now
  const rows = new Map<CheckpointId, Row>()

  const withOwner = (row: Row): Row => {
    const refused = ownersFromRefusals.get(row.checkpoint)
    const owner = owners.get(row.checkpoint) ?? refused
    return owner === undefined ? row : { ...row, owner, ownerSource: owner === refused ? "refusal" : "job" }
  }
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
      const progress = { done, failed, total: requested.length }
      yield* oneByOne.withPermits(1)(options.onRow?.(withOwner(row), progress) ?? Effect.void)
      return outcome
    })
  )
  const failure = yield* Run.failureOf(run)
  const isAnythingRead = [...rows.values()].some((row) => row.complete || row.permissions.length > 0)
  if (failure !== undefined && !isAnythingRead) return yield* failure
  const readAt = yield* DateTime.now
  const reason = unreadReason(run)
  return {
    format: "checkpoint-permissions/matrix",
    version: 3,
    createdAt,
    ...serverOf(service.server),
    ...(project === undefined ? {} : { project }),
    names: options.names ?? {},
    projects,
    rows: requested.map((checkpoint) => withOwner(rows.get(checkpoint) ?? unreadRow(checkpoint, readAt, reason)))
  }
}, Effect.scoped)

/** Reads checkpoints as the rows of an audit. If no request succeeds, all rows are unread. */
export const readRows = (
  access: Access,
  checkpoints: ReadonlyArray<CheckpointId>,
  options: AuditOptions
): Effect.Effect<ReadonlyArray<Row>, InvalidInputError> =>
  access.audit(checkpoints, options).pipe(
    Effect.map(({ rows }) => rows),
    Effect.catchIf(
      (error) => error._tag !== "InvalidInputError",
      ({ message }) => Effect.map(DateTime.now, (now) => checkpoints.map((one) => unreadRow(one, now, message)))
    )
  )
