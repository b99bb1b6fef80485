/** The part of the audit log that names the actors of differences, as pure functions. */
import * as Events from "@checkpoint-permissions/protocol/events"
import type * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import type { AccessMatrix } from "../audit/matrix.ts"
import type { LogRead, SearchedWindow } from "../history/log.ts"
import type { Change } from "../history/model.ts"
import type { InvalidPolicy } from "../policy/diagnostic.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { resolve } from "../policy/resolve.ts"
import { differencesOf } from "./differences.ts"

/**
 * The audit log, as far as it was read.
 *
 * @category models
 */
export interface LoggedChanges {
  readonly requestedAt: DateTime.Utc
  /** The newest part of the log, oldest first. */
  readonly changes: ReadonlyArray<Change>
  /** Grants before that part, around the creation of permissions that differ. Deletes of that time are unknown. */
  readonly olderGrants: ReadonlyArray<Change>
  /** The completely read spans of the newest part, then those around permissions, in Unix seconds. */
  readonly windows: ReadonlyArray<Events.Window>
  /** True if the newest part is the whole log. */
  readonly isComplete: boolean
  /** The reason why the log, or a part of it, could not be read. */
  readonly failure?: string | undefined
  /** The reason why the names of keys could not be read. */
  readonly keyNamesFailure?: string | undefined
}

/** Returns the span of time that a read, newest first, covers completely. */
const windowOf = ({ end, events }: LogRead): Events.Window => {
  const oldest = events.at(-1)?.effective_at ?? Number.POSITIVE_INFINITY
  // some events of the oldest second may be missing
  return { from: end === "end of the log" ? Number.NEGATIVE_INFINITY : oldest + 1, to: Number.POSITIVE_INFINITY }
}

/**
 * Returns the windows to search for grants of permissions that differ and that the newest part of the log lacks. Fails
 * for an invalid policy that was made in code.
 */
export const windowsToSearch = (
  policy: AccessPolicy,
  matrix: AccessMatrix,
  newest: LogRead
): Either.Either<ReadonlyArray<Events.Window>, InvalidPolicy> =>
  Either.map(resolve(policy), (resolved) => {
    // if the log cannot be read, its older part cannot either
    if (newest.end !== "page limit") return []
    const logged = new Set(Events.targetsIn(newest.events).map(({ permission }) => permission))
    const times = differencesOf(resolved, { matrix }).differences.flatMap((one) =>
      "permission" in one && !logged.has(one.permission) ? [one.createdAt] : []
    )
    return Events.windowsOf(times)
  })

/** Returns the changes in these reads. Existing permissions are known from the matrix too. */
export const changesIn = (matrix: AccessMatrix, newest: LogRead, searched: ReadonlyArray<SearchedWindow>) => {
  const older = searched.flatMap(({ reading }) => reading.events)
  const present = matrix.rows.flatMap(({ checkpoint, permissions }) =>
    permissions.map(({ id, project_id }) => ({ permission: id, project: project_id, checkpoint }))
  )
  const known = [...Events.targetsIn(older), ...present]
  return { changes: Events.join(newest.events, known), olderGrants: Events.join(older, known) }
}

/** Returns the log from these reads. */
export const loggedChanges = (
  newest: LogRead,
  searched: ReadonlyArray<SearchedWindow>,
  rest: Pick<LoggedChanges, "requestedAt" | "changes" | "keyNamesFailure" | "olderGrants">
): LoggedChanges => ({
  ...rest,
  windows: [
    windowOf(newest),
    ...searched.flatMap(({ reading, window }) => (reading.end === "end of the log" ? [window] : []))
  ],
  isComplete: newest.end === "end of the log",
  failure: [newest, ...searched.map(({ reading }) => reading)].flatMap(({ failure }) => failure ?? [])[0]
})
