import type { Failure } from "../../failure.ts"

/** Page sizes that are tried when the server refuses a larger one. */
const smallerSizes = [100, 50, 20, 10]

/** The parameter by its name. Other limits (on spending, on requests) are none of a page. */
const namesParameter =
  /['"`]limit['"`]|\b(?:invalid|field|for|parameter|query) limit\b|^limit (?:is too|must|should|cannot|may not|exceeds|[<>])/i

export const isRefusal = (failure: Failure): boolean =>
  failure.kind === "BadRequestError" &&
  (failure.param === "limit" || (failure.param === undefined && namesParameter.test(failure.detail ?? "")))

/** The page size to try after a failure; `undefined` when it does not blame the size, or none is left. */
export const nextSize = (failure: Failure, limit: number): number | undefined =>
  isRefusal(failure) ? smallerSizes.find((size) => size < limit) : undefined
