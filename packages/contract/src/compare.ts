/** Runs of a case, and the differences of an observation from the expected result. */
import * as host from "@checkpoint-permissions/fake/host"
import { checkpoint } from "./builders.ts"
import type { Case, Expected, Observed, Outcome, SeenRequest } from "./case.ts"

/** Returns the server of a case, as options of the fake. */
export const serverOf = ({ answers = [], behavior = {}, has, organization }: Case) => ({
  ...(has === undefined ? {} : { seed: { [checkpoint]: has } }),
  ...(organization === undefined ? {} : { organization }),
  behavior,
  faults: { _tag: "Scripted", entries: answers.map((one) => ("_tag" in one ? { fault: one } : one)) } as const
})

export type Host = host.Host

/** Returns the server of a case, as the functions of a host. */
export const hostOf = (one: Case): Host => host.make(serverOf(one), 0)

const bodyOf = (body: string): string => {
  const projects = /^\{"project_ids":\["(.*)"\]\}$/.exec(body)?.[1]
  return projects === undefined ? body : projects.replaceAll('","', " ")
}

/**
 * Returns a request and its outcome on one line: `list?limit=100 200`, `create proj_a proj_b dropped`. Leaves out the
 * zeros in ids of the fake: `delete cp_1 404`.
 */
export const lineOf = ({ body, operation, outcome, permissionId = "", query, status }: SeenRequest): string => {
  const params = Object.entries(query).map(([name, value]) => `${name}=${value}`)
  const what = [operation ?? "?", ...params.slice(0, 1)].join("?")
  const parts = [
    [what, ...params.slice(1)].join("&"),
    permissionId,
    bodyOf(body),
    outcome === "replied" ? String(status) : outcome
  ]
  return parts
    .filter((part) => part !== "")
    .join(" ")
    .replaceAll(/cp_0+(?=\d)/g, "cp_")
}

const shown = (value: unknown): string => JSON.stringify(value) ?? "undefined"

/** Returns true if two values are equal as JSON. The order of fields makes no difference. */
const isEqual = (one: unknown, other: unknown): boolean => {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return (
    Array.isArray(one) === Array.isArray(other) &&
    [...names].every((name) => isEqual(Reflect.get(one, name), Reflect.get(other, name)))
  )
}

const outcomeDifferences = (expected: Expected, observed: Outcome): ReadonlyArray<string> => {
  if ("ok" in expected || "ok" in observed) {
    const wanted = "ok" in expected ? { ok: expected.ok } : { fail: expected.fail }
    return isEqual(wanted, observed) ? [] : [`came to ${shown(observed)} and not to ${shown(wanted)}`]
  }
  return Object.entries({ mayHaveExecuted: false, ...expected.fail }).flatMap(([field, wanted]) => {
    const found: unknown = Reflect.get(observed.fail, field)
    const fits =
      typeof wanted === "string" && typeof found === "string" ? found.includes(wanted) : isEqual(found, wanted)
    return fits ? [] : [`failed with ${field} ${shown(found)} and not ${shown(wanted)}`]
  })
}

const difference = (verb: string, found: unknown, wanted: unknown): ReadonlyArray<string> =>
  wanted === undefined || isEqual(found, wanted) ? [] : [`${verb} ${shown(found)} and not ${shown(wanted)}`]

/** Returns one line for each difference. A failure may have been executed only if the case expects it. */
export const differences = (one: Case, observed: Observed): ReadonlyArray<string> => {
  const { given, headers = {}, leaves, outcomes, sent, took = 0, warnings } = one
  const [least, most] = typeof took === "number" ? [took, took] : took
  const sentHeaders = Object.keys(headers).map((name) => [name, observed.requests[0]?.headers[name]] as const)
  const isLogged =
    observed.warnings.length === warnings?.length &&
    warnings.every((part, index) => observed.warnings[index]?.includes(part))
  return [
    ...outcomeDifferences(one, observed.outcome),
    ...difference("sent", observed.requests.map(lineOf), sent),
    ...difference("sent headers", Object.fromEntries(sentHeaders), headers),
    ...difference("gave", observed.given, given),
    ...difference("left", observed.leaves, leaves),
    ...difference("was told", observed.outcomes, outcomes),
    ...(isLogged ? [] : difference("logged", observed.warnings, warnings)),
    ...(observed.took >= least && observed.took <= most
      ? []
      : [`took ${observed.took} ms and not ${least} to ${most} ms`])
  ]
}

/** The numbers of operations after which a fiber yields. With fewer than 11, Effect 3 does nothing but yield. */
const steps = Array.from({ length: 37 }, (_, index) => index + 11)

/** Returns the number of operations after which fibers yield, for each run of a case: one in `every` of all numbers. */
export const stepsOf = ({ atEveryStep }: Case, every: number): ReadonlyArray<number> =>
  atEveryStep === true ? [...steps.filter((count) => (count + 1) % every === 0), 2048] : [2048]
