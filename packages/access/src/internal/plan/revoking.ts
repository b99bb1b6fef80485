/** Plans without a policy: steps at the rows of an audit. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { serverOf } from "../json.ts"
import { dayOf, digest } from "../policy/resolve.ts"
import { countsOf } from "./derive.ts"
import { type AccessPlan, type CheckpointPlan, type ListedPermission, Snapshots, type Step } from "./steps.ts"

type Rows = Pick<AccessMatrix, "apiUrl" | "createdAt" | "organization" | "rows">

/** Returns a plan of the steps at each row that was read to its end. The access of other projects stays as it is. */
export const planOfRows = Effect.fnUntraced(function* (
  matrix: Rows,
  stepsAt: (row: Row, found: ReadonlyArray<ListedPermission>) => ReadonlyArray<Step>
) {
  const checkpoints = matrix.rows.flatMap((row): ReadonlyArray<CheckpointPlan> => {
    if (!row.complete) return []
    const found = row.permissions.map(({ by: _, ...one }) => one)
    const { checkpoint, readAt, readFrom } = row
    const times = readFrom === undefined ? { readAt } : { readAt, readFrom }
    return [{ checkpoint, mode: "at-least", ...times, found, kept: [], steps: stepsAt(row, found) }]
  })
  const unread = matrix.rows.flatMap((row) =>
    row.complete ? [] : [{ checkpoint: row.checkpoint, reason: row.reason }]
  )
  const policy: AccessPlan["policy"] = { version: 1, checkpoints: {} }
  const day = dayOf(yield* DateTime.now)
  const made: AccessPlan = {
    format: "checkpoint-permissions/plan",
    version: 4,
    createdAt: matrix.createdAt,
    day,
    ...serverOf(matrix),
    policy,
    policyDigest: yield* digest(policy, { day }),
    counts: countsOf(checkpoints, unread),
    checkpoints,
    unread
  }
  return made
})

/** Returns the plan that revokes every permission of a project in an audit, or in rows made from the log. */
export const revoking = (token: object, matrix: Rows, project: string): Effect.Effect<AccessPlan> => {
  const isListed = ({ permissions }: Row) => permissions.some(({ project_id }) => project_id === project)
  const rows = matrix.rows.filter(isListed).map((row): Row => ({ ...row, complete: true }))
  return Effect.map(
    planOfRows({ ...matrix, rows }, (_, found) =>
      found.flatMap(({ created_at, id, project_id }) =>
        project_id === project ? [{ project: project_id, permission: { id, created_at }, why: "unwanted" }] : []
      )
    ),
    (plan) => ({
      ...plan,
      snapshots: new Snapshots({ token, checkpoints: new Set(rows.map(({ checkpoint }) => checkpoint)) })
    })
  )
}
