/** Runs an offboarding in four phases: the log, the listings, the log again, the verdict. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { Service as Organization } from "@checkpoint-permissions/client/Organization"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { AuditEvent } from "@checkpoint-permissions/core/Organization"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { limits } from "@checkpoint-permissions/protocol/writes"
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
import { addKnown, addListed, addLogged, addPage, checkpointIn, makeRecords, type Records } from "./records.ts"
import { isToBeRead, loggedAccess, offboardedOf, permissionsOf, secondReadFrom } from "./verdict.ts"

type EmitBatch = (batch: Batch) => Effect.Effect<void>

interface Offboarding<E> {
  readonly access: Service
  readonly organization: Organization
  readonly options: OffboardOptions<E>
  readonly records: Records
  readonly emit: (step: OffboardStep) => Effect.Effect<void>
  readonly stop: Effect.Effect<void>
  readonly isStopped: Effect.Effect<boolean>
  readonly deleteAll: ReturnType<typeof makeDeletes<E>>
}

/** The retries of the listing that checks the filter, since the first delete waits for it. */
const shortRetries = RetryPolicy.make({ schedule: RetryPolicy.standard.schedule, cap: "1 minute" })

/** Lists checkpoints, without changes of the records. */
const list = <E>(
  { access, options: { concurrency }, stop }: Offboarding<E>,
  checkpoints: ReadonlyArray<CheckpointId>,
  audit: AuditOptions = {}
) => Effect.orDie(readRows(access, checkpoints, { concurrency, stop, ...audit }))

/** Lists a checkpoint with the filter, and again without it if the project is missing. */
const checkFilter = <E>(run: Offboarding<E>, checkpoint: CheckpointId) =>
  Effect.gen(function* () {
    const { project } = run.records
    const [filtered] = yield* list(run, [checkpoint], { project })
    if (filtered?.complete !== true) return
    if (filtered.permissions.length > 0) run.records.filter = "works"
    else if ((yield* list(run, [checkpoint])).some((row) => permissionsOf(row, project).length > 0))
      run.records.filter = "wrong"
  }).pipe((self) => CheckpointPermissions.withOptions(self, { retry: shortRetries }))

/** Emits the open grants of the log that are not known yet. Checks the filter before the first of a run. */
const emitLogged =
  <E>(run: Offboarding<E>) =>
  (emitBatch: EmitBatch) =>
    Effect.gen(function* () {
      const isFirst = run.records.permissions.size === 0
      const { open } = loggedAccess(run.records.changes, run.records.project)
      const batches = addLogged(run.records, open, yield* Clock.currentTimeMillis)
      const first = batches[0]?.[0]
      if (isFirst && first !== undefined) yield* checkFilter(run, first.checkpoint)
      yield* Effect.forEach(batches, emitBatch, { discard: true })
    })

/** Reads the log, newest first. If a page fails or `stop` completes, keeps the pages before it. */
const readLog = <E>(
  { organization, records, stop }: Offboarding<E>,
  since: DateTime.Utc | undefined,
  afterPage: Effect.Effect<void>
) => {
  const onPage = (page: ReadonlyArray<AuditEvent>) =>
    Effect.zipRight(
      Effect.sync(() => addPage(records, page)),
      afterPage
    )
  return Effect.tap(readEvents(organization, { since, stop, onPage }), ({ failure }) =>
    Effect.sync(() => {
      records.logFailure = failure
    })
  )
}

/**
 * The first phase: reads the log to its end, and deletes its open grants, while it reads on or after the confirmation.
 * More checkpoints are found meanwhile.
 */
const deleteLogged = <E>(run: Offboarding<E>) => {
  const { emit, isStopped, records, stop } = run
  const { confirm, find, log = true } = run.options
  const open = Effect.sync(() => loggedAccess(records.changes, records.project).open)
  const fromLog = (emitBatch: EmitBatch) =>
    Effect.gen(function* () {
      const onPage = Effect.gen(function* () {
        yield* emit({ _tag: "LogRead", events: records.events.size, open: (yield* open).length })
        if (confirm === undefined) yield* emitLogged(run)(emitBatch)
      })
      if (log !== false) {
        const { error } = yield* readLog(run, undefined, onPage)
        const status = error !== undefined && "status" in error ? error.status : undefined
        const isRefused = (status === 401 || status === 403) && records.events.size === 0
        if (error !== undefined && isRefused && log === "required") return yield* Effect.fail(error)
      }
      if (confirm === undefined || (yield* isStopped)) return
      const grants = yield* open
      const checkpoints = new Set(grants.map(({ checkpoint }) => checkpoint)).size
      const confirmed = yield* untilStopped(stop, confirm({ permissions: grants.length, checkpoints }))
      if (Option.isSome(confirmed)) yield* emitLogged(run)(emitBatch)
    })
  const findMore = Effect.map(untilStopped(stop, find ?? Effect.succeed({ checkpoints: [] })), (found) => {
    if (Option.isNone(found)) return
    addKnown(records, found.value.checkpoints, found.value.owners)
    records.findFailure = found.value.failure
  })
  return Effect.all([run.deleteAll(fromLog), findMore], { concurrency: 2, discard: true })
}

