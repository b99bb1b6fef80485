/**
 * When a run over many checkpoints ends before its time: the rule by which `Access.plan`, `apply` and `audit` go, for
 * programs that spread such a run over several processes.
 *
 * @example
 * ```ts
 * import { CircuitBreaker } from "@checkpoint-permissions/access"
 * import type { PermissionsError } from "@checkpoint-permissions/core"
 *
 * const goesOn = (outcomes: ReadonlyArray<"answered" | PermissionsError.PermissionsError>) =>
 *   CircuitBreaker.next(outcomes.reduce(CircuitBreaker.afterCheckpoint, CircuitBreaker.closed)) !== "end"
 * ```
 *
 * @since 0.1.0
 */
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as internal from "./internal/run/breaker.ts"

/**
 * How a checkpoint ended: the server answered, it failed, or it was not asked.
 *
 * @category models
 */
export type Outcome = internal.Outcome

/**
 * Failures of the same kind in a row, in the order in which checkpoints end.
 *
 * @category models
 */
export interface CircuitBreaker extends internal.Breaker {}

/**
 * Nothing has failed yet.
 *
 * @category constructors
 */
export const closed: CircuitBreaker = internal.closed

/**
 * The state after a checkpoint has ended.
 *
 * @category combinators
 */
export const afterCheckpoint: (breaker: CircuitBreaker, outcome: Outcome) => CircuitBreaker = internal.afterCheckpoint

/**
 * What the next checkpoint gets: calls with retries, one attempt, or nothing.
 *
 * @category getters
 */
export const next: (breaker: CircuitBreaker) => "retry" | "once" | "end" = internal.next

/**
 * Whether every other checkpoint would fail in the same way: the key is not accepted, it lacks the scope, or the quota
 * is used up.
 *
 * @category predicates
 */
export const isFatal: (error: PermissionsError) => boolean = internal.isFatal
