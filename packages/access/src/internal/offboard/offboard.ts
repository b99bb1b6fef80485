/** Runs an offboarding: deletes the open grants of the log, reads the checkpoints, and reads the log again. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ListingError, Service as Organization } from "@checkpoint-permissions/client/Organization"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { limits } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { readRows } from "../audit/audit.ts"
import type { AuditOptions, Row } from "../audit/matrix.ts"
import { readEvents, untilStopped } from "../history/read.ts"
import { serverOf } from "../json.ts"
import * as Run from "../run/run.ts"
import { forkInBackground } from "../run/until.ts"
import type { Service } from "../service.ts"
import { type Batch, makeDeletes } from "./deletes.ts"
import type { OffboardOptions, OffboardStep } from "./model.ts"
import { addKnown, addPage, checkpointIn, makeRecords, permissionIn } from "./records.ts"
import { isToBeRead, loggedAccess, offboardedOf, permissionsOf, secondReadFrom } from "./verdict.ts"

type EmitBatch = (batch: Batch) => Effect.Effect<void>

/** The retries of the listing that checks the filter, since a delete waits for it. */
const shortRetries = RetryPolicy.make({ schedule: RetryPolicy.standard.schedule, cap: "1 minute" })

/** Runs an offboarding, and passes each finished step to `emit`. The last step is the verdict. */
export const runOffboarding = Effect.fnUntraced(function* <E>(
  access: Service,
  organization: Organization,
  project: ProjectId,
  options: OffboardOptions<E>,
  emit: (step: OffboardStep) => Effect.Effect<void>
): Effect.fn.Return<void, E | ListingError, Scope.Scope> {
  const { concurrency, confirm, log = true, permissionsOnly = false } = options
  const isLogAsked = log !== false
  const requestedAt = yield* DateTime.now
  const stopped = yield* Deferred.make<void>()
  const stop = Deferred.await(stopped)
  const isStopped = Deferred.isDone(stopped)
  yield* forkInBackground(Effect.ensuring(options.stop ?? Effect.never, Deferred.succeed(stopped, undefined)))
  const records = makeRecords(project)
  const run = yield* Run.make(stop)
  const deleteAll = yield* makeDeletes(access, run, records, options, emit)
  addKnown(records, options.checkpoints ?? [], options.owners)

  /** Lists checkpoints, without changes of the records. */
  const list = (checkpoints: ReadonlyArray<CheckpointId>, audit: AuditOptions) =>
    Effect.orDie(readRows(access, checkpoints, { concurrency, stop, ...audit }))

  /** Lists a checkpoint with the filter, and again without it if the project is missing. */
  const checkFilter = (checkpoint: CheckpointId) =>
    Effect.gen(function* () {
      const [filtered] = yield* list([checkpoint], { project })
      if (filtered?.complete !== true) return
      if (filtered.permissions.length > 0) records.filter = "works"
      else if ((yield* list([checkpoint], {})).some((row) => permissionsOf(row, project).length > 0))
        records.filter = "wrong"
    }).pipe((self) => CheckpointPermissions.withOptions(self, { retry: shortRetries }))

  let isFilterChecked = false
  /** Emits the open grants of the log that are not known yet. The second checkpoint with one checks the filter. */
  const emitLogged = (emitBatch: EmitBatch) =>
    Effect.gen(function* () {
      const { open } = loggedAccess(records.changes, project)
      const now = yield* Clock.currentTimeMillis
      const fresh = open.filter(({ id }) => !records.permissions.has(id))
      for (const permissions of Object.values(Arr.groupBy(fresh, ({ checkpoint }) => checkpoint))) {
        const [{ checkpoint }] = permissions
        const isSecond = records.permissions.size > 0 && !isFilterChecked
        isFilterChecked ||= isSecond
        checkpointIn(records, checkpoint).notBefore = now
        yield* emitBatch({
          checkpoint,
          before: { source: "log", permissions },
          permissions: permissions.map((one) => permissionIn(records, one)),
          ...(isSecond ? { first: checkFilter(checkpoint) } : {})
        })
      }
    })

  /** Reads the log, newest first. If a page fails or `stop` completes, keeps the pages before it. */
  const readLog = (since: DateTime.Utc | undefined, afterPage: Effect.Effect<void>, isFirst: boolean) =>
    Effect.flatMap(
      readEvents(organization, {
        since,
        stop,
        onPage: (page) =>
          Effect.zipRight(
            Effect.sync(() => addPage(records, page)),
            afterPage
          )
      }),
      ({ error, failure }) => {
        records.logFailure = failure
        const status = error !== undefined && "status" in error ? error.status : undefined
        const isRefused = error !== undefined && (status === 401 || status === 403)
        return isFirst && log === "required" && isRefused && records.events.size === 0
          ? Effect.fail(error)
          : Effect.void
      }
    )

  /** Reads the log to its end. Emits its grants while it reads on, or after the confirmation. */
  const readWholeLog = (emitBatch: EmitBatch) =>
    Effect.gen(function* () {
      const emitPage = Effect.suspend(() => {
        const { open } = loggedAccess(records.changes, project)
        const step = emit({ _tag: "LogRead", events: records.events.size, open: open.length })
        return confirm === undefined ? Effect.zipRight(step, emitLogged(emitBatch)) : step
      })
      if (isLogAsked) yield* readLog(undefined, emitPage, true)
      if (confirm === undefined || (yield* isStopped)) return
      const { open } = loggedAccess(records.changes, project)
      const places = new Set(open.map(({ checkpoint }) => checkpoint))
      const confirmed = yield* untilStopped(stop, confirm({ permissions: open.length, checkpoints: places.size }))
      if (Option.isSome(confirmed)) yield* emitLogged(emitBatch)
    })

  /** Lists checkpoints, and emits the permissions of the project there. */
  const readAll = (checkpoints: ReadonlyArray<CheckpointId>) => (emitBatch: EmitBatch) =>
    Effect.gen(function* () {
      const onRow = (row: Row) =>
        Effect.gen(function* () {
          checkpointIn(records, row.checkpoint).row = row
          const known = [...records.checkpoints.values()]
          const done = known.filter(({ row }) => row !== undefined).length
          yield* emit({ _tag: "CheckpointRead", row, done, total: known.length })
          const permissions = permissionsOf(row, project).map((one) => permissionIn(records, one))
          for (const one of permissions) one.isListed = true
          if (permissions.length > 0) {
            yield* emitBatch({ checkpoint: row.checkpoint, before: { source: "read", row }, permissions })
          }
        })
      const filter = records.filter === "works" ? { project } : {}
      for (const row of yield* list(checkpoints, { ...filter, onRow })) checkpointIn(records, row.checkpoint).row = row
    })

  /**
   * Reads until each read began after the last delete at its checkpoint. Stops after a few rounds if new permissions
   * appear.
   */
  const readAfterDeletes = Effect.gen(function* () {
    for (const delay of [0, ...limits.lagDelays]) {
      const rest = [...records.checkpoints.keys()].filter((checkpoint) => isToBeRead(records, checkpoint))
      if (rest.length === 0 || (yield* isStopped)) return
      yield* untilStopped(stop, Effect.sleep(delay))
      yield* deleteAll(readAll(rest))
    }
  })

  const findMore = Effect.map(untilStopped(stop, options.find ?? Effect.succeed({ checkpoints: [] })), (found) => {
    if (Option.isSome(found)) addKnown(records, found.value.checkpoints, found.value.owners)
  })
  yield* Effect.all([deleteAll(readWholeLog), findMore], { concurrency: 2, discard: true })
  const oldestEvent = [...records.events.values()].at(-1)?.effective_at
  yield* readAfterDeletes
  if (isLogAsked && records.logFailure === undefined && !(yield* isStopped)) {
    const since = secondReadFrom([...records.events.values()])
    yield* deleteAll((emitBatch) => Effect.zipRight(readLog(since, Effect.void, false), emitLogged(emitBatch)))
    yield* readAfterDeletes
  }
  const head = { ...serverOf(organization.server), requestedAt }
  const ended = { head, isLogAsked, permissionsOnly, isStopped: yield* isStopped, oldestEvent }
  yield* emit(offboardedOf(records, ended))
}, Effect.scoped)
