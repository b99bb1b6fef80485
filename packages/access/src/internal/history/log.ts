/** Reads changes to permissions from the audit log. */
import type { ListingError, Service } from "@checkpoint-permissions/client/Organization"
import type { AdminKey, AuditEvent } from "@checkpoint-permissions/core/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { interruptWhen } from "../run/until.ts"
import type { Change } from "./model.ts"

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

/** The value of a read, or the reason why there is none. */
export interface Part<A> {
  readonly value?: A
  readonly failure?: string
}

/** Runs a read until `stop` completes. A failure is not an error: `failure` has the reason. */
export const readPart = <A>(
  stop: Effect.Effect<unknown>,
  read: Effect.Effect<A, ListingError>
): Effect.Effect<Part<A>> =>
  Effect.match(untilStopped(stop, read), {
    onFailure: (error): Part<A> => ({ failure: error.message }),
    onSuccess: Option.match({
      onNone: (): Part<A> => ({ failure: "stopped" }),
      onSome: (value): Part<A> => ({ value })
    })
  })

/** Reads a list to its end. */
export const collect = <A>(stream: Stream.Stream<A, ListingError>): Effect.Effect<ReadonlyArray<A>, ListingError> =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** Limits of a read of the audit log. */
export interface LogReadOptions<E = never> {
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
  readonly error?: ListingError | undefined
}

/** Reads events page by page. If a page fails or the read is stopped, returns the events up to then. */
export const readEvents = <E = never>(
  listing: Stream.Stream<AuditEvent, ListingError>,
  {
    isComplete = () => false,
    onPage = () => Effect.void,
    pages = Number.POSITIVE_INFINITY,
    stop = Effect.never
  }: LogReadOptions<E> = {}
): Effect.Effect<LogRead, E> =>
  Effect.suspend(() => {
    const events: Array<AuditEvent> = []
    let read = 0
    let end: LogRead["end"] = "end of the log"
    let error: ListingError | undefined
    const reading = listing.pipe(
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

/** The result of the search of one window of the log. */
export interface SearchedWindow {
  readonly window: Events.Window
  readonly reading: LogRead
}

/** Reads the grants within each window of the log. */
export const searchWindows = (
  organization: Service,
  windows: ReadonlyArray<Events.Window>,
  stop?: Effect.Effect<unknown>
): Effect.Effect<ReadonlyArray<SearchedWindow>> =>
  Effect.forEach(windows, (window) => {
    const since = DateTime.unsafeMake(window.from * 1000)
    const until = DateTime.unsafeMake((window.to + 1) * 1000)
    const listing = organization.events({ types: [Events.created], since, until })
    return Effect.map(readEvents(listing, { stop }), (reading) => ({ reading, window }))
  })

/** Adds the names and owners of keys to changes. */
export type NameKeys = (changes: ReadonlyArray<Events.Change>) => ReadonlyArray<Change>

const withNames =
  (keys: ReadonlyArray<AdminKey>): NameKeys =>
  (changes) => {
    const byId = new Map(keys.map((key) => [key.id, key]))
    return changes.map((change) => {
      const key = change.by.key === undefined ? undefined : byId.get(change.by.key)
      const owner = key?.owner?.name ?? key?.owner?.id
      const name = key?.name == null ? {} : { keyName: key.name }
      return { ...change, by: { ...change.by, ...name, ...(owner == null ? {} : { keyOwner: owner }) } }
    })
  }

/** Reads the names of keys, if any of these changes has a key. A list that cannot be read is not a failure. */
export const readKeyNames = (
  organization: Service,
  changes: ReadonlyArray<Events.Change>,
  stop: Effect.Effect<unknown> = Effect.never
) =>
  changes.every(({ by }) => by.key === undefined)
    ? Effect.succeed({ nameKeys: withNames([]), keyNamesFailure: undefined })
    : Effect.map(readPart(stop, collect(organization.adminKeys)), ({ failure, value = [] }) => ({
        nameKeys: withNames(value),
        keyNamesFailure: failure
      }))
