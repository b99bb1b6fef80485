import * as Effect from "effect/Effect"
import type { AccessMatrix } from "../audit/matrix.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { resolve } from "../policy/resolve.ts"
import type { AccessPlan } from "./model.ts"
import { fromRows } from "./plan.ts"

/** A plan from a saved audit. An audit that asked about one project knows no checkpoint in full. */
export const fromMatrix = Effect.fnUntraced(function* (
  policy: AccessPolicy,
  matrix: AccessMatrix
): Effect.fn.Return<AccessPlan> {
  const resolved = yield* Effect.orDie(resolve(policy))
  const wanted = new Set<string>(resolved.map(({ checkpoint }) => checkpoint))
  const rows = matrix.project === undefined ? matrix.rows.filter(({ checkpoint }) => wanted.has(checkpoint)) : []
  return yield* fromRows(
    { server: { apiUrl: matrix.apiUrl, organization: matrix.organization } },
    policy,
    matrix.createdAt,
    new Map(rows.map((row) => [row.checkpoint, row]))
  )
})
