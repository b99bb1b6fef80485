import { Organization } from "@checkpoint-permissions/client/Organization"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { readEvents, readKeyNames } from "./log.ts"
import type { History } from "./model.ts"

/** @category models */
export interface HistoryOptions<E = never> {
  /** The start of the changes. Default: the start of the log. */
  readonly since?: DateTime.Utc | undefined
  /** The maximum number of pages to search for older grants. Default: 30. */
  readonly lookup?: number | undefined
  /** Called with the changes since `since`, before the search for older grants. Not called if there is no search. */
  readonly onSince?: ((history: History) => Effect.Effect<void, E>) | undefined
  /** When this completes, no further request is sent. The history contains the changes read up to then. */
  readonly stop?: Effect.Effect<unknown> | undefined
}

const types = [Events.created, Events.deleted]

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
): Effect.Effect<History, PermissionsError | E, Organization> =>
  Effect.gen(function* () {
    const { lookup = 30, onSince = () => Effect.void, since, stop } = options
    const organization = yield* Organization
    const { apiUrl, organization: id } = organization.server
    const requestedAt = yield* DateTime.now
    const recent = yield* readEvents(organization.events({ types, since }), { stop })
    if (recent.error !== undefined && recent.pages === 0) return yield* recent.error
    const failure = recent.failure
    const changes = Events.join(recent.events)
    const { nameKeys, keyNamesFailure } = yield* readKeyNames(organization, changes, stop)
    const history: History = {
      format: "checkpoint-permissions/history",
      version: 2,
      apiUrl,
      ...(id === undefined ? {} : { organization: id }),
      requestedAt,
      ...(since === undefined ? {} : { since }),
      ...(failure === undefined ? {} : { failure }),
      ...(keyNamesFailure === undefined ? {} : { keyNamesFailure }),
      changes: nameKeys(changes).toReversed()
    }
    const wanted = Events.withoutTarget(changes)
    if (since === undefined || wanted.size === 0 || failure !== undefined || lookup === 0) return history
    yield* onSince(history)
    const older = yield* readEvents(organization.events({ types: [Events.created], until: since }), {
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
