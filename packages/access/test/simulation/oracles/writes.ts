/**
 * A write: "granted" means that this run's create was executed, "revoked"
 * that the permission was gone after this run's request.
 */
import { AccessPlan } from "../../../src/index.ts"
import { ownerOf, type Scenario } from "../scenario/scenario.ts"
import type { Ran, Trace } from "../trace.ts"
import type { Exchange } from "../world/server.ts"
import { countOf, lastListingOf, listingsOf, type State, shownBy, statesIn } from "./history.ts"
import { type Violation, violation } from "./violation.ts"

const requestsOf = (trace: Trace, run: Ran, operation: Exchange["operation"]): ReadonlyArray<Exchange> =>
  trace.exchanges.filter((exchange) => exchange.run === run.name && exchange.operation === operation)

/** A create of this run made a permission of the project, or was answered as if it had. */
const created = (trace: Trace, run: Ran, checkpoint: string, project: string): boolean =>
  requestsOf(trace, run, "create").some(
    (exchange) =>
      exchange.checkpoint === checkpoint &&
      [...exchange.made, ...exchange.shown].some(({ project_id }) => project_id === project)
  )

const sent = (trace: Trace, run: Ran, checkpoint: string, project: string): boolean =>
  requestsOf(trace, run, "create").some(
    (exchange) => exchange.checkpoint === checkpoint && exchange.projects.includes(project)
  )

/** Steps of an apply. */
const steps = (scenario: Scenario, trace: Trace, run: Ran): ReadonlyArray<Violation> => {
  const wrong = violation(run)
  return run.claims.flatMap((claim): ReadonlyArray<Violation> => {
    if (claim._tag !== "step") return []
    const { at, step } = claim
    switch (step._tag) {
      case "Granted": {
        const { checkpoint, project_id } = step
        const isTrue = step.confirmed
          ? created(trace, run, checkpoint, project_id)
          : sent(trace, run, checkpoint, project_id)
        return isTrue ? [] : [wrong("false write", `${project_id} was not granted on ${checkpoint} by this run`)]
      }
      case "Revoked": {
        const { checkpoint, permission } = step
        const requests = requestsOf(trace, run, "delete").filter(
          (exchange) => exchange.checkpoint === checkpoint && exchange.permissionId === permission
        )
        const [first] = requests
        if (first === undefined) return [wrong("false write", `${permission} was revoked without a request`)]
        const isGone = statesIn(trace, checkpoint, { from: first.sent, to: at }, 0).some((state) =>
          state.every(({ id }) => id !== permission)
        )
        if (!isGone) return [wrong("false write", `${permission} was there all the time after the request`)]
        const isOthers = requests.every(({ removed, result }) => removed.length === 0 && result === 404)
        return isOthers ? [wrong("false write", `${permission} was revoked by another actor`)] : []
      }
      case "AlreadyDone": {
        if (step.action === "revoke") return []
        const { checkpoint, project_id } = step
        const listing = lastListingOf(listingsOf(trace, run.name, checkpoint, at), project_id)
        const isTrue =
          listing !== undefined &&
          shownBy(scenario, trace, checkpoint, listing).some((state) => countOf(state, project_id) > 0)
        return isTrue ? [] : [wrong("false reading", `${project_id} had no permission on ${checkpoint} when read`)]
      }
      default:
        return []
    }
  })
}

const ofProject = (state: State, project: string): State => state.filter(({ project_id }) => project_id === project)

