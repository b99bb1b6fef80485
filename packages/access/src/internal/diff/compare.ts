/** The differences between two audits, as schemas, and the comparison. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { cellOf, notInAudit, permissionsOf, projects, rowOf, sortProjects } from "../audit/cells.ts"
import { type AccessMatrix, Names, type Row } from "../audit/matrix.ts"
import { jsonLines, optional, serverFields, serverOf } from "../json.ts"
import { formatValue, organizationOf } from "../text.ts"

/**
 * A difference in the access of a project, or access that is known in only one audit (`unknown`). `replaced`: access in
 * both audits, by different permissions. Between the audits the project may have had no access.
 *
 * @category models
 */
export const Change = Schema.Struct({
  kind: Schema.Literal("granted", "revoked", "replaced", "duplicate added", "duplicate removed", "unknown"),
  project: ProjectId,
  /** The beginning of the access, from the newer audit if it shows the access, else from the older one. */
  since: Schema.DateTimeUtc,
  /** The permissions in each audit. */
  older: Schema.Array(PermissionId),
  newer: Schema.Array(PermissionId)
})

/** @category models */
export interface Change extends Schema.Schema.Type<typeof Change> {}

/**
 * The differences and the unknown access at one checkpoint.
 *
 * @category models
 */
export const CheckpointDiff = Schema.Struct({
  checkpoint: CheckpointId,
  /** The time of the checkpoint's read in each audit that has it. */
  readAt: Schema.Struct({ older: optional(Schema.DateTimeUtc), newer: optional(Schema.DateTimeUtc) }),
  changes: Schema.Array(Change),
  /** Present if both audits have an owner, and the owners differ. */
  owner: optional(Schema.Struct({ older: ProjectId, newer: ProjectId })),
  /** The reason why access is unknown in each audit. */
  unknown: Schema.Struct({ older: optional(Schema.String), newer: optional(Schema.String) })
})

/** @category models */
export interface CheckpointDiff extends Schema.Schema.Type<typeof CheckpointDiff> {}

const Side = Schema.Struct({
  createdAt: Schema.DateTimeUtc,
  project: optional(ProjectId)
})

/**
 * The comparison of two audits.
 *
 * @category models
 */
export const AccessDiff = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/diff"),
  version: Schema.Literal(2),
  ...serverFields,
  older: Side,
  newer: Side,
  names: Names,
  /** The number of checkpoints in at least one of the audits. */
  compared: Schema.Int,
  /** The checkpoints at which something differs or is unknown, in the order of the newer audit. */
  checkpoints: Schema.Array(CheckpointDiff)
}).annotations({ identifier: "AccessDiff" })

/** @category models */
export interface AccessDiff extends Schema.Schema.Type<typeof AccessDiff> {}

/**
 * The error of two audits of different servers or organizations.
 *
 * @category errors
 */
