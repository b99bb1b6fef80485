import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { dayOf } from "../policy/resolve.ts"
import type { Review } from "./due.ts"

type Reviewed = NonNullable<Row["review"]>

/** Returns the projects with a permission, then those that only the policy has, with their marks. */
const projectsAt = (
  { access, ends = [], lastReview, owner }: Review,
  { complete, permissions }: Row
): Reviewed["projects"] => {
  const found = byProject(permissions)
  const listed = [...access.keys()].filter((project) => project !== owner)
  return [...new Set([...permissions.map(({ project_id }) => project_id), ...listed])].map((project) => {
    const since = found.get(project)?.[0].created_at
    const end = ends.find((one) => one.project === project && one.ignored !== true)
    const isInPolicy = project === owner || access.has(project)
    const isYounger =
      since !== undefined && lastReview !== undefined && dayOf(DateTime.unsafeMake(since * 1000)) >= lastReview
    return {
      project,
      ...(end === undefined ? {} : { until: end.until }),
      ...(end?.reason === undefined ? {} : { reason: end.reason }),
      marks: [
        ...(isInPolicy ? [] : [end === undefined ? ("not in the policy" as const) : ("ended" as const)]),
        ...(since === undefined && complete ? ["in the policy, no access" as const] : []),
        ...(isYounger ? ["granted since the last review" as const] : [])
      ]
    }
  })
}

/**
 * Makes the review of listed entries from an audit of their checkpoints. Entries with the same owner are neighbors.
 *
 * @category constructors
 */
export const make = (
  matrix: AccessMatrix,
  {
    listed,
    policy: { reviewEvery },
    ...head
  }: {
    readonly policy: AccessPolicy
    readonly listed: ReadonlyArray<Review>
    /** The current day, and the day by which the listed entries are due. */
    readonly day: string
    readonly dueBy: string
    /** The number of entries that were compared with the day. */
    readonly entries: number
    /** The owner of all these entries, if only entries of one owner are listed. */
    readonly owner?: ProjectId
  }
): AccessMatrix => {
  const byCheckpoint = new Map(matrix.rows.map((row) => [row.checkpoint, row]))
  const rows = listed.flatMap((one) => {
    const row = byCheckpoint.get(one.checkpoint)
    if (row === undefined) return []
    const { dueSince, isDue, lastReview, owner } = one
    const review: Reviewed = {
      ...(lastReview === undefined ? {} : { lastReview }),
      ...(dueSince === undefined ? {} : { dueSince }),
      isDue,
      projects: projectsAt(one, row)
    }
    return [{ ...row, ...(owner === undefined ? {} : { owner }), review }]
  })
  const owners = Arr.dedupe(rows.map(({ owner }) => owner))
  return {
    ...matrix,
    review: { ...head, ...(reviewEvery === undefined ? {} : { reviewEvery }) },
    rows: owners.flatMap((owner) => rows.filter((row) => row.owner === owner))
  }
}