/** The report of `Access.grant` or `Access.revoke`. */
const reports = (scenario: Scenario, trace: Trace, run: Ran): ReadonlyArray<Violation> => {
  const { step } = run
  if (step._tag !== "grant" && step._tag !== "revoke") return []
  const { checkpoint } = step
  const wrong = violation(run)
  return run.claims.flatMap((claim): ReadonlyArray<Violation> => {
    if (claim._tag !== "granted" && claim._tag !== "revoked") return []
    const { at, report } = claim
    const lists: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = Object.entries(report).filter(
      ([name]) => name !== "mayBeDuplicated"
    )
    const listings = listingsOf(trace, run.name, checkpoint, at)
    const statesOf = (listing: (typeof listings)[number] | undefined): ReadonlyArray<State> =>
      listing === undefined ? [] : shownBy(scenario, trace, checkpoint, listing)
    /** The exchanges before its first write. A reply that a frozen process does not see is read again. */
    const firstWrite = trace.exchanges.find(
      (exchange) => exchange.run === run.name && exchange.checkpoint === checkpoint && exchange.operation !== "list"
    )?.sent.order
    const earlier = listings.filter(({ to }) => firstWrite === undefined || to.order < firstWrite)
    return step.projects.flatMap((project): ReadonlyArray<Violation> => {
      const names = lists.filter(([, projects]) => projects.includes(project)).map(([name]) => name)
      const [name] = names
      if (name === undefined || names.length > 1) {
        return [wrong("false reading", `the report names ${project} ${names.length} times`)]
      }
      const before = lastListingOf(earlier, project)
      const owns = ownerOf(scenario, checkpoint) === project
      const since = before === undefined ? [] : statesIn(trace, checkpoint, { from: before.from, to: at }, 0)
      const isGone = (id: string): boolean => since.some((state) => state.every((one) => one.id !== id))
      const had = (states: ReadonlyArray<State>, count: (n: number) => boolean) =>
        states.some((state) => count(countOf(state, project)))
      const checks: Readonly<Record<string, boolean>> = {
        ownerProjects: owns,
        granted:
          sent(trace, run, checkpoint, project) &&
          had(statesOf(lastListingOf(listings, project)), (count) => count > 0),
        notListedYet: created(trace, run, checkpoint, project),
        alreadyGranted: had(statesOf(before), (count) => count > 0),
        revoked: statesOf(before).some(
          (state) => countOf(state, project) > 0 && ofProject(state, project).every(({ id }) => isGone(id))
        ),
        absent: had(statesOf(before), (count) => count === 0)
      }
      return checks[name] === true ? [] : [wrong("false write", `the report says that ${project} was ${name}`)]
    })
  })
}

/**
 * A create is not sent again while what it made is there: never if it was
 * answered, and otherwise only after a reading, which may lag.
 */
const resent = (trace: Trace, run: Ran): ReadonlyArray<Violation> => {
  const wrong = violation(run)
  const creates = requestsOf(trace, run, "create")
  return creates.flatMap((earlier, n) =>
    [...new Map([...earlier.shown, ...earlier.made].map((permission) => [permission.id, permission])).values()].flatMap(
      ({ id, project_id }) =>
        creates.slice(n + 1).flatMap((later) => {
          const { checkpoint, projects, sent } = later
          if (checkpoint !== earlier.checkpoint || !projects.includes(project_id)) return []
          if (earlier.ended === undefined || sent.order < earlier.ended.order) return []
          const states = statesIn(trace, checkpoint, { from: earlier.changed ?? earlier.ended, to: sent }, 0)
          const isThere = states.every((state) => state.some((one) => one.id === id))
          const isAnswered = earlier.shown.some((one) => one.id === id)
          const { order } = earlier.ended
          const isRead = listingsOf(trace, run.name, checkpoint, sent).some(({ from }) => from.order > order)
          return isThere && (isAnswered || !isRead)
            ? [wrong("resent", `${project_id} was granted on ${checkpoint} (${id}), and again`)]
            : []
        })
    )
  )
}

/** Nothing is deleted that the plan did not show, doubles of its own creates apart; `at-least` deletes nothing else. */
const deleted = (trace: Trace, run: Ran): ReadonlyArray<Violation> => {
  const { plan } = run
  if (run.command !== "apply" || plan === undefined) return []
  const wrong = violation(run)
  return requestsOf(trace, run, "delete").flatMap(({ checkpoint, removed }) => {
    const planned = plan.checkpoints.find((one) => one.checkpoint === checkpoint)
    const isExact = (plan.policy.checkpoints[checkpoint]?.mode ?? "exact") === "exact"
    const isOwnDouble = (project: string) =>
      planned?.steps.some((step) => step.why === "missing" && step.project === project) === true
    const isShown = (id: string) =>
      planned?.steps.some((step) => AccessPlan.isDelete(step) && step.permission.id === id) === true
    return removed
      .filter(({ id, project_id }) => !(isOwnDouble(project_id) || (isExact && isShown(id))))
      .map(({ id, project_id }) =>
        wrong("deleted", `${id} of ${project_id} on ${checkpoint}, which the plan does not show`)
      )
  })
}

export const writes = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> =>
  trace.ran.flatMap((run) => [
    ...steps(scenario, trace, run),
    ...reports(scenario, trace, run),
    ...resent(trace, run),
    ...deleted(trace, run)
  ])
