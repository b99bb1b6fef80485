/**
 * What drifted: an audit that goes by the log, its difference from the former, the plan that follows from a policy, and
 * who made what this tool did not.
 *
 * @example
 * ```ts
 * import { AccessMatrix, type AccessPolicy, Drift, History } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const nightly = Effect.fn(function* (previous: AccessMatrix.AccessMatrix, policy: AccessPolicy.AccessPolicy) {
 *   const again = yield* History.auditAgain(previous)
 *   const drift = yield* Drift.make(previous, again, policy)
 *   if (Drift.isSeen(drift)) yield* Effect.logWarning(Drift.toJson(drift))
 *   return AccessMatrix.toJson(again.matrix)
 * })
 * ```
 *
 * @since 0.1.0
 */
export { type Drift, DriftDocument, isSeen, isUnread, make, toJson } from "./internal/drift/drift.ts"
