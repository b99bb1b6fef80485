/** Runs an offboarding: the log and its deletes, the listings and their deletes, the log again, the verdict. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { Service as Organization } from "@checkpoint-permissions/client/Organization"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import {
  type CheckpointId,
  isCheckpointId,
  isPermissionId,
  isProjectId,
  type PermissionId,
  type ProjectId
} from "@checkpoint-permissions/core/Identifiers"
import type { AuditEvent } from "@checkpoint-permissions/core/Organization"
import { isPermissionsError, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Events from "@checkpoint-permissions/protocol/events"
import { limits } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Types from "effect/Types"
import { unreadRow } from "../audit/audit.ts"
import { permissionsOf } from "../audit/cells.ts"
import type { AccessMatrix, AuditOptions, OwnerSource, Row } from "../audit/matrix.ts"
import { readEvents, untilStopped } from "../history/read.ts"
import type { Journal, JournalFailed } from "../journal.ts"
import { serverOf } from "../json.ts"
import type { AccessPlan } from "../plan/steps.ts"
import { isFatal } from "../run/run.ts"
import { forkInBackground } from "../run/until.ts"
import type { Service } from "../service.ts"
import {
  type Ended,
  endingsOf,
  isOwned,
  loggedAccess,
  type Offboarded,
  type OffboardOptions,
  type OffboardStep,
  secondReadFrom,
  toBeRead
} from "./verdict.ts"

/** The retries of the listing that checks the filter, since the first delete waits for it. */
const shortRetries = RetryPolicy.make({ schedule: RetryPolicy.standard.schedule, cap: "1 minute" })

