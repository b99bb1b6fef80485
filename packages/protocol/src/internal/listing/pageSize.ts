import type { Failure } from "../../failure.ts"

/** Page sizes that are tried when the server refuses a larger one. */
const smallerSizes = [100, 50, 20, 10]

const refusesLimit = (failure: Failure): boolean =>
  failure.kind === "BadRequestError" &&
  (failure.param === "limit" || (failure.param === undefined && /\blimit\b/i.test(failure.detail ?? "")))

/** The page size to try after a failure; `undefined` when the size is not to blame, or none is left. */
export const nextSize = (failure: Failure, limit: number): number | undefined =>
  refusesLimit(failure) ? smallerSizes.find((size) => size < limit) : undefined
