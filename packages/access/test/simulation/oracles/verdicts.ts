/** A verdict: a checkpoint that is said to be as wanted was read so in this run, or became so by its deletes after that. */
import * as AccessPlan from "../../../src/AccessPlan.ts"
import { lagOf, mostLag, ownerOf, type Scenario } from "../scenario/scenario.ts"
import { finishedOf, type Ran, stepsSaid, type Trace } from "../trace.ts"
import type { Instant } from "../world/time.ts"
import { countOf, lastListingOf, listingsOf, type State, shownBy, statesIn } from "./history.ts"
import { type Violation, violation } from "./violation.ts"

/** Returns the wanted access of a checkpoint in the plan of a run. */
export const wantedOf = (scenario: Scenario, run: Ran, checkpoint: string) => {
  const entry = run.plan?.policy.checkpoints[checkpoint]
  if (entry === undefined) return undefined
  const owner = ownerOf(scenario, checkpoint)
  const projects = entry.projects.map((project) => (typeof project === "string" ? project : project.project))
  return { mode: entry.mode ?? "exact", projects: projects.filter((project) => project !== owner) }
}

/**
 * Returns the permissions of a project that an apply has to leave single. A second one that appeared after the plan is left
 * to the next plan.
 */
export const singleOf = (run: Ran, checkpoint: string, state: State, project: string): State => {
  const { found, steps } = run.plan?.checkpoints.find((one) => one.checkpoint === checkpoint) ?? {}
  const grants = steps && AccessPlan.grantsIn(steps)
  const isGranted = grants?.some((one) => one === project) === true
  return state.filter(
    ({ id, project_id }) => project_id === project && (isGranted || found?.some((one) => one.id === id) === true)
  )
}

type Step = Extract<Ran["claims"][number], { readonly _tag: "step" }>["step"]

/** Steps after which a checkpoint is not as wanted, or not known to be. */
const denies = (
  step: Step
): step is Extract<Step, { readonly _tag: "Failed" | "Drifted" | "NotListedYet" | "Skipped" }> =>
  ["Failed", "Drifted", "NotListedYet", "Skipped"].includes(step._tag)

const complete = (
  scenario: Scenario,
  trace: Trace,
  run: Ran,
  checkpoint: string,
  at: Instant
): ReadonlyArray<Violation> => {
  const wrong = violation(run)
  const wanted = wantedOf(scenario, run, checkpoint)
  if (wanted === undefined) return [wrong("false verdict", `${checkpoint} is none of the policy`)]
  const denied = stepsSaid(run).find(
    (claim) => claim.at.order < at.order && denies(claim.step) && claim.step.checkpoint === checkpoint
  )
  if (denied !== undefined) {
    return [wrong("false verdict", `${checkpoint} is said to be as wanted after a step ${denied.step._tag}`)]
  }
  const listings = listingsOf(trace, run.name, checkpoint, at)
  const whole = listings.findLast(({ project }) => project === undefined)
  if (whole === undefined) {
    return [wrong("false verdict", `${checkpoint} is said to be as wanted, and was not read in this run`)]
  }
  const since = statesIn(trace, checkpoint, { from: whole.from, to: at }, 0)
  const isGone = (id: string): boolean => since.some((state) => state.every((one) => one.id !== id))
  const shown = shownBy(scenario, trace, checkpoint, whole)
  const unwanted = (state: State): State => state.filter(({ project_id }) => !wanted.projects.includes(project_id))
  const left = shown.map((state) => unwanted(state).filter(({ id }) => !isGone(id)))
  // A listing is no snapshot: it owes what was there throughout. Doubles that it does not show yet are nobody's to see.
  const isAsWanted = (states: ReadonlyArray<State>, project: string): boolean => {
    const throughout = singleOf(run, checkpoint, states[0] ?? [], project).filter((permission) =>
      states.every((state) => state.some(({ id }) => id === permission.id))
    )
    const mayBeDoubled = wanted.mode !== "exact" || lagOf(scenario) > mostLag
    return states.some((state) => countOf(state, project) > 0) && (mayBeDoubled || throughout.length < 2)
  }
  return [
    ...wanted.projects
      .filter((project) => {
        const listing = lastListingOf(listings, project) ?? whole
        return !isAsWanted(shownBy(scenario, trace, checkpoint, listing), project)
      })
      .map((project) =>
        wrong("false verdict", `${project} had no access to ${checkpoint}, or twice all the time, when it was read`)
      ),
    ...(wanted.mode === "at-least" || left.some((permissions) => permissions.length === 0) ? [] : (left[0] ?? [])).map(
      ({ id, project_id }) =>
        wrong("false verdict", `${id} of ${project_id} was there on ${checkpoint} when it was read, and ever since`)
    )
  ]
}

/** Whether an apply would print its check mark. */
export const exitsWith0 = (run: Ran): boolean => {
  const { end, plan } = run
  if (run.command !== "apply" || end._tag !== "done" || plan === undefined) return false
  const finished = finishedOf(run)
  return (
    plan.unread.length === 0 && finished.length === plan.checkpoints.length && finished.every((one) => one.complete)
  )
}

export const verdicts = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> =>
  trace.ran.flatMap((run) => {
    const finished = finishedOf(run)
    const unsaid = Object.keys(run.plan?.policy.checkpoints ?? {}).filter((name) =>
      finished.every(({ checkpoint }) => checkpoint !== name)
    )
    return [
      ...finished.flatMap((one) => (one.complete ? complete(scenario, trace, run, one.checkpoint, one.at) : [])),
      ...(exitsWith0(run) ? unsaid : []).map((checkpoint) =>
        violation(run)("false verdict", `it ends with 0 and says nothing of ${checkpoint}`)
      )
    ]
  })