/** Runs an offboarding, and passes each finished step to `emit`. The last step is the verdict. */
export const runOffboarding = Effect.fnUntraced(function* <E>(
  access: Service,
  organization: Organization,
  project: ProjectId,
  options: OffboardOptions<E>,
  emit: (step: OffboardStep) => Effect.Effect<void>
): Effect.fn.Return<void, E | PermissionsError | JournalFailed, Scope.Scope> {
  const { actor, concurrency, dryRun = false, log = true, maxRevokes = 100, permissionsOnly = false } = options
  const stopped = yield* Deferred.make<void>()
  const [stop, isStopped] = [Deferred.await(stopped), Deferred.isDone(stopped)]
  yield* forkInBackground(Effect.ensuring(options.stop ?? Effect.never, Deferred.succeed(stopped, undefined)))

  const head = { ...serverOf(organization.server), createdAt: yield* DateTime.now }
  const events = new Map<string, AuditEvent>()
  const rows = new Map<CheckpointId, Row | undefined>()
  const owners = new Map<string, { readonly owner: ProjectId; readonly ownerSource: OwnerSource }>()
  const revoked = new Set<PermissionId>()
  const [deleted, logged, overLimit] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const notBefore = new Map<string, number>()
  const facts = { project, rows, owners, deleted, notBefore }
  const result: Types.Mutable<Pick<Offboarded, "filter"> & Pick<Ended, "findFailure" | "logFailure">> = {
    filter: "not checked",
    logFailure: undefined,
    findFailure: undefined
  }

  const addKnown = (checkpoints: ReadonlyArray<string>) => {
    for (const one of checkpoints) if (isCheckpointId(one)) rows.set(one, rows.get(one))
  }
  /** Adds an owner. If several sources name one, the project takes precedence. */
  const addOwner = (checkpoint: string, owner: string | undefined, ownerSource: OwnerSource) => {
    if (owner !== undefined && isProjectId(owner) && !isOwned(facts, checkpoint)) {
      owners.set(checkpoint, { owner, ownerSource })
    }
  }
  const addOwners = (found: OffboardOptions["owners"] = {}, refused: ReadonlyArray<string> = []) => {
    for (const [checkpoint, owner] of Object.entries(found)) {
      addOwner(checkpoint, owner, refused.includes(checkpoint) ? "refusal" : "job")
    }
  }

  /** Returns true for an error that ends the run: nothing was deleted, and no request can succeed. */
  const endsRun = (error: PermissionsError) =>
    error._tag === "InvalidInputError" || (isFatal(error) && deleted.size === 0)

  /** Lists checkpoints as rows. If no request succeeds, all of them are unread. */
  const list = (checkpoints: ReadonlyArray<CheckpointId>, audit: AuditOptions = {}) =>
    access.audit(checkpoints, { concurrency, stop, ...audit }).pipe(
      Effect.map((matrix) => matrix.rows),
      Effect.catchIf(
        (error) => !endsRun(error),
        ({ message }) => Effect.map(DateTime.now, (now) => checkpoints.map((one) => unreadRow(one, now, message)))
      )
    )

  /** Keeps which permissions are deleted, and passes the lines on. */
  const journal: Journal = {
    write: (entries) =>
      Effect.gen(function* () {
        for (const { checkpoint, outcome, permission } of entries) {
          if (permission === null || !isPermissionId(permission) || (outcome !== "done" && outcome !== "gone")) continue
          notBefore.set(checkpoint, yield* Clock.currentTimeMillis)
          deleted.add(permission)
          if (outcome === "done") revoked.add(permission)
        }
        yield* options.journal?.write(entries) ?? Effect.void
      })
  }

  /** Returns the plan that deletes what rows show, up to `maxRevokes`. */
  const planOf = Effect.fnUntraced(function* (some: ReadonlyArray<Row>) {
    let left = maxRevokes - deleted.size
    const open = some.flatMap((row) => {
      if (isOwned(facts, row.checkpoint)) return []
      const listed = permissionsOf(row, project).filter(({ id }) => !deleted.has(id))
      const [permissions, over] = Arr.splitAt(listed, Math.max(0, left))
      left -= permissions.length
      for (const { id } of over) overLimit.add(id)
      return [{ ...row, permissions }]
    })
    const plan = yield* access.planRevoking({ ...head, createdAt: yield* DateTime.now, rows: open }, project)
    if (plan.counts.revokes > 0) yield* emit({ _tag: "Planned", plan })
    return plan
  })

  const apply = (plan: AccessPlan) =>
    access.apply(plan, { concurrency, journal, actor, stop }).pipe(
      Stream.runForEach((step) => {
        if (step._tag === "OwnerProject") addOwner(step.checkpoint, project, "refusal")
        return emit(step)
      }),
      // the plan was made for this server, now
      Effect.catchTag("PlanRefused", Effect.die),
      Effect.catchIf(
        (error) => isPermissionsError(error) && !endsRun(error),
        () => Effect.void
      )
    )

  /** Reads the log, newest first. If a page fails or `stop` completes, keeps the pages before it. */
  const readLog = Effect.fnUntraced(function* (since: DateTime.Utc | undefined) {
    const readFrom = yield* DateTime.now
    const { error, failure } = yield* readEvents(organization, {
      since,
      stop,
      onPage: (page) =>
        Effect.suspend(() => {
          for (const event of page) events.set(event.id, event)
          const { open } = loggedAccess(Events.join(events.values()), project)
          return since === undefined ? emit({ _tag: "LogRead", events: events.size, open: open.length }) : Effect.void
        })
    })
    result.logFailure = failure
    const readAt = yield* DateTime.now
    const { checkpoints, open } = loggedAccess(Events.join(events.values()), project)
    addKnown(checkpoints)
    const fresh = open.filter(({ id }) => !logged.has(id))
    for (const { checkpoint, id } of fresh) {
      logged.add(id)
      notBefore.set(checkpoint, readAt.epochMillis)
    }
    const found = Object.values(Arr.groupBy(fresh, ({ checkpoint }) => checkpoint)).map((grants): Row => {
      const permissions = grants.map(({ checkpoint: _, ...one }) => one)
      return { checkpoint: grants[0].checkpoint, readFrom, readAt, complete: true, permissions }
    })
    return { error, found }
  })

  /** Lists a checkpoint with the filter, and again without it if the project is missing. */
  const checkFilter = Effect.fnUntraced(
    function* (checkpoint: CheckpointId) {
      const [filtered] = yield* list([checkpoint], { project })
      if (filtered?.complete !== true) return
      if (filtered.permissions.length > 0) result.filter = "works"
      else if ((yield* list([checkpoint])).some((row) => permissionsOf(row, project).length > 0))
        result.filter = "wrong"
    },
    (self) => CheckpointPermissions.withOptions(self, { retry: shortRetries })
  )

  /** Reads the log to its end, then deletes its open grants after the confirmation. */
  const deleteLogged = Effect.gen(function* () {
    const { error, found } = log === false ? { found: [], error: undefined } : yield* readLog(undefined)
    const status = error !== undefined && "status" in error ? error.status : undefined
    if (error !== undefined && log === "required" && events.size === 0 && (status === 401 || status === 403)) {
      return yield* Effect.fail(error)
    }
    if (dryRun || (yield* isStopped)) return
    const plan = yield* planOf(found)
    const confirmed = yield* untilStopped(stop, options.confirm?.(plan) ?? Effect.void)
    const [first] = plan.checkpoints
    if (Option.isNone(confirmed) || first === undefined) return
    yield* checkFilter(first.checkpoint)
    yield* apply(plan)
  })

  const findMore = Effect.map(untilStopped(stop, options.find ?? Effect.succeed({ checkpoints: [] })), (found) => {
    if (Option.isNone(found)) return
    addKnown(found.value.checkpoints)
    addOwners(found.value.owners)
    result.findFailure = found.value.failure
  })

  /**
   * Reads and deletes until each read began after the last delete at its checkpoint. Stops after a few rounds if new
   * permissions appear.
   */
  const deleteListed = Effect.gen(function* () {
    for (const delay of [0, ...limits.lagDelays]) {
      const rest = toBeRead(facts)
      if (rest.length === 0 || (yield* isStopped)) return
      yield* untilStopped(stop, Effect.sleep(delay))
      yield* emit({ _tag: "Reading", checkpoints: rest.length })
      const read = yield* list(rest, {
        ...(result.filter === "works" ? { project } : {}),
        onRow: (row, progress) => emit({ _tag: "CheckpointRead", row, progress })
      })
      for (const row of read) {
        rows.set(row.checkpoint, row)
        if (row.ownerSource === "refusal") addOwner(row.checkpoint, row.owner, "refusal")
      }
      const plan = yield* planOf(read)
      if (!dryRun && plan.counts.revokes > 0) yield* apply(plan)
    }
  })

  addKnown(options.checkpoints ?? [])
  addOwners(options.owners, options.refused)
  yield* Effect.all([deleteLogged, findMore], { concurrency: 2, discard: true })
  const oldest = [...events.values()].at(-1)
  yield* deleteListed
  if (log !== false && !dryRun && result.logFailure === undefined && !(yield* isStopped)) {
    const { found } = yield* readLog(secondReadFrom([...events.values()]))
    const plan = yield* planOf(found)
    if (plan.counts.revokes > 0) yield* apply(plan)
    yield* deleteListed
  }

  const readAt = yield* DateTime.now
  const { filter, logFailure } = result
  const since = logFailure === undefined && oldest !== undefined
  const matrix: AccessMatrix = {
    format: "checkpoint-permissions/matrix",
    version: 3,
    ...head,
    ...(result.filter === "works" ? { project } : {}),
    ...(logFailure === undefined ? {} : { logFailure }),
    ...(since ? { logSince: DateTime.unsafeMake(oldest.effective_at * 1000) } : {}),
    names: {},
    projects: [project],
    rows: Array.from(rows, ([checkpoint, row]) => ({
      ...(row ?? unreadRow(checkpoint, readAt, "not read: stopped")),
      ...owners.get(checkpoint)
    }))
  }
  const changes = Events.join(events.values())
  const ended = { ...facts, ...result, changes, permissionsOnly, overLimit, isStopped: yield* isStopped }
  yield* emit({
    _tag: "Offboarded",
    project,
    endings: endingsOf(matrix, ended),
    revoked: [...revoked],
    matrix,
    filter
  })
}, Effect.scoped)
