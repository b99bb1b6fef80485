import { visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { accessIn } from "../audit/cells.ts"
import type { AccessMatrix } from "../audit/matrix.ts"
import { make as compare, isEmpty } from "../diff/compare.ts"
import { AccessDiff, type IncomparableAudits } from "../diff/model.ts"
import type { AuditAgain } from "../history/again.ts"
import { History } from "../history/model.ts"
import { isCarriedOver, reasonOf } from "../history/sentences.ts"
import { AccessPlan } from "../plan/model.ts"
import { fromMatrix } from "../plan/plan.ts"
import type { AccessPolicy } from "../policy/model.ts"

const seen = {
  carriedOver: Schema.Int,
  /** What differs from the former audit, among checkpoints that were in it. */
  diff: AccessDiff,
  plan: AccessPlan,
  /** Changes that are not known to be this tool's, and that the former audit did not have. */
  bypassed: History.fields.changes,
  /** Checkpoints with permissions that the policy does not name, and the projects that have them. */
  unmanaged: Schema.Array(Schema.Struct({ checkpoint: Schema.String, projects: Schema.Array(Schema.String) }))
}

/**
 * What differs from a former audit and from a policy, and what made it so.
 *
 * @category models
 */
export interface Drift extends Schema.Struct.Type<typeof seen> {
  readonly matrix: AccessMatrix
  readonly why: AuditAgain["why"]
}

/**
 * Puts an audit that went by the log, the one before it and a policy together. It decides nothing of its own: the
 * difference is that of `AccessDiff`, the plan that of `AccessPlan`, the changes those of `History`.
 *
 * @category constructors
 */
export const make = (
  previous: AccessMatrix,
  { history, matrix, why }: AuditAgain,
  policy: AccessPolicy
): Effect.Effect<Drift, IncomparableAudits> =>
  Effect.gen(function* () {
    const managed = new Set(Object.keys(policy.checkpoints))
    const before = new Set(previous.rows.map(({ checkpoint }) => checkpoint))
    const rows = matrix.rows.filter(({ checkpoint }) => before.has(checkpoint))
    const known = new Set(previous.log?.changes.map(({ event }) => event))
    // What was not read again is said once, of the whole.
    const { log: _, ...former } = previous
    const { log: __, ...present } = matrix
    return {
      matrix,
      why,
      diff: yield* compare(former, { ...present, rows }),
      plan: yield* fromMatrix(policy, matrix),
      bypassed: (history?.changes ?? []).filter(({ event, ours }) => !ours && !known.has(event)),
      unmanaged: matrix.rows.flatMap((row) => {
        const projects = accessIn(matrix, row).known.flatMap(({ cell, project }) =>
          cell._tag === "Access" ? [project] : []
        )
        return managed.has(row.checkpoint) || projects.length === 0 ? [] : [{ checkpoint: row.checkpoint, projects }]
      }),
      carriedOver: matrix.rows.filter((row) => isCarriedOver(matrix, row)).length
    }
  })

/**
 * Whether there is anything to look at. What was not seen may be so all the same.
 *
 * @category predicates
 */
export const isSeen = ({ bypassed, diff, plan, unmanaged }: Drift): boolean =>
  !isEmpty(diff) ||
  bypassed.length + unmanaged.length > 0 ||
  plan.checkpoints.some(({ grants, impossible, revokes }) => grants.length + impossible.length + revokes.length > 0)

/**
 * Whether something could not be read.
 *
 * @category predicates
 */
export const isUnread = ({ matrix, plan }: Drift): boolean =>
  plan.counts.unread > 0 || matrix.rows.some(({ complete }) => !complete)

/** As `Drift` says. */
export const DriftDocument = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/drift"),
  version: Schema.Literal(1),
  apiUrl: Schema.String,
  organization: Schema.optionalWith(Schema.String, { exact: true }),
  createdAt: Schema.DateTimeUtc,
  checkpoints: Schema.Int,
  /** When the audit log was asked, if it could be read. */
  logAskedAt: Schema.optionalWith(Schema.DateTimeUtc, { exact: true }),
  /** Why every checkpoint was read, on one line, if the log could not say where to look. */
  whyAllRead: Schema.optionalWith(Schema.String, { exact: true }),
  isSeen: Schema.Boolean,
  isUnread: Schema.Boolean,
  ...seen
}).annotations({ identifier: "Drift" })

const encode = Schema.encodeSync(DriftDocument)

/**
 * For programs: all of it, with `isSeen` and `isUnread`.
 *
 * @category rendering
 */
export const toJson = (drift: Drift): string => {
  const { matrix, why, ...seen } = drift
  const document = encode({
    format: "checkpoint-permissions/drift",
    version: 1,
    apiUrl: matrix.apiUrl,
    ...(matrix.organization === undefined ? {} : { organization: matrix.organization }),
    createdAt: matrix.createdAt,
    checkpoints: matrix.rows.length,
    ...(matrix.log === undefined ? {} : { logAskedAt: matrix.log.askedAt }),
    ...(why === undefined ? {} : { whyAllRead: reasonOf(why) }),
    isSeen: isSeen(drift),
    isUnread: isUnread(drift),
    ...seen
  })
  return `${visibleJson(JSON.stringify(document, null, 2))}\n`
}
