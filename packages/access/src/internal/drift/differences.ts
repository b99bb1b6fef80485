import * as Events from "@checkpoint-permissions/protocol/events"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Projects from "../../Projects.ts"
import { hasServerOwner, spanOf } from "../audit/cells.ts"
import type { AccessMatrix, AuditPermission, Row } from "../audit/matrix.ts"
import type { Change } from "../history/changes.ts"
import { serverOf } from "../json.ts"
import { type Compared, compare } from "../policy/compare.ts"
import type { AccessPolicy, InvalidPolicy, ResolvedEntry, Source } from "../policy/entry.ts"
import { filesIn } from "../policy/locations.ts"
import { dayOf, resolve } from "../policy/resolve.ts"
import * as Review from "../review/due.ts"
import type { Difference, Drift, Note } from "./report.ts"

/**
 * Tolerance of the time of a read, in milliseconds. Server times are in whole seconds, so a read may have been up to
 * one second later.
 */
const readTolerance = 1000

const unwantedPermission = (
  kind: Extract<Difference, { readonly permission: string }>["kind"],
  { checkpoint }: Pick<Row, "checkpoint">,
  { created_at, id, project_id }: AuditPermission
): Difference => ({ kind, checkpoint, project: project_id, permission: id, createdAt: created_at })

const unread = ({ checkpoint }: Pick<Row, "checkpoint">, reason: string): Difference => {
  return { kind: "unread", checkpoint, reason }
}

const kinds = { ended: "ended", unwanted: "not in the policy" } as const

/** An entry, its row if it was read, and their comparison at the end of the read. */
interface Pair {
  readonly wanted: ResolvedEntry
  readonly row: Row | undefined
  readonly compared: ReadonlyArray<Compared<AuditPermission>>
}

const pairOf = (wanted: ResolvedEntry, row: Row | undefined): Pair => {
  const day = row && dayOf(DateTime.add(row.readAt, { millis: readTolerance }))
  return { wanted, row, compared: compare(wanted, row?.permissions ?? [], day ?? "") }
}

const differencesAt = (
  { compared, row, wanted }: Pair,
  isAnyRead: boolean,
  isUnknown: (project: string) => boolean
): ReadonlyArray<Difference> => {
  if (row === undefined) return [unread(wanted, "not read")]
  if (!row.complete && row.notFound === true && isAnyRead) return [{ kind: "gone", checkpoint: row.checkpoint }]
  const { checkpoint } = row
  const named = hasServerOwner(row) ? row.owner : undefined
  const from = dayOf(row.readFrom ?? row.readAt)
  const isOneDay = from === dayOf(DateTime.add(row.readAt, { millis: readTolerance }))
  const absent = (isOneDay ? compared : compare(wanted, row.permissions, from))
    .filter(({ kind, project }) => kind === "missing" && project !== named)
    .map(({ project }) => project)
  const isOwnerListed = compared.some(({ kind, permissions }) => kind === "owner" && permissions.length > 0)
  const unknown = [...absent, ...(wanted.owner === undefined || isOwnerListed ? [] : [wanted.owner])].filter(isUnknown)
  return [
    ...(row.complete ? [] : [unread(row, row.reason)]),
    ...(wanted.owner === undefined || named === undefined || named === wanted.owner
      ? []
      : [{ kind: "another owner" as const, checkpoint, project: wanted.owner, owner: named }]),
    ...compared.flatMap(({ kind, permissions }) =>
      kind === "ended" || kind === "unwanted" ? permissions.map((one) => unwantedPermission(kinds[kind], row, one)) : []
    ),
    ...unknown.map((project): Difference => ({ kind: "unknown project", checkpoint, project })),
    // an incomplete listing does not show that a permission is missing
    ...(row.complete ? absent.filter((project) => !isUnknown(project)) : []).map(
      (project): Difference => ({ kind: "in the policy, no access", checkpoint, project })
    )
  ]
}

const unmanagedIn = (row: Row, isAnswered: boolean): ReadonlyArray<Difference> => [
  ...(row.complete || (row.notFound === true && isAnswered) ? [] : [unread(row, row.reason)]),
  ...row.permissions.map((one) => unwantedPermission("unmanaged", row, one))
]

