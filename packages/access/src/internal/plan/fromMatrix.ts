import * as Effect from "effect/Effect"
import type { AccessMatrix } from "../audit/matrix.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { resolve } from "../policy/resolve.ts"
import type { AccessPlan } from "./model.ts"
import { fromRows } from "./plan.ts"

/**
 * A plan from an audit that was saved, without a request: for a report. It is as old as the audit, and `Access.apply`
 * reads each of its checkpoints before it writes. Checkpoints that the audit does not know in full are `unread`.
 *
 * @category constructors
 */
export const fromMatrix: (policy: AccessPolicy, matrix: AccessMatrix) => Effect.Effect<AccessPlan> = Effect.fnUntraced(
  function* (policy, matrix) {
    const resolved = yield* Effect.orDie(resolve(policy))
    const wanted = new Set<string>(resolved.map(({ checkpoint }) => checkpoint))
    // An audit that asked about one project knows no checkpoint in full.
    const rows = matrix.project === undefined ? matrix.rows.filter(({ checkpoint }) => wanted.has(checkpoint)) : []
    return yield* fromRows(
      { server: { apiUrl: matrix.apiUrl, organization: matrix.organization } },
      policy,
      matrix.createdAt,
      new Map(rows.map((row) => [row.checkpoint, row]))
    )
  }
)
