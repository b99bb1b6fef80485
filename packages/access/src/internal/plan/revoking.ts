import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { AccessMatrix } from "../audit/matrix.ts"
import { serverOf } from "../json.ts"
import type { AccessPolicy } from "../policy/entry.ts"
import { dayOf, digest } from "../policy/resolve.ts"
import { countsOf } from "./derive.ts"
import { type AccessPlan, type CheckpointPlan, Snapshots, type Step } from "./steps.ts"

/**
 * Returns the plan that revokes every permission of a project in an audit, or in rows made from the log. Checkpoints
 * without one are not in it, and the access of other projects stays as it is.
 */
export const revoking = (
  token: object,
  matrix: Pick<AccessMatrix, "apiUrl" | "createdAt" | "organization" | "rows">,
  project: string
): Effect.Effect<AccessPlan> =>
  Effect.gen(function* () {
    const checkpoints = matrix.rows.flatMap(
      ({ checkpoint, permissions, readAt, readFrom }): ReadonlyArray<CheckpointPlan> => {
        const found = permissions.flatMap(({ by: _, ...one }) => (one.project_id === project ? [one] : []))
        const steps = found.map(({ created_at, id, project_id }): Step => {
          return { project: project_id, permission: { id, created_at }, why: "unwanted" }
        })
        const times = readFrom === undefined ? { readAt } : { readAt, readFrom }
        return found.length === 0 ? [] : [{ checkpoint, mode: "at-least", ...times, found, kept: [], steps }]
      }
    )
    const policy: AccessPolicy = { version: 1, checkpoints: {} }
    const day = dayOf(yield* DateTime.now)
    return {
      format: "checkpoint-permissions/plan",
      version: 4,
      createdAt: matrix.createdAt,
      day,
      ...serverOf(matrix),
      policy,
      policyDigest: yield* digest(policy, { day }),
      counts: countsOf(checkpoints, []),
      checkpoints,
      unread: [],
      snapshots: new Snapshots({ token, checkpoints: new Set(checkpoints.map(({ checkpoint }) => checkpoint)) })
    }
  })