const notesAt = ({ compared, wanted: { checkpoint, mode } }: Pair, listed: Projects.Projects): ReadonlyArray<Note> => {
  const note =
    (kind: "owner listed" | "duplicate") =>
    ({ id, project_id }: AuditPermission): Note => ({ kind, checkpoint, project: project_id, permission: id })
  const listedOwner = compared.find(({ kind }) => kind === "owner")?.permissions ?? []
  const repeated = compared.filter(({ kind, permissions: { length } }) => length > 1 && kind === "kept")
  const archived = compared.filter(
    ({ kind, project }) => (kind === "kept" || kind === "missing") && Projects.isArchived(listed, project)
  )
  const others = compared.filter(({ kind }) => kind === "other").length
  return [
    ...listedOwner.map(note("owner listed")),
    ...(mode === "exact" ? repeated.flatMap(({ permissions: [, ...younger] }) => younger.map(note("duplicate"))) : []),
    ...archived.map(({ project }): Note => ({ kind: "archived project", checkpoint, project, others: 0 })),
    ...(others === 0 ? [] : [{ kind: "other projects" as const, checkpoint, projects: others }])
  ]
}

/** Returns notes with one for each archived project: at its first checkpoint, with the number of others. */
const archivedOnce = (notes: ReadonlyArray<Note>): ReadonlyArray<Note> => {
  const counts = new Map<string, number>()
  for (const note of notes) {
    if (note.kind === "archived project") counts.set(note.project, (counts.get(note.project) ?? 0) + 1)
  }
  return notes.flatMap((note): ReadonlyArray<Note> => {
    if (note.kind !== "archived project") return [note]
    const count = counts.get(note.project)
    counts.delete(note.project)
    return count === undefined ? [] : [{ ...note, others: count - 1 }]
  })
}

/**
 * Returns the differences between a policy and the result of reads, in the order of the policy. Rows of checkpoints
 * outside the policy come last.
 *
 * The times of the rows determine which access has ended. They are times of the server.
 */
export const differencesOf = (
  policy: ReadonlyArray<ResolvedEntry>,
  { rows }: AccessMatrix,
  projects: Projects.Projects
): Pick<Drift, "differences" | "notes"> => {
  const isAnswered = rows.some(({ complete, permissions }) => complete || permissions.length > 0)
  const seen = new Set<string>(rows.flatMap(({ permissions }) => permissions.map(({ project_id }) => project_id)))
  const isUnknown = (project: string) => Projects.isUnknown(projects, project) && !seen.has(project)
  const byCheckpoint = new Map<string, Row>(rows.map((row) => [row.checkpoint, row]))
  const managed = new Set<string>(policy.map(({ checkpoint }) => checkpoint))
  const pairs = policy.map((wanted) => pairOf(wanted, byCheckpoint.get(wanted.checkpoint)))
  return {
    differences: [
      ...pairs.flatMap((pair) => differencesAt(pair, isAnswered, isUnknown)),
      ...rows.filter(({ checkpoint }) => !managed.has(checkpoint)).flatMap((row) => unmanagedIn(row, isAnswered))
    ],
    notes: archivedOnce(pairs.flatMap((pair) => notesAt(pair, projects)))
  }
}

/** The part of the audit log that was read. */
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

/** Facts besides the matrix and the log. */
export interface MakeOptions {
  /** The projects of the organization. Default: none was read, so no id is unknown. */
  readonly projects?: Projects.Projects | undefined
  /** True if the checkpoints in no policy were read too. Default: false. */
  readonly isUnmanagedRead?: boolean | undefined
  /** The texts of the policy, which have the file of each entry. Default: none. */
  readonly sources?: ReadonlyArray<Source> | undefined
}

/** The age of the oldest changes that are shown, in seconds: eight days, since a nightly run may fail or be late. */
const maxChangeAge = 8 * 24 * 60 * 60

/** Returns a function that adds the log's actor to a difference, or the log's end of a missing access. */
const withActor = (log: LoggedChanges) => {
  const creationOf = Events.creations([...log.olderGrants, ...log.changes])
  return (difference: Difference): Difference => {
    if ("permission" in difference) {
      const grant = creationOf(difference.permission, difference.createdAt)
      if (grant !== undefined) return { ...difference, grant: { _tag: "InLog", at: grant.at, by: grant.by } }
      const isSearched = log.isComplete || Events.isSearched(log.windows, difference.createdAt)
      return { ...difference, grant: { _tag: isSearched ? "NotInLog" : "NotSearched" } }
    }
    if (difference.kind !== "in the policy, no access") return difference
    const found = Events.missingAccess(log.changes, difference.checkpoint, difference.project)
    const { _tag, later: laterDeletes } = found
    if (_tag === "NotGranted") return { ...difference, end: { _tag, laterDeletes, isComplete: log.isComplete } }
    const { at, by, permission } = found.change
    const end = { ...(permission === undefined ? {} : { permission }), at, laterDeletes }
    return { ...difference, end: _tag === "Revoked" ? { _tag, ...end, by } : { _tag, ...end } }
  }
}

