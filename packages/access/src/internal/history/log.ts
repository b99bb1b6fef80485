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
 * Runs an effect until `stop` completes, and not at all if it has completed already. Returns `None` if the effect did
 * not end.
 */
export const untilStopped = <A, E, R>(
  stop: Effect.Effect<unknown>,
  self: Effect.Effect<A, E, R>
): Effect.Effect<Option.Option<A>, E, R> =>
  Effect.flatMap(Effect.raceFirst(Effect.as(stop, true), Effect.as(Effect.yieldNow(), false)), (isStopped) =>
    isStopped ? Effect.succeedNone : interruptWhen(stop, self)
  )

/** Limits of a read of the audit log. */
export interface LogReadOptions {
  /** The most pages. Default: all. */
  readonly pages?: number | undefined
  /** Returns true if no further page is needed. */
  readonly isComplete?: ((events: ReadonlyArray<AuditEvent>) => boolean) | undefined
  /** When this completes, no further page is read. */
  readonly stop?: Effect.Effect<unknown> | undefined
}

/** The events that were read, and the reason why the read ended. */
export interface LogRead {
  readonly events: ReadonlyArray<AuditEvent>
  readonly pages: number
  readonly end: "enough" | "end of the log" | "used up" | "stopped" | "failed"
  readonly error?: ListingError
}

/** Reads events page by page. If a page fails or the read is stopped, returns the events up to then. */
export const readEvents = Effect.fnUntraced(function* (
  listing: Stream.Stream<AuditEvent, ListingError>,
  { isComplete = () => false, pages = Number.POSITIVE_INFINITY, stop = Effect.never }: LogReadOptions = {}
) {
  const events: Array<AuditEvent> = []
  let read = 0
  let end: LogRead["end"] = "end of the log"
  const outcome = yield* listing.pipe(
    Stream.chunks,
    Stream.runForEachWhile((page) =>
      Effect.sync(() => {
        events.push(...Chunk.toReadonlyArray(page))
        read += 1
        if (isComplete(events)) end = "enough"
        else if (read >= pages) end = "used up"
        return end === "end of the log"
      })
    ),
    (reading) => untilStopped(stop, reading),
    Effect.either
  )
  const reading = (end: LogRead["end"], error?: ListingError): LogRead => ({
    events,
    pages: read,
    end,
    ...(error === undefined ? {} : { error })
  })
  if (Either.isLeft(outcome)) return reading("failed", outcome.left)
  return reading(Option.isNone(outcome.right) ? "stopped" : end)
})

/** Returns the reason why a read did not reach the end of the log, if it failed or was stopped. */
export const failureOf = ({ end, error }: LogRead): ReadonlyArray<string> =>
  error === undefined ? (end === "stopped" ? ["stopped"] : []) : [error.message]

/** A search of the log within one window. */
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
    ? Effect.succeed({ nameKeys: withNames([]), namesUnread: undefined })
    : Effect.match(untilStopped(stop, Stream.runCollect(organization.adminKeys)), {
        onFailure: (error) => ({ nameKeys: withNames([]), namesUnread: error.message }),
        onSuccess: (keys) => ({
          nameKeys: withNames(Chunk.toReadonlyArray(Option.getOrElse(keys, () => Chunk.empty()))),
          namesUnread: Option.isNone(keys) ? "stopped" : undefined
        })
      })
