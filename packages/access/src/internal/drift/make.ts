import * as Events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import type { AccessMatrix } from "../audit/matrix.ts"
import type { Change } from "../history/model.ts"
import type { InvalidPolicy } from "../policy/diagnostic.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { resolve } from "../policy/resolve.ts"
import { differencesOf, type Observation } from "./differences.ts"
import type { Difference, Drift } from "./model.ts"

/**
 * The part of the audit log that was read.
 *
 * @category models
 */
export interface LoggedChanges {
  readonly requestedAt: DateTime.Utc
  /** The newest part of the log, oldest first. */
  readonly changes: ReadonlyArray<Change>
  /**
   * Grants before that part of the log, around the creation of permissions that differ. Deletes of that time are not
   * read.
   */
  readonly olderGrants: ReadonlyArray<Change>
  /**
   * The completely read spans of the log, in Unix seconds: those of the newest part, then those around permissions.
   */
  readonly windows: ReadonlyArray<Events.Window>
  /** True if the newest part is the whole log. */
  readonly isComplete: boolean
  /** The reason why the log, or a part of it, could not be read. */
  readonly failure?: string | undefined
  /** The reason why the names of keys could not be read. */
  readonly keyNamesFailure?: string | undefined
}

/**
 * Facts besides the matrix and the log.
 *
 * @category models
 */
export interface MakeOptions extends Pick<Observation, "projects"> {
  /** The reason why the projects of the organization could not be listed. */
  readonly projectsFailure?: string | undefined
  /** True if the checkpoints in no policy were read too. Default: false. */
  readonly isUnmanagedRead?: boolean | undefined
}

/** The age of the oldest changes that are shown, in seconds: eight days, since a nightly run may fail or be late. */
const maxChangeAge = 8 * 24 * 60 * 60

/** Returns true if nothing of the log was read. */
const isLogUnread = ({ changes, failure }: LoggedChanges): boolean => failure !== undefined && changes.length === 0

/** Returns a function that adds the log's actor to a difference, or the log's end of a missing access. */
const withActor = (log: LoggedChanges) => {
  const grants = new Map<string | undefined, Change>()
  for (const change of [...log.olderGrants, ...log.changes]) {
    if (change.action === "grant") grants.set(change.permission, change)
  }
  return (difference: Difference): Difference => {
    if ("permission" in difference) {
      const grant = grants.get(difference.permission)
      if (grant !== undefined) return { ...difference, grant: { _tag: "InLog", at: grant.at, by: grant.by } }
      const isSearched = log.isComplete || Events.isSearched(log.windows, difference.createdAt)
      return { ...difference, grant: { _tag: isSearched ? "NotInLog" : "NotSearched" } }
    }
    if (difference.kind !== "in the policy, no access") return difference
    const {
      _tag,
      later: laterDeletes,
      ...rest
    } = Events.missingAccess(log.changes, difference.checkpoint, difference.project)
    if (!("change" in rest))
      return { ...difference, end: { _tag: "NotGranted", laterDeletes, isComplete: log.isComplete } }
    const { at, by, permission } = rest.change
    const end = { ...(permission === undefined ? {} : { permission }), at, laterDeletes }
    return { ...difference, end: _tag === "Revoked" ? { _tag, ...end, by } : { _tag: "NotRevoked", ...end } }
  }
}

/** Returns the exit code of `drift`: 4 if something is unread, otherwise 3 if something differs, otherwise 0. */
export const exitCodeOf = (differences: ReadonlyArray<Difference>, isUnmanagedUnknown: boolean): Drift["exitCode"] => {
  if (isUnmanagedUnknown || differences.some(({ kind }) => kind === "unread")) return 4
  return differences.length > 0 ? 3 : 0
}

/**
 * Returns the recent changes of projects whose access to the checkpoint does not differ. At an unread checkpoint a
 * change may have left a difference.
 */
const withoutDifference = ({ requestedAt, changes }: LoggedChanges, differences: ReadonlyArray<Difference>) => {
  const from = DateTime.toEpochMillis(requestedAt) / 1000 - maxChangeAge
  const unread = new Set<string | undefined>(
    differences.flatMap((one) => (one.kind === "unread" ? [one.checkpoint] : []))
  )
  const differing = new Set(
    differences.map((one) => JSON.stringify([one.checkpoint, "project" in one ? one.project : undefined]))
  )
  return changes
    .filter(
      ({ at, checkpoint, project }) =>
        at >= from && !unread.has(checkpoint) && !differing.has(JSON.stringify([checkpoint, project]))
    )
    .toReversed()
}

/**
 * Returns the differences between a policy and the matrix of its checkpoints, with the actors from the audit log. Rows
 * of checkpoints in no policy are unmanaged. Fails for an invalid policy that was made in code.
 *
 * The log adds only actors: without it the differences are the same.
 *
 * @category constructors
 */
export const make = (
  policy: AccessPolicy,
  matrix: AccessMatrix,
  log: LoggedChanges,
  { isUnmanagedRead = false, projects, projectsFailure }: MakeOptions = {}
): Either.Either<Drift, InvalidPolicy> =>
  Either.map(resolve(policy), (resolved) => {
    const found = differencesOf(resolved, { matrix, projects })
    const differences = isLogUnread(log) ? found.differences : found.differences.map(withActor(log))
    const managed = new Set<string>(resolved.map(({ checkpoint }) => checkpoint))
    const gone = new Set<string>(matrix.rows.flatMap((row) => (!row.complete && row.notFound ? [row.checkpoint] : [])))
    const open = Events.openGrants(log.changes).flatMap(({ checkpoint = "" }) =>
      checkpoint === "" || managed.has(checkpoint) ? [] : [checkpoint]
    )
    const times = matrix.rows.map(({ readAt, readFrom = readAt }) => ({ readAt, readFrom }))
    const [{ from } = { from: Number.NaN }] = log.windows
    const oldest = Number.isFinite(from) ? from - 1 : undefined
    return {
      format: "checkpoint-permissions/drift",
      version: 2,
      apiUrl: matrix.apiUrl,
      ...(matrix.organization === undefined ? {} : { organization: matrix.organization }),
      readFrom: times.reduce(
        (first, { readFrom }) => DateTime.min(first, readFrom),
        times[0]?.readFrom ?? matrix.createdAt
      ),
      readAt: times.reduce((last, { readAt }) => DateTime.max(last, readAt), times[0]?.readAt ?? matrix.createdAt),
      checkpoints: resolved.length,
      exitCode: exitCodeOf(differences, isUnmanagedRead && log.failure !== undefined),
      differences,
      notes: found.notes,
      ...(projectsFailure === undefined ? {} : { projectsFailure: projectsFailure }),
      log: {
        requestedAt: log.requestedAt,
        isComplete: log.isComplete,
        ...(oldest === undefined ? {} : { oldest }),
        ...(log.failure === undefined ? {} : { failure: log.failure }),
        ...(log.keyNamesFailure === undefined ? {} : { keyNamesFailure: log.keyNamesFailure })
      },
      changes: withoutDifference(log, differences),
      unmanaged: { checkpoints: [...new Set(open)].filter((one) => !gone.has(one)), isRead: isUnmanagedRead },
      names: matrix.names
    }
  })
