/**
 * A permission of a project that is to have access is deleted only right after
 * a reading that shows an older one beside it: what was so at a plan's time may
 * leave the project without any.
 */
import { ownerOf, type Scenario } from "../scenario/scenario.ts"
import type { Ran, Trace } from "../trace.ts"
import type { Exchange, Permission } from "../world/server.ts"
import { listingsOf, shownBy } from "./history.ts"
import { type Violation, violation } from "./violation.ts"

/** How old such a reading may be, in milliseconds. A process that is frozen between reading and request cannot know. */
const maxAge = ({ step }: Ran): number =>
  60_000 + ("fate" in step && step.fate?.what === "freeze" ? step.fate.millis : 0)

const isWanted = (scenario: Scenario, run: Ran, checkpoint: string, project: string): boolean => {
  const { step } = run
  if (ownerOf(scenario, checkpoint) === project) return false
  if (step._tag === "grant") return step.projects.some((one) => one === project)
  return run.plan?.policy.checkpoints[checkpoint]?.projects.includes(project) ?? false
}

/** The first request to delete a permission: what is sent again relies on the same reading. */
const firstOf = (trace: Trace, { checkpoint, permissionId, run }: Exchange): Exchange | undefined =>
  trace.exchanges.find(
    (other) => other.run === run && other.checkpoint === checkpoint && other.permissionId === permissionId
  )

const isJustified = (
  scenario: Scenario,
  trace: Trace,
  run: Ran,
  { checkpoint, sent }: Exchange,
  double: Permission
): boolean =>
  listingsOf(trace, run.name, checkpoint, sent).some(
    (listing) =>
      (listing.project === undefined || listing.project === double.project_id) &&
      sent.time - listing.to.time <= maxAge(run) &&
      shownBy(scenario, trace, checkpoint, listing).some(
        (state) =>
          state.some(({ id }) => id === double.id) &&
          state.some(({ id, project_id }) => project_id === double.project_id && id !== double.id)
      )
  )

export const doubles = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> =>
  trace.ran.flatMap((run) =>
    trace.exchanges
      .filter((exchange) => exchange.run === run.name && exchange.operation === "delete")
      .flatMap((exchange) =>
        exchange.removed
          .filter((permission) => {
            const first = firstOf(trace, exchange)
            return (
              isWanted(scenario, run, exchange.checkpoint, permission.project_id) &&
              first !== undefined &&
              !isJustified(scenario, trace, run, first, permission)
            )
          })
          .map(({ id, project_id }) =>
            violation(run)(
              "deleted",
              `${id} of ${project_id}, which is to have access to ${exchange.checkpoint}, by no reading of the last minute`
            )
          )
      )
  )
