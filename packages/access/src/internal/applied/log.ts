import * as Organization from "@checkpoint-permissions/client/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { readEvents } from "../history/read.ts"
import type { LogChange } from "./reviews.ts"

/** A time that has more pages of events than this is not checked. */
const maxPages = 30

/**
 * Reads the grants and revokes in the audit log from a time on, at most 30 pages. `failure` is the reason why it was not
 * read, or not so far back.
 *
 * @category operations
 */
export const readLog = (
  since: DateTime.Utc
): Effect.Effect<
  { readonly changes?: ReadonlyArray<LogChange>; readonly failure?: string },
  never,
  Organization.Organization
> =>
  Effect.gen(function* () {
    const organization = yield* Organization.Organization
    const { end, events, failure } = yield* readEvents(organization, { since, pages: maxPages })
    if (end === "end of the log") {
      const changes = Events.join(events)
      const unknown = Events.withoutTarget(changes)
      // a permission whose create event is older than this part of the log was listed by the plan
      const isLost = changes.some(({ action, permission = "" }) => action === "grant" && unknown.has(permission))
      return isLost ? { failure: "an event of a new permission names no project or no checkpoint" } : { changes }
    }
    return { failure: failure ?? `it has more than ${maxPages} pages since the oldest of these plans` }
  })
