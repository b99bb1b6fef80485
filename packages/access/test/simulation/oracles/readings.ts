/** A reading: what is said of a project was true at some instant between the listing's first request and its last reply. */
import type { Scenario } from "../scenario/scenario.ts"
import type { Ran, Trace } from "../trace.ts"
import type { Instant } from "../world/time.ts"
import { lastListingOf, listingsOf, shownBy } from "./history.ts"
import { type Violation, violation } from "./violation.ts"

interface Found {
  readonly id: string
  readonly project_id: string
}

/** A list of permissions that a run says are all that there are, of a checkpoint. */
const listed = (
  scenario: Scenario,
  trace: Trace,
  run: Ran,
  at: Instant,
  checkpoint: string,
  found: ReadonlyArray<Found>
): ReadonlyArray<Violation> => {
  const wrong = violation(run)
  const listing = lastListingOf(listingsOf(trace, run.name, checkpoint, at), undefined)
  if (listing === undefined) return [wrong("false reading", `${checkpoint} was not read to its end`)]
  const states = shownBy(scenario, trace, checkpoint, listing)
  const ids = new Set(found.map(({ id }) => id))
  const always = (states[0] ?? []).filter(({ id }) => states.every((state) => state.some((one) => one.id === id)))
  const projects = new Set([...states.flat(), ...found].map(({ project_id }) => project_id))
  const had = (count: number, one: string) =>
    states.some((state) => state.filter(({ project_id }) => project_id === one).length === count)
  return [
    ...(ids.size < found.length ? [wrong("false reading", `${checkpoint}: a permission is listed twice`)] : []),
    ...found
      .filter(({ id }) => !states.some((state) => state.some((one) => one.id === id)))
      .map(({ id, project_id }) => wrong("false reading", `${checkpoint}: ${id} of ${project_id} was not there`)),
    ...always
      .filter(({ id }) => !ids.has(id))
      .map(({ id, project_id }) =>
        wrong("false reading", `${checkpoint}: ${id} of ${project_id} was there all the time and is left out`)
      ),
    // Of two pages the first may be older than what the second replaces: no listing of several pages is one instant.
    ...(listing.pages > 1
      ? []
      : [...projects]
          .filter((one) => !had(found.filter(({ project_id }) => project_id === one).length, one))
          .map((one) => wrong("false reading", `${checkpoint}: ${one} never had as many permissions as are listed`)))
  ]
}

export const readings = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> =>
  trace.ran.flatMap((run) =>
    run.claims.flatMap((claim) =>
      claim._tag !== "planned"
        ? []
        : claim.plan.checkpoints.flatMap(({ checkpoint, found }) =>
            listed(scenario, trace, run, claim.at, checkpoint, found)
          )
    )
  )
