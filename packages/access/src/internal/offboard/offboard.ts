/** Runs an offboarding: deletes the open grants of the log, reads the checkpoints, and reads the log again. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { Service as Organization } from "@checkpoint-permissions/client/Organization"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import { type CheckpointId, isCheckpointId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { AuditEvent } from "@checkpoint-permissions/core/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import { limits } from "@checkpoint-permissions/protocol/writes"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { readRows } from "../audit/audit.ts"
import type { Row } from "../audit/matrix.ts"
import { readEvents, untilStopped } from "../history/read.ts"
import { serverOf } from "../json.ts"
import * as Run from "../run/run.ts"
import { forkInBackground } from "../run/until.ts"
import type { Service } from "../service.ts"
import { makeDeletes } from "./deletes.ts"
import type { OffboardOptions, OffboardStep, OpenPermission } from "./model.ts"
import { type Log, loggedAccess, offboardedOf, secondReadFrom } from "./verdict.ts"

/** Runs an offboarding, and passes each finished step to `emit`. The last step is the verdict. */
export const runOffboarding = Effect.fnUntraced(function* <E>(
  access: Service,
  organization: Organization,
  project: ProjectId,
  options: OffboardOptions<E>,
  emit: (step: OffboardStep) => Effect.Effect<void>
): Effect.fn.Return<void, E, Scope.Scope> {
  const { confirm = () => Effect.void, log: isLogAsked = true } = options
  const requestedAt = yield* DateTime.now
  const stopped = yield* Deferred.make<void>()
  const stop = Deferred.await(stopped)
  const isStopped = Deferred.isDone(stopped)
  yield* forkInBackground(Effect.ensuring(options.stop ?? Effect.never, Deferred.succeed(stopped, undefined)))
  const run = yield* Run.make(stop)
  const deletes = yield* makeDeletes(access, run, project, options, emit)
  const log: Log = { events: [], changes: [], failure: undefined }
  const seen = new Set<string>()
  const owners = new Map<string, string>()
  const known = new Set<CheckpointId>()
  const rows = new Map<CheckpointId, Row>()
  /** Permissions of logged grants whose delete was queued. */
  const queued = new Set<string>()
  /** Permissions of the project in the read checkpoints, by id. */
  const found = new Map<string, OpenPermission>()
  /** The time at which deletes of logged grants were queued for each checkpoint, in Unix milliseconds. */
  const queuedAt = new Map<string, number>()
  /** Returns the earliest valid start of a read, in Unix milliseconds. A read that started earlier is repeated. */
  const notBefore = (checkpoint: string) =>
    Math.max(deletes.lastDeletes.get(checkpoint) ?? 0, queuedAt.get(checkpoint) ?? 0)

  const addKnown = (checkpoints: ReadonlyArray<string>, owned: Readonly<Record<string, string>> = {}) => {
    for (const checkpoint of checkpoints) if (isCheckpointId(checkpoint)) known.add(checkpoint)
    for (const [checkpoint, owner] of Object.entries(owned)) {
      owners.set(checkpoint, owner)
      if (owner === project) deletes.owned.add(checkpoint)
    }
  }
  addKnown(options.checkpoints ?? [], options.owners)

  /** Reads the log, newest first. If a page fails or `stop` completes, keeps the pages before it and sets `failure`. */
  const readLog = (since: DateTime.Utc | undefined, afterPage: Effect.Effect<void, E>) => {
    const onPage = (page: ReadonlyArray<AuditEvent>) =>
      Effect.suspend(() => {
        const fresh = page.filter(({ id }) => !seen.has(id))
        for (const { id } of fresh) seen.add(id)
        log.events.push(...fresh)
        log.changes.push(...Events.join(fresh))
        return afterPage
      })
    return Effect.map(readEvents(organization, { since, stop, onPage }), ({ failure }) => {
      log.failure = failure
    })
  }

  const deleteLogged = Effect.gen(function* () {
    const { checkpoints, open } = loggedAccess(log.changes, project)
    addKnown(checkpoints)
    const fresh = open.filter(({ id }) => !queued.has(id))
    const now = yield* Clock.currentTimeMillis
    for (const one of fresh) {
      queued.add(one.id)
      queuedAt.set(one.checkpoint, now)
    }
    yield* deletes.add({ source: "log", permissions: fresh }, fresh)
  })

  const confirmOnce = yield* Effect.once(
    Effect.suspend(() => {
      const { open } = loggedAccess(log.changes, project)
      return confirm({ permissions: open.length, checkpoints: new Set(open.map(({ checkpoint }) => checkpoint)).size })
    })
  )

  const readWholeLog = Effect.gen(function* () {
    let pages = 0
    const afterPage = Effect.gen(function* () {
      pages += 1
      const { open } = loggedAccess(log.changes, project)
      yield* emit({ _tag: "LogRead", pages, events: log.events.length, open: open.length })
      yield* confirmOnce
      yield* deleteLogged
    })
    if (isLogAsked) yield* readLog(undefined, afterPage)
    if (yield* isStopped) return
    yield* untilStopped(stop, confirmOnce)
  })

  const onRow = (row: Row) =>
    Effect.gen(function* () {
      rows.set(row.checkpoint, row)
      yield* emit({ _tag: "CheckpointRead", row, done: rows.size, total: known.size })
      const shown = row.permissions.flatMap(({ created_at, id, project_id }) =>
        project_id === project ? [{ checkpoint: row.checkpoint, id, project_id, created_at }] : []
      )
      for (const one of shown) found.set(one.id, one)
      yield* deletes.add({ source: "read", row }, shown)
    })

  /** Reads checkpoints, and queues deletes of the project's permissions there. */
  const readAll = (checkpoints: ReadonlyArray<CheckpointId>) =>
    checkpoints.length === 0
      ? Effect.void
      : Effect.map(
          Effect.orDie(readRows(access, checkpoints, { concurrency: options.concurrency, onRow, stop })),
          (all) => all.forEach((row) => rows.set(row.checkpoint, row))
        )

  /** Returns true if a checkpoint has no read, or if its read is too early or shows a deleted permission. */
  const isToBeRead = (checkpoint: CheckpointId): boolean => {
    const row = rows.get(checkpoint)
    if (row === undefined) return true
    if (!row.complete || row.readFrom === undefined) return false
    const isEarly = DateTime.toEpochMillis(row.readFrom) < notBefore(checkpoint)
    return isEarly || row.permissions.some(({ id }) => deletes.gone.has(id))
  }

  /**
   * Reads until each read began after the last delete at its checkpoint. Stops after a few rounds if new permissions
   * appear.
   */
  const readAfterDeletes = Effect.gen(function* () {
    for (const delay of [0, ...limits.lagDelays]) {
      yield* deletes.drained
      const rest = [...known].filter(isToBeRead)
      if (rest.length === 0 || (yield* isStopped)) return
      yield* untilStopped(stop, Effect.sleep(delay))
      yield* readAll(rest)
    }
    yield* deletes.drained
  })

  /** Tries one listing. Returns true if the server answers 429: it counts listings and deletes together. */
  const isListRefused = Effect.gen(function* () {
    const first = [...known].find((checkpoint) => !queuedAt.has(checkpoint)) ?? [...known][0]
    let isRefused = false
    if (first === undefined) return isRefused
    yield* CheckpointPermissions.withOptions(readAll([first]), {
      retry: RetryPolicy.none,
      onReply: ({ status }) =>
        Effect.sync(() => {
          isRefused ||= status === 429
        })
    })
    // a failure without retries is not conclusive
    if (rows.get(first)?.complete !== true) rows.delete(first)
    return isRefused
  })

  /** Reads the checkpoints without logged grants during the deletes, unless the server refuses a listing. */
  const readBesideDeletes = Effect.gen(function* () {
    const isDrained = yield* Effect.raceFirst(
      Effect.as(deletes.drained, true),
      Effect.as(deletes.listsMayBegin.await, false)
    )
    if (isDrained || (yield* isListRefused)) return
    yield* readAll([...known].filter((checkpoint) => !queuedAt.has(checkpoint) && !rows.has(checkpoint)))
  })

  let oldestEvent: number | undefined
  const main = Effect.gen(function* () {
    const find = Effect.map(untilStopped(stop, options.find ?? Effect.succeed({ checkpoints: [] })), (more) => {
      if (Option.isSome(more)) addKnown(more.value.checkpoints, more.value.owners)
    })
    yield* Effect.all([readWholeLog, find], { concurrency: 2, discard: true })
    oldestEvent = log.events.at(-1)?.effective_at
    yield* readBesideDeletes
    yield* readAfterDeletes
    if (isLogAsked && log.failure === undefined && !(yield* isStopped)) {
      yield* readLog(secondReadFrom(log.events), Effect.void)
      yield* deleteLogged
      yield* readAfterDeletes
    }
  })

  yield* Effect.raceFirst(deletes.work, main)
  yield* emit(
    offboardedOf({
      project,
      head: { ...serverOf(organization.server), requestedAt },
      known,
      rows,
      found,
      log,
      isLogAsked,
      oldestEvent,
      owners,
      deletes,
      notBefore,
      isStopped: yield* isStopped
    })
  )
}, Effect.scoped)
