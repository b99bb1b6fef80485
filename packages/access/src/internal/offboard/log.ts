/** The audit log, as far as an offboarding has read it. */
import type { Service as Organization } from "@checkpoint-permissions/client/Organization"
import type { AuditEvent } from "@checkpoint-permissions/core/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { readEvents } from "../history/log.ts"

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
  ): Effect.Effect<void, E> =>
    Effect.map(
      readEvents(organization.events({ types: [Events.created, Events.deleted], since }), {
        stop,
        onPage: (page) =>
          Effect.suspend(() => {
            const fresh = page.filter(({ id }) => !seen.has(id))
            for (const { id } of fresh) seen.add(id)
            events.push(...fresh)
            changes.push(...Events.join(fresh))
            log.pages += 1
            return onPage
          })
      }),
      ({ failure }) => {
        log.failure = failure ?? log.failure
      }
    )
  return { log, read }
}
