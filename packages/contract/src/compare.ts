/** How a case is run, and what of an observation is not as it expects. */
import type { Case, Expected, Observed, SeenRequest } from "./model.ts"

/** A request and what became of it: `GET list?limit=100 200`, `POST create {"project_ids":["proj_a"]} dropped`. */
export const lineOf = ({ body, method, operation, outcome, permissionId, query, status }: SeenRequest): string => {
  const params = Object.entries(query)
    .map(([name, value]) => `${name}=${value}`)
    .join("&")
  const what = `${operation ?? "?"}${permissionId === undefined ? "" : `/${permissionId}`}${params === "" ? "" : `?${params}`}`
  return [method, what, body, outcome === "replied" ? String(status) : outcome].filter((part) => part !== "").join(" ")
}

const shown = (value: unknown): string => JSON.stringify(value) ?? "undefined"

/** Equal as JSON, in whatever order the fields are. */
const isEqual = (one: unknown, other: unknown): boolean => {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return (
    Array.isArray(one) === Array.isArray(other) &&
    [...names].every((name) => isEqual(Reflect.get(one, name), Reflect.get(other, name)))
  )
}

const outcomeDifferences = (expected: Expected["outcome"], observed: Observed["outcome"]): ReadonlyArray<string> => {
  if ("ok" in expected || "ok" in observed) {
    return isEqual(expected, observed) ? [] : [`came to ${shown(observed)} and not to ${shown(expected)}`]
  }
  return Object.entries(expected.fail).flatMap(([field, wanted]) => {
    const found: unknown = Reflect.get(observed.fail, field)
    const fits =
      typeof wanted === "string" && typeof found === "string" ? found.includes(wanted) : isEqual(found, wanted)
    return fits ? [] : [`failed with ${field} ${shown(found)} and not ${shown(wanted)}`]
  })
}

/** One line for each difference. */
export const differences = ({ expected }: Case, observed: Observed): ReadonlyArray<string> => {
  const requests = observed.requests.map(lineOf)
  const [least, most] = expected.took ?? [0, 0]
  return [
    ...outcomeDifferences(expected.outcome, observed.outcome),
    ...(isEqual(requests, expected.requests) ? [] : [`sent ${shown(requests)} and not ${shown(expected.requests)}`]),
    ...(expected.access === undefined || isEqual(observed.access, expected.access)
      ? []
      : [`left ${shown(observed.access)} and not ${shown(expected.access)}`]),
    ...(expected.outcomes === undefined || isEqual(observed.outcomes, expected.outcomes)
      ? []
      : [`was told ${shown(observed.outcomes)} and not ${shown(expected.outcomes)}`]),
    ...(expected.warnings === undefined ||
    (observed.warnings.length === expected.warnings.length &&
      expected.warnings.every((part, index) => observed.warnings[index]?.includes(part)))
      ? []
      : [`logged ${shown(observed.warnings)} and not ${shown(expected.warnings)}`]),
    ...(observed.took >= least && observed.took <= most
      ? []
      : [`took ${observed.took} ms and not ${least} to ${most} ms`])
  ]
}

/** After how many steps of the runtime a fiber yields, for each run of a case. With fewer, Effect 3 only yields. */
export const stepsOf = ({ atEveryStep }: Case): ReadonlyArray<number> =>
  atEveryStep === true ? [...Array.from({ length: 37 }, (_, index) => index + 11), 2048] : [2048]
