import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"

/** Failures of the same kind in a row, in the order in which checkpoints end. */
export interface Breaker {
  readonly inARow: number
  /** Tag and status. */
  readonly kind: string | undefined
}

export const closed: Breaker = { inARow: 0, kind: undefined }

/** After so many the next checkpoints are tried once each. */
const tryOnceAfter = 3

/** After so many, or after all if there are fewer, the run ends. */
const endAfter = 10

/** Failures of one checkpoint that say nothing about the next. */
const concernsOne = (error: PermissionsError): boolean =>
  error._tag === "NotFound" || error._tag === "BadRequest" || error._tag === "IncompleteListing"

/** Failures that every other checkpoint would meet too. */
export const isFatal = (error: PermissionsError): boolean =>
  error._tag === "Unauthorized" || error._tag === "MissingScope" || error._tag === "QuotaExhausted"

/** The state after a checkpoint has ended, with an error or without. */
export const afterCheckpoint = (breaker: Breaker, error: PermissionsError | undefined): Breaker => {
  if (error === undefined) return closed
  if (concernsOne(error)) return breaker
  const kind = `${error._tag} ${error.status ?? ""}`
  return { kind, inARow: kind === breaker.kind ? breaker.inARow + 1 : 1 }
}

/** What the next checkpoint of a run of `total` gets: calls with retries, one attempt, or nothing. */
export const next = ({ inARow }: Breaker, total: number): "retry" | "once" | "end" =>
  inARow >= Math.min(endAfter, total) ? "end" : inARow >= tryOnceAfter ? "once" : "retry"
