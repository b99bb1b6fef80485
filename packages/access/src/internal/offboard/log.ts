/** The audit log, as far as an offboarding has read it. */
import type { ListingError, Service as Organization } from "@checkpoint-permissions/client/Organization"
import type { AuditEvent } from "@checkpoint-permissions/core/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as Chunk from "effect/Chunk"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { untilStopped } from "../history/log.ts"

export interface Log {
  readonly events: ReadonlyArray<AuditEvent>
  readonly changes: ReadonlyArray<Events.Change>
  readonly pages: number
  /** The reason why a read did not reach the end of the log. */
  readonly failure: string | undefined
}

/** Makes an empty log, and the effect that reads it page by page, newest first. */
export const makeLog = (organization: Organization) => {
  const events: Array<AuditEvent> = []
  const changes: Array<Events.Change> = []
  const seen = new Set<string>()
  const log: { -readonly [Field in keyof Log]: Log[Field] } = { events, changes, pages: 0, failure: undefined }

  /** Reads the log. If a page fails or `stop` completes, keeps the pages before it and sets `failure`. */
  const read = <E>(
    since: DateTime.Utc | undefined,
    stop: Effect.Effect<unknown>,
    onPage: Effect.Effect<void, E>
  ): Effect.Effect<void, E> => {
    const onResult = (page: Either.Either<Chunk.Chunk<AuditEvent>, ListingError>) =>
      Either.match(page, {
        onLeft: ({ message }) =>
          Effect.sync(() => {
            log.failure = message
          }),
        onRight: (chunk) =>
          Effect.suspend(() => {
            const fresh = Chunk.toReadonlyArray(chunk).filter(({ id }) => !seen.has(id))
            for (const { id } of fresh) seen.add(id)
            events.push(...fresh)
            changes.push(...Events.join(fresh))
            log.pages += 1
            return onPage
          })
      })
    return organization.events({ types: [Events.created, Events.deleted], since }).pipe(
      Stream.chunks,
      Stream.either,
      Stream.runForEach(onResult),
      (reading) => untilStopped(stop, reading),
      Effect.map((ended) => {
        if (Option.isNone(ended)) log.failure ??= "stopped"
      })
    )
  }
  return { log, read }
}
