/** Reads changes to permissions from the audit log. */
import * as Organization from "@checkpoint-permissions/client/Organization"
import type { AdminKey, AuditEvent } from "@checkpoint-permissions/core/Organization"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { serverOf } from "../json.ts"
import { interruptWhen } from "../run/until.ts"
import type { Change, History } from "./changes.ts"

/**
 * Runs an effect until `stop` completes. Does not run it if `stop` has completed already. Returns `None` if the effect
 * did not end.
 */
export const untilStopped = <A, E, R>(
  stop: Effect.Effect<unknown>,
  self: Effect.Effect<A, E, R>
): Effect.Effect<Option.Option<A>, E, R> =>
  Effect.flatMap(Effect.raceFirst(Effect.as(stop, true), Effect.as(Effect.yieldNow(), false)), (isStopped) =>
    isStopped ? Effect.succeedNone : interruptWhen(stop, self)
  )

/** A value and the time at which its read began. `failure` is the reason why it, or a part of it, is missing. */
export interface Part<A> {
  readonly readAt: DateTime.Utc
  readonly value?: A
  readonly failure?: string | undefined
}

/** Runs a read until `stop` completes. A failure is not an error: `failure` has the reason. */
export const readPart = <A>(
  stop: Effect.Effect<unknown>,
  read: Effect.Effect<A, Organization.ListingError>
): Effect.Effect<Part<A>> =>
  Effect.zipWith(DateTime.now, Effect.either(untilStopped(stop, read)), (readAt, result) => {
    if (Either.isLeft(result)) return { readAt, failure: result.left.message }
    return Option.isNone(result.right) ? { readAt, failure: "stopped" } : { readAt, value: result.right.value }
  })

export const collect = <A, E>(stream: Stream.Stream<A, E>): Effect.Effect<ReadonlyArray<A>, E> =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** The part of the audit log to read. Default: all grants and revokes. */
interface LogReadOptions<E> extends Organization.EventOptions {
  /** The maximum number of pages. Default: all. */
  readonly pages?: number | undefined
  /** Returns true if no further page is needed. */
  readonly isComplete?: ((events: ReadonlyArray<AuditEvent>) => boolean) | undefined
  /** Called with the events of each page. */
  readonly onPage?: ((events: ReadonlyArray<AuditEvent>) => Effect.Effect<void, E>) | undefined
  /** When this completes, no further page is read. */
  readonly stop?: Effect.Effect<unknown> | undefined
}

/** The events that were read, and the reason why the read ended. */
export interface LogRead {
  readonly events: ReadonlyArray<AuditEvent>
  readonly pages: number
  readonly end: "found" | "end of the log" | "page limit" | "stopped" | "failed"
  /** The reason why the read was stopped or failed. */
  readonly failure?: string | undefined
  readonly error?: Organization.ListingError | undefined
}

/** Reads events page by page. If a page fails or the read is stopped, returns the events up to then. */
export const readEvents = <E = never>(
  organization: Organization.Service,
  {
    isComplete = () => false,
    onPage = () => Effect.void,
    pages = Number.POSITIVE_INFINITY,
    stop = Effect.never,
    ...part
  }: LogReadOptions<E>
): Effect.Effect<LogRead, E> =>
  Effect.suspend(() => {
    const events: Array<AuditEvent> = []
    let read = 0
    let end: LogRead["end"] = "end of the log"
    let error: Organization.ListingError | undefined
    const reading = organization.events({ types: [Events.created, Events.deleted], ...part }).pipe(
      Stream.chunks,
      Stream.either,
      Stream.runForEachWhile((result) =>
        Effect.suspend(() => {
          if (Either.isLeft(result)) {
            error = result.left
            end = "failed"
            return Effect.succeed(false)
          }
          const page = Chunk.toReadonlyArray(result.right)
          events.push(...page)
          read += 1
          if (isComplete(events)) end = "found"
          else if (read >= pages) end = "page limit"
          return Effect.as(onPage(page), end === "end of the log")
        })
      )
    )
    return Effect.map(untilStopped(stop, reading), (ended) =>
      Option.isNone(ended)
        ? { events, pages: read, end: "stopped", failure: "stopped" }
        : { events, pages: read, end, failure: error?.message, error }
    )
  })

/** Reads the grants within windows of the log. `complete` are the windows that were read to their end. */
export const searchWindows = Effect.fnUntraced(function* (
  organization: Organization.Service,
  windows: ReadonlyArray<Events.Window>,
  stop?: Effect.Effect<unknown>
) {
  const found = yield* Effect.forEach(windows, (window) => {
    const since = DateTime.unsafeMake(window.from * 1000)
    const until = DateTime.unsafeMake((window.to + 1) * 1000)
    return readEvents(organization, { types: [Events.created], since, until, stop })
  })
  return {
    events: found.flatMap(({ events }) => events),
    complete: windows.filter((_, at) => found[at]?.end === "end of the log"),
    failure: found.find(({ failure }) => failure !== undefined)?.failure
  }
})

