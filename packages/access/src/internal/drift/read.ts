import { Organization, type Service as OrganizationService } from "@checkpoint-permissions/client/Organization"
import { isCheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Access } from "../../Access.ts"
import * as Projects from "../../Projects.ts"
import { checkInput, readRows } from "../audit/audit.ts"
import type { AccessMatrix, AuditOptions } from "../audit/matrix.ts"
import { type LogRead, readEvents, readKeyNames, searchWindows, untilStopped } from "../history/read.ts"
import { serverOf } from "../json.ts"
import type { AccessPolicy, ResolvedEntry, Source } from "../policy/entry.ts"
import { resolve } from "../policy/resolve.ts"
import { differencesOf, type LoggedChanges, make, unmanagedInLog } from "./differences.ts"
import type { Drift } from "./report.ts"

export interface DriftOptions extends Pick<AuditOptions, "concurrency" | "onRow" | "owners" | "stop"> {
  /**
   * Whether to read unmanaged checkpoints with a grant in the log too, and to report their permissions as differences.
   * Default: false.
   */
  readonly unmanaged?: boolean | undefined
  /** The current time of the server, by which access ends. Default: the clock of this machine. */
  readonly now?: Effect.Effect<DateTime.Utc> | undefined
  /** Reads the projects of the organization. Default: the whole list. */
  readonly projects?: Effect.Effect<Projects.Projects> | undefined
  /** The texts of the policy, for the file of each due review. Default: none. */
  readonly sources?: ReadonlyArray<Source> | undefined
  /** Runs after the checkpoints of the policy are read, before the log is searched. */
  readonly onLog?: Effect.Effect<void> | undefined
}

/** The maximum number of log pages per run: three minutes at ten calls a minute. */
const pages = 30

/** Shifts the times of rows by an offset between clocks, in milliseconds. */
const shifted = (matrix: AccessMatrix, millis: number): AccessMatrix => ({
  ...matrix,
  rows: matrix.rows.map((row) => ({
    ...row,
    ...(row.readFrom === undefined ? {} : { readFrom: DateTime.add(row.readFrom, { millis }) }),
    readAt: DateTime.add(row.readAt, { millis })
  }))
})

const labelsOf = (projects: Projects.Projects) =>
  Object.fromEntries(
    [...projects.byId.keys()].flatMap((id) => {
      const name = Projects.nameOf(projects, id)
      if (Projects.isArchived(projects, id)) return [[id, `${name ?? id} (archived)`]]
      return name === undefined ? [] : [[id, name]]
    })
  )

/** Returns the span of time that a read of the log covers completely. The log is read newest first. */
const windowOf = ({ end, events }: LogRead): Events.Window => {
  const oldest = events.at(-1)?.effective_at ?? Number.POSITIVE_INFINITY
  // some events of the oldest second may be missing
  return { from: end === "end of the log" ? Number.NEGATIVE_INFINITY : oldest + 1, to: Number.POSITIVE_INFINITY }
}

/** Searches the log around the creation of permissions that differ, except for grants in the newest part. */
const searchLog = Effect.fnUntraced(function* (
  organization: OrganizationService,
  policy: ReadonlyArray<ResolvedEntry>,
  matrix: AccessMatrix,
  projects: Projects.Projects,
  newest: LogRead,
  requestedAt: DateTime.Utc,
  stop: Effect.Effect<unknown>
): Effect.fn.Return<LoggedChanges> {
  const creationOf = Events.creations(Events.join(newest.events))
  const times = differencesOf(policy, matrix, projects).differences.flatMap((one) =>
    "permission" in one && creationOf(one.permission, one.createdAt) === undefined ? [one.createdAt] : []
  )
  // if the log cannot be read, its older part cannot either
  const windows = newest.end === "page limit" ? Events.windowsOf(times) : []
  const older = yield* searchWindows(organization, windows, stop)
  // existing permissions are known from the matrix too
  const present = matrix.rows.flatMap(({ checkpoint, permissions }) =>
    permissions.map(({ id, project_id }) => ({ permission: id, project: project_id, checkpoint }))
  )
  const known = [...Events.targetsIn(older.events), ...present]
  const [changes, olderGrants] = [Events.join(newest.events, known), Events.join(older.events, known)]
  const { nameKeys, keyNamesFailure } = yield* readKeyNames(organization, [...changes, ...olderGrants], stop)
  return {
    requestedAt,
    changes: nameKeys(changes),
    olderGrants: nameKeys(olderGrants),
    windows: [windowOf(newest), ...older.complete],
    isComplete: newest.end === "end of the log",
    failure: newest.failure ?? older.failure,
    keyNamesFailure
  }
})

/**
 * Reads every checkpoint of a policy, and the audit log, and returns the differences. Changes nothing.
 *
 * The checkpoints are listed as in an audit. Then the log is searched for the actors: 30 pages, newest first, and at
 * most 30 windows around the creation of permissions that these pages lack. An `Organization` that prefetches requests
 * one page more. Without the log the differences are the same, without actors. A checkpoint that cannot be read is a
 * difference of the kind `unread`, even if none can be read.
 *
 * Fails for an invalid option. Dies for an invalid policy that was made in code.
 *
 * @category operations
 */
export const read = (
  policy: AccessPolicy,
  options: DriftOptions = {}
): Effect.Effect<Drift, InvalidInputError, Access | Organization> =>
  Effect.gen(function* () {
    const {
      now = DateTime.now,
      onLog = Effect.void,
      stop = Effect.never,
      unmanaged = false,
      concurrency,
      owners
    } = options
    const reads = { concurrency, owners, onRow: options.onRow }
    const access = yield* Access
    const organization = yield* Organization
    const resolved = yield* Effect.orDie(resolve(policy))
    const checkpoints = resolved.map(({ checkpoint }) => checkpoint)
    yield* checkInput(checkpoints, { concurrency, owners })
    // the first replies: an application may measure the server's clock by them
    const listed = yield* untilStopped(stop, options.projects ?? Projects.read(organization))
    const projects = Option.getOrElse(listed, () => Projects.make([], { isComplete: false, failure: "stopped" }))
    const createdAt = yield* DateTime.now
    const managed = yield* readRows(access, checkpoints, { ...reads, stop })
    yield* onLog
    const requestedAt = yield* DateTime.now
    const newest = yield* readEvents(organization, { pages, stop })
    const before = managed.length
    // progress continues after the checkpoints of the policy
    const onRow: AuditOptions["onRow"] = (row, { done, failed, total }) =>
      reads.onRow?.(row, { done: done + before, failed, total: total + before }) ?? Effect.void
    const inLog = unmanagedInLog(Events.join(newest.events), resolved).flatMap(({ checkpoint = "" }) =>
      isCheckpointId(checkpoint) ? [checkpoint] : []
    )
    const others = unmanaged ? yield* readRows(access, [...new Set(inLog)], { ...reads, onRow, stop }) : []
    const offset = DateTime.distance(yield* DateTime.now, yield* now)
    const matrix = shifted(
      {
        format: "checkpoint-permissions/matrix",
        version: 3,
        createdAt,
        ...serverOf(organization.server),
        names: labelsOf(projects),
        projects: [],
        rows: [...managed, ...others]
      },
      offset
    )
    const at = DateTime.add(requestedAt, { millis: offset })
    const log = yield* searchLog(organization, resolved, matrix, projects, newest, at, stop)
    return yield* Effect.orDie(
      make(policy, matrix, log, { projects, isUnmanagedRead: unmanaged, sources: options.sources })
    )
  }).pipe(Effect.withSpan("Drift.read", { captureStackTrace: false }))