const emitListed =
  <E>(run: Offboarding<E>, checkpoints: ReadonlyArray<CheckpointId>) =>
  (emitBatch: EmitBatch) =>
    Effect.gen(function* () {
      const { emit, records } = run
      const onRow = (row: Row) =>
        Effect.gen(function* () {
          const permissions = addListed(records, row, permissionsOf(row, records.project))
          const known = [...records.checkpoints.values()]
          const done = known.filter((one) => one.row !== undefined).length
          yield* emit({ _tag: "CheckpointRead", row, done, total: known.length })
          if (permissions.length > 0) yield* emitBatch(permissions)
        })
      yield* emit({ _tag: "Reading", checkpoints: checkpoints.length })
      const filter = records.filter === "works" ? { project: records.project } : {}
      for (const row of yield* list(run, checkpoints, { ...filter, onRow })) {
        checkpointIn(records, row.checkpoint).row = row
      }
    })

/**
 * The second phase: reads and deletes until each read began after the last delete at its checkpoint. Stops after a few
 * rounds if new permissions appear.
 */
const deleteListed = <E>(run: Offboarding<E>) =>
  Effect.gen(function* () {
    for (const delay of [0, ...limits.lagDelays]) {
      const rest = [...run.records.checkpoints.keys()].filter((checkpoint) => isToBeRead(run.records, checkpoint))
      if (rest.length === 0 || (yield* run.isStopped)) return
      yield* untilStopped(run.stop, Effect.sleep(delay))
      yield* run.deleteAll(emitListed(run, rest))
    }
  })

/** The third phase: reads the newest part of the log again, and deletes permissions that were granted meanwhile. */
const deleteNew = <E>(run: Offboarding<E>) =>
  Effect.gen(function* () {
    const since = secondReadFrom([...run.records.events.values()])
    yield* run.deleteAll((emitBatch) => Effect.zipRight(readLog(run, since, Effect.void), emitLogged(run)(emitBatch)))
    yield* deleteListed(run)
  })

/** Runs an offboarding, and passes each finished step to `emit`. The last step is the verdict. */
export const runOffboarding = Effect.fnUntraced(function* <E>(
  access: Service,
  organization: Organization,
  project: ProjectId,
  options: OffboardOptions<E>,
  emit: (step: OffboardStep) => Effect.Effect<void>
): Effect.fn.Return<void, E | PermissionsError, Scope.Scope> {
  const { checkpoints = [], log = true, owners, permissionsOnly = false, refused } = options
  const isLogAsked = log !== false
  const requestedAt = yield* DateTime.now
  const stopped = yield* Deferred.make<void>()
  const [stop, isStopped] = [Deferred.await(stopped), Deferred.isDone(stopped)]
  yield* forkInBackground(Effect.ensuring(options.stop ?? Effect.never, Deferred.succeed(stopped, undefined)))
  const records = makeRecords(project)
  addKnown(records, checkpoints, owners, refused)
  const deleteAll = makeDeletes(access, yield* Run.make(stop), records, options, emit)
  const run = { access, organization, options, records, emit, stop, isStopped, deleteAll }
  yield* deleteLogged(run)
  const oldestEvent = [...records.events.values()].at(-1)?.effective_at
  yield* deleteListed(run)
  if (isLogAsked && records.logFailure === undefined && !(yield* isStopped)) yield* deleteNew(run)
  const head = { ...serverOf(organization.server), requestedAt }
  yield* emit(offboardedOf(records, { head, isLogAsked, permissionsOnly, isStopped: yield* isStopped, oldestEvent }))
}, Effect.scoped)