export const unmanagedInLog = <A extends Events.Change>(
  changes: ReadonlyArray<A>,
  policy: ReadonlyArray<ResolvedEntry>
): ReadonlyArray<A> => {
  const managed = new Set<string>(policy.map(({ checkpoint }) => checkpoint))
  return Events.openGrants(changes).filter(({ checkpoint = "" }) => checkpoint !== "" && !managed.has(checkpoint))
}

/**
 * Returns the recent changes of projects whose access to the checkpoint does not differ. At an unread checkpoint a
 * change may have left a difference.
 */
const withoutDifference = ({ requestedAt, changes }: LoggedChanges, differences: ReadonlyArray<Difference>) => {
  const from = DateTime.toEpochMillis(requestedAt) / 1000 - maxChangeAge
  const notRead = new Set<string | undefined>(
    differences.flatMap((one) => (one.kind === "unread" ? [one.checkpoint] : []))
  )
  const differing = new Set(
    differences.map((one) => JSON.stringify([one.checkpoint, "project" in one ? one.project : undefined]))
  )
  return changes
    .filter(
      ({ at, checkpoint, project }) =>
        at >= from && !notRead.has(checkpoint) && !differing.has(JSON.stringify([checkpoint, project]))
    )
    .toReversed()
}

const dueOn = (
  policy: AccessPolicy,
  sources: ReadonlyArray<Source>,
  day: string
): Either.Either<Pick<Drift, "due">, InvalidPolicy> =>
  Either.map(Review.entries(policy, day), (reviews) => {
    const fileAt = filesIn(sources)
    const listed = reviews.filter(({ isDue }) => isDue)
    const files = Object.values(Arr.groupBy(listed, ({ checkpoint }) => fileAt.get(checkpoint) ?? ""))
    const due = files.map((all) => {
      const file = fileAt.get(all[0].checkpoint)
      const [since] = all.flatMap(({ dueSince }) => dueSince ?? [])
      const never = all.filter(({ lastReview }) => lastReview === undefined).length
      const future = all.filter(({ dueSince, lastReview }) => dueSince === undefined && lastReview !== undefined).length
      return {
        ...(file === undefined ? {} : { file }),
        checkpoints: all.length,
        accesses: all.flatMap(({ access, owner }) => [...access.keys()].filter((one) => one !== owner)).length,
        ...(since === undefined ? {} : { since }),
        ...(never === 0 ? {} : { neverReviewed: never }),
        ...(future === 0 ? {} : { futureReviews: future })
      }
    })
    return due.length === 0 ? {} : { due }
  })

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
  { isUnmanagedRead = false, projects = Projects.make([], { isComplete: false }), sources = [] }: MakeOptions = {}
): Either.Either<Drift, InvalidPolicy> =>
  Either.gen(function* () {
    const resolved = yield* resolve(policy)
    const found = differencesOf(resolved, matrix, projects)
    const isLogUnread = log.failure !== undefined && log.changes.length === 0
    const differences = isLogUnread ? found.differences : found.differences.map(withActor(log))
    const isIncomplete = (isUnmanagedRead && !log.isComplete) || differences.some(({ kind }) => kind === "unread")
    const gone = new Set<string>(matrix.rows.flatMap((row) => (!row.complete && row.notFound ? [row.checkpoint] : [])))
    const unmanaged = unmanagedInLog(log.changes, resolved).filter(({ checkpoint = "" }) => !gone.has(checkpoint))
    const { from: readFrom, to: readAt } = spanOf(matrix.rows) ?? { from: matrix.createdAt, to: matrix.createdAt }
    const [{ from } = { from: Number.NaN }] = log.windows
    const oldest = Number.isFinite(from) ? from - 1 : undefined
    return {
      format: "checkpoint-permissions/drift",
      version: 2,
      ...serverOf(matrix),
      readFrom,
      readAt,
      checkpoints: resolved.length,
      exitCode: isIncomplete ? 4 : differences.length > 0 ? 3 : 0,
      differences,
      notes: found.notes,
      ...(projects.failure === undefined ? {} : { projectsFailure: projects.failure }),
      log: {
        requestedAt: log.requestedAt,
        isComplete: log.isComplete,
        ...(oldest === undefined ? {} : { oldest }),
        ...(log.failure === undefined ? {} : { failure: log.failure }),
        ...(log.keyNamesFailure === undefined ? {} : { keyNamesFailure: log.keyNamesFailure })
      },
      changes: withoutDifference(log, differences),
      ...(yield* dueOn(policy, sources, dayOf(readAt))),
      unmanaged: {
        checkpoints: [...new Set(unmanaged.flatMap(({ checkpoint }) => checkpoint ?? []))],
        grants: unmanaged,
        isRead: isUnmanagedRead
      },
      names: matrix.names
    }
  })
