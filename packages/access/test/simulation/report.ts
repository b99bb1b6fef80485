/** A run that went wrong, for people: what is wrong, its scenario, and the requests and claims in their order. */
import type { Violation } from "./oracles/violation.ts"
import type { Scenario } from "./scenario/scenario.ts"
import type { Trace } from "./trace.ts"
import type { Instant } from "./world/time.ts"

/** The last lines of what happened that are shown. */
const most = 300

const timeline = ({ events, exchanges, ran }: Trace) =>
  [
    ...exchanges.map((one) => ({ at: one.sent, what: one })),
    ...ran.flatMap(({ claims, end, ended, name }) => [
      ...claims.map(({ at, ...claim }) => ({ at, what: { name, ...claim } })),
      { at: ended, what: { name, end } }
    ]),
    ...events.map(({ at, text }) => ({ at, what: text }))
  ].sort((one: { readonly at: Instant }, other: { readonly at: Instant }) => one.at.order - other.at.order)

export const report = (scenario: Scenario, trace: Trace, found: ReadonlyArray<Violation>): string =>
  [
    ...found.map(({ kind, run, text }) => `${kind} (${run?.name}): ${text}`),
    JSON.stringify(scenario, null, 1),
    ...timeline(trace)
      .slice(-most)
      .map(({ at, what }) => `${at.time} ${JSON.stringify(what)}`),
    `At the end: ${JSON.stringify([...trace.atEnd])}`
  ].join("\n")
