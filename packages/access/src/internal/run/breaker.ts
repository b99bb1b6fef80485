import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"

/** Failures of the same kind in a row, in the order in which checkpoints end. */
export interface Breaker {
  readonly inARow: number
  readonly error: PermissionsError | undefined
}

export const closed: Breaker = { inARow: 0, error: undefined }

/** After so many the next checkpoints are tried once each. */
const tryOnceAfter = 3

/** After so many the run ends. */
const endAfter = 10

/** Failures of one checkpoint that say nothing about the next. */
export const concernsOne = (error: PermissionsError): boolean =>
  error._tag === "NotFoundError" || error._tag === "BadRequestError" || error._tag === "IncompleteListingError"

/** Failures that every other checkpoint would meet too. */
export const isFatal = (error: PermissionsError): boolean =>
  error._tag === "AuthenticationError" || error._tag === "MissingScopeError" || error._tag === "QuotaExhaustedError"

/** How a checkpoint ended: the server answered, it failed, or it was not asked. */
export type Outcome = "answered" | "not asked" | PermissionsError

/** The state after a checkpoint has ended. */
export const afterCheckpoint = (breaker: Breaker, outcome: Outcome): Breaker => {
  if (outcome === "answered") return closed
  if (outcome === "not asked" || concernsOne(outcome)) return breaker
  const { error, inARow } = breaker
  const isSame = error?._tag === outcome._tag && error.status === outcome.status
  return { error: outcome, inARow: isSame ? inARow + 1 : 1 }
}

/** What the next checkpoint gets: calls with retries, one attempt, or nothing. */
export const next = ({ inARow }: Breaker): "retry" | "once" | "end" =>
  inARow >= endAfter ? "end" : inARow >= tryOnceAfter ? "once" : "retry"