/**
 * Reads the names of keys, if any of these changes has a key. `nameKeys` adds the names and owners of keys to changes. A
 * list that cannot be read is not a failure.
 */
export const readKeyNames = Effect.fnUntraced(function* (
  organization: Organization.Service,
  changes: ReadonlyArray<Events.Change>,
  stop: Effect.Effect<unknown> = Effect.never,
  adminKeys?: ReadonlyArray<AdminKey>
) {
  const hasKey = changes.some(({ by }) => by.key !== undefined)
  const part = hasKey && adminKeys === undefined ? yield* readPart(stop, collect(organization.adminKeys)) : undefined
  const byId = new Map<string | undefined, AdminKey>((adminKeys ?? part?.value)?.map((key) => [key.id, key]))
  const named = ({ by, ...change }: Events.Change): Change => {
    const key = byId.get(by.key)
    const owner = key?.owner?.name ?? key?.owner?.id
    const name = key?.name == null ? {} : { keyName: key.name }
    return { ...change, by: { ...by, ...name, ...(owner == null ? {} : { keyOwner: owner }) } }
  }
  return { nameKeys: (all: ReadonlyArray<Events.Change>) => all.map(named), keyNamesFailure: part?.failure }
})

export interface HistoryOptions<E = never> {
  /** The start of the changes. Default: the start of the log. */
  readonly since?: DateTime.Utc | undefined
  /** The maximum number of pages to search for older grants. Default: 30. */
  readonly lookup?: number | undefined
  /** Called with the changes since `since`, before the search for older grants. Not called if there is no search. */
  readonly onSince?: ((history: History) => Effect.Effect<void, E>) | undefined
  /** The admin keys of the organization, if they were read. Default: they are read if a change has a key. */
  readonly adminKeys?: ReadonlyArray<AdminKey> | undefined
  /** When this completes, no further request is sent. The history contains the changes read up to then. */
  readonly stop?: Effect.Effect<unknown> | undefined
}

/**
 * Reads from the audit log who granted and revoked what, and when. Changes nothing.
 *
 * A delete event names only its permission. If the grant of that permission is older than `since`, the log is searched
 * further back for it, newest first. The search ends when all are found, the log ends, or `lookup` pages were read.
 * Permissions whose grant is not found have no project and no checkpoint.
 *
 * Fails with the error of the first page: `PermissionDeniedError` where the log is turned off. If a later page fails,
 * the history says so in `failure` and has what was read.
 *
 * @category operations
 */
export const read = <E = never>(
  options: HistoryOptions<E> = {}
): Effect.Effect<History, PermissionsError | E, Organization.Organization> =>
  Effect.gen(function* () {
    const { adminKeys, lookup = 30, onSince = () => Effect.void, since, stop } = options
    const organization = yield* Organization.Organization
    const requestedAt = yield* DateTime.now
    const recent = yield* readEvents(organization, { since, stop })
    if (recent.error !== undefined && recent.pages === 0) return yield* recent.error
    const failure = recent.failure
    const changes = Events.join(recent.events)
    const { nameKeys, keyNamesFailure } = yield* readKeyNames(organization, changes, stop, adminKeys)
    const history: History = {
      format: "checkpoint-permissions/history",
      version: 2,
      ...serverOf(organization.server),
      requestedAt,
      ...(since === undefined ? {} : { since }),
      ...(failure === undefined ? {} : { failure }),
      ...(keyNamesFailure === undefined ? {} : { keyNamesFailure }),
      changes: nameKeys(changes).toReversed()
    }
    const wanted = Events.withoutTarget(changes)
    if (since === undefined || wanted.size === 0 || failure !== undefined || lookup === 0) return history
    yield* onSince(history)
    const older = yield* readEvents(organization, {
      types: [Events.created],
      until: since,
      pages: lookup,
      stop,
      isComplete: (events) => {
        const found = new Set(Events.targetsIn(events).map(({ permission }) => permission))
        return [...wanted].every((permission) => found.has(permission))
      }
    })
    const { end, error, pages } = older
    return {
      ...history,
      lookup: { pages, end, ...(error === undefined ? {} : { reason: error.message }) },
      changes: nameKeys(Events.join(recent.events, Events.targetsIn(older.events))).toReversed()
    }
  })