export class IncomparableAudits extends Schema.TaggedError<IncomparableAudits>()("IncomparableAudits", {
  reason: Schema.Literal("server", "organization"),
  /** The server and organization of each. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the audits cannot be compared: ${this.detail}`
  }
}

/** One audit's view of the access to a checkpoint. */
interface AuditView {
  readonly checkpoint: CheckpointId
  readonly matrix: AccessMatrix
  readonly row: Row | undefined
  /** The reason why something is unknown. Missing if everything is known. */
  readonly unknown: string | undefined
}

/**
 * Returns an audit's view of a checkpoint. `requestedProject` is the only project of both audits, if they were made for
 * one.
 */
const viewOf = (matrix: AccessMatrix, checkpoint: CheckpointId, requestedProject: ProjectId | undefined): AuditView => {
  const row = rowOf(matrix, checkpoint)
  const view = (unknown: string | undefined): AuditView => ({ checkpoint, matrix, row, unknown })
  if (row === undefined) return view(notInAudit)
  if (requestedProject !== undefined) {
    const known = cellOf(matrix, row, requestedProject)
    return view(known._tag === "Unknown" ? known.reason : undefined)
  }
  if (matrix.project !== undefined) return view(`only the permissions of ${formatValue(matrix.project)} were read`)
  return view(row.complete ? undefined : row.reason)
}

const idsIn = ({ row }: AuditView, project: ProjectId) => permissionsOf(row, project).map(({ id }) => id)

/** Returns the kind of change between the permissions of a project. An incomplete row may lack a permission. */
const permissionChange = (
  older: AuditView,
  newer: AuditView,
  had: ReadonlyArray<string>,
  has: ReadonlyArray<string>
): Change["kind"] | undefined => {
  const isAdded = has.some((id) => !had.includes(id))
  const isRemoved = had.some((id) => !has.includes(id))
  if (!(isAdded && older.row?.complete) && !(isRemoved && newer.row?.complete)) return undefined
  if (isAdded && isRemoved) return "replaced"
  return isAdded ? "duplicate added" : "duplicate removed"
}

const changeOf = (older: AuditView, newer: AuditView, project: ProjectId): ReadonlyArray<Change> => {
  const [before, after] = [cellOf(older.matrix, older.row, project), cellOf(newer.matrix, newer.row, project)]
  const [had, has] = [idsIn(older, project), idsIn(newer, project)]
  const access = after._tag === "Access" ? after : before
  if (access._tag !== "Access") return []
  const kind = (): Change["kind"] | undefined => {
    if (before._tag === "Unknown" || after._tag === "Unknown") return "unknown"
    if (before._tag !== "Access") return "granted"
    return after._tag === "Access" ? permissionChange(older, newer, had, has) : "revoked"
  }
  const found = kind()
  return found === undefined ? [] : [{ kind: found, project, since: access.since, older: had, newer: has }]
}

/** Returns a field for each side that has a value. */
const sides = <A>(older: A | undefined, newer: A | undefined) => ({
  ...(older === undefined ? {} : { older }),
  ...(newer === undefined ? {} : { newer })
})

const compareViews = (older: AuditView, newer: AuditView, columns: ReadonlyArray<ProjectId>): CheckpointDiff => {
  const [before, after] = [older.row?.owner, newer.row?.owner]
  return {
    checkpoint: newer.checkpoint,
    readAt: sides(older.row?.readAt, newer.row?.readAt),
    // The API lists no owner, so an owner in only one audit counts for both.
    changes: columns.flatMap((project) =>
      project === before || project === after ? [] : changeOf(older, newer, project)
    ),
    ...(before === undefined || after === undefined || before === after
      ? {}
      : { owner: { older: before, newer: after } }),
    unknown: sides(older.unknown, newer.unknown)
  }
}

/** Returns true if access to a checkpoint is known to differ. */
export const differs = ({ changes, owner }: CheckpointDiff): boolean =>
  owner !== undefined || changes.some(({ kind }) => kind !== "unknown")

/** Returns true if something is unknown in one of the audits. */
export const isUnknown = ({ unknown }: CheckpointDiff): boolean =>
  unknown.older !== undefined || unknown.newer !== undefined

const compareAudits = (older: AccessMatrix, newer: AccessMatrix): AccessDiff => {
  const names = Object.fromEntries([...Object.entries(older.names), ...Object.entries(newer.names)])
  const columns = sortProjects({ names }, [older, newer].flatMap(projects))
  const asked = older.project === newer.project ? newer.project : undefined
  const all = [...new Set([...newer.rows, ...older.rows].map(({ checkpoint }) => checkpoint))]
  const side = ({ createdAt, project }: AccessMatrix): AccessDiff["older"] =>
    project === undefined ? { createdAt } : { createdAt, project }
  return {
    format: "checkpoint-permissions/diff",
    version: 2,
    ...serverOf(newer),
    older: side(older),
    newer: side(newer),
    names,
    compared: all.length,
    checkpoints: all
      .map((checkpoint) => compareViews(viewOf(older, checkpoint, asked), viewOf(newer, checkpoint, asked), columns))
      .filter((checkpoint) => differs(checkpoint) || isUnknown(checkpoint))
  }
}

/** Fails unless both audits are of one server and organization. */
const checkComparable = (older: AccessMatrix, newer: AccessMatrix): Effect.Effect<void, IncomparableAudits> => {
  const refuse = (reason: IncomparableAudits["reason"], of: (audit: AccessMatrix) => string) =>
    new IncomparableAudits({ reason, detail: `the first is of ${of(older)}, the second of ${of(newer)}` })
  if (older.apiUrl !== newer.apiUrl) return refuse("server", ({ apiUrl }) => formatValue(apiUrl, 200))
  return older.organization === newer.organization ? Effect.void : refuse("organization", organizationOf)
}

/**
 * Returns the differences from the older audit to the newer one, each pair of checkpoint and project once.
 *
 * Only access that is known in both audits can differ. A checkpoint is unknown if an audit lacks it, did not read it to
 * the end, or is about another project. Access that is unknown in one audit is neither granted nor revoked. The API
 * lists no owner, so an owner in only one audit counts for both.
 *
 * Fails with `IncomparableAudits` if they are of different servers or organizations.
 *
 * @example
 * ```ts
 * import { AccessDiff, AccessMatrix } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const compared = Effect.fn(function* (yesterday: string, today: string) {
 *   const diff = yield* AccessDiff.make(yield* AccessMatrix.fromJson(yesterday), yield* AccessMatrix.fromJson(today))
 *   for (const { changes, checkpoint } of diff.checkpoints) {
 *     for (const { kind, project } of changes) yield* Effect.log(`${project} at ${checkpoint}: ${kind}`)
 *   }
 *   return AccessDiff.hasUnknown(diff) ? "unknown" : AccessDiff.isEmpty(diff) ? "same" : "different"
 * })
 * ```
 *
 * @category constructors
 */
export const make = (older: AccessMatrix, newer: AccessMatrix): Effect.Effect<AccessDiff, IncomparableAudits> =>
  Effect.map(checkComparable(older, newer), () => compareAudits(older, newer))

/**
 * Returns true if nothing is known to differ. Unknown access is not a difference: check {@link hasUnknown} too.
 *
 * @category predicates
 */
export const isEmpty = (diff: AccessDiff): boolean => !diff.checkpoints.some(differs)

/**
 * Returns true if something about a checkpoint is unknown in one of the audits.
 *
 * @category predicates
 */
export const hasUnknown = (diff: AccessDiff): boolean => diff.checkpoints.some(isUnknown)

const encode = jsonLines(AccessDiff, "checkpoints")

/**
 * Returns the whole diff as JSON, with `isEmpty` and `hasUnknown`. It has a line for each checkpoint, and no character
 * in it controls a terminal.
 *
 * @category rendering
 */
export const toJson = (diff: AccessDiff): string =>
  encode(diff, { isEmpty: isEmpty(diff), hasUnknown: hasUnknown(diff) })
