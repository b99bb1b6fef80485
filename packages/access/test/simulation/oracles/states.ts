/** The permissions of the server: never none, nothing doubled or lost by a run that was alone, and the policy at the end. */

import { lagOf, mostLag, ownerOf, type Scenario, stepsOf } from "../scenario/scenario.ts"
import { finishedOf, type Ran, stepsSaid, type Trace } from "../trace.ts"
import { changersIn, countOf, oldestOf, stateAt } from "./history.ts"
import { exitsWith0, singleOf, wantedOf } from "./verdicts.ts"
import { type Violation, violation } from "./violation.ts"

const policiesOf = (scenario: Scenario) => {
  const used = stepsOf(scenario).flatMap((step) => (step._tag === "apply" ? [step.policy] : []))
  return [...new Set([...used, 0])].map((n) => scenario.policies[n] ?? scenario.policies[0])
}

/** Every pair that was there at the start, that all policies want, and that no actor revokes, is there at every instant. */
export const neverNone = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> =>
  [...trace.versions].flatMap(([checkpoint, versions]) => {
    const wantedByAll = (project: string): boolean =>
      policiesOf(scenario).every(
        (policy) =>
          Object.entries(policy)
            .find(([name]) => name === checkpoint)?.[1]
            .projects.some((one) => one === project) === true
      )
    const isRevoked = (project: string): boolean =>
      stepsOf(scenario).some(
        (step) =>
          (step._tag === "revoke" && step.checkpoint === checkpoint && step.projects.some((one) => one === project)) ||
          (step._tag === "by hand" && step.what !== "add" && step.checkpoint === checkpoint && step.project === project)
      )
    const projects = new Set((versions[0]?.permissions ?? []).map(({ project_id }) => project_id))
    return [...projects]
      .filter((project) => wantedByAll(project) && !isRevoked(project))
      .flatMap((project) => {
        const gone = versions.find(({ permissions }) => countOf(permissions, project) === 0)
        return gone === undefined
          ? []
          : [
              violation(trace.ran.find(({ name }) => name === gone.by))(
                "none",
                `${project} had no access to ${checkpoint}`
              )
            ]
      })
  })

/** Since when a run relies on what it read: the plan that it applies may be older than itself. */
const since = (trace: Trace, run: Ran) => {
  if (run.command !== "apply" || run.plan === undefined) return run.started
  const planner = trace.ran.findLast(
    (other) => other.command === "plan" && other.started.order < run.started.order && other.step === run.step
  )
  return planner?.started ?? run.started
}

/** Checks the permissions after a run that was alone. */
export const alone = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> =>
  trace.ran.flatMap((run) => {
    const { command, end, ended, step } = run
    const span = { from: since(trace, run), to: ended }
    const wrong = violation(run)
    const isAlone = (checkpoint: string): boolean =>
      [...changersIn(trace, checkpoint, span)].every((by) => by === run.name)
    if (step._tag === "grant" || step._tag === "revoke") {
      const { checkpoint } = step
      if (!isAlone(checkpoint)) return []
      if (lagOf(scenario) > 0) return []
      const before = stateAt(trace, checkpoint, run.started)
      const after = stateAt(trace, checkpoint, ended)
      const frame = before
        .filter(
          ({ id, project_id }) =>
            !step.projects.some((one) => one === project_id) && after.every((one) => one.id !== id)
        )
        .map(({ id, project_id }) => wrong("deleted", `${id} of ${project_id} went too`))
      if (end._tag !== "done") return frame
      const asked = step.projects.flatMap((project): ReadonlyArray<Violation> => {
        const had = countOf(before, project)
        const has = countOf(after, project)
        if (ownerOf(scenario, checkpoint) === project) return []
        const said = run.claims.flatMap((claim) =>
          claim._tag === "granted" ? claim.report.granted : claim._tag === "revoked" ? claim.report.revoked : []
        )
        const isSaid = said.some((one) => one === project)
        if (command === "revoke") {
          return [
            ...(has > 0 ? [wrong("kept", `${project} was revoked and has ${has} permissions`)] : []),
            ...(isSaid !== had > 0 ? [wrong("false write", `${project} had ${had} permissions before`)] : [])
          ]
        }
        const stays = oldestOf(before, project)
        return [
          ...(has === 0 ? [wrong("lost", `${project} was granted and has no access`)] : []),
          ...(has > 1 ? [wrong("doubled", `${project} was granted and has ${has} permissions`)] : []),
          ...(isSaid !== (had === 0) ? [wrong("false write", `${project} had ${had} permissions before`)] : []),
          ...(stays !== undefined && after.every(({ id }) => id !== stays.id)
            ? [wrong("lost", `${stays.id}, the oldest permission of ${project}, should have stayed`)]
            : [])
        ]
      })
      return [...frame, ...asked]
    }
    if (command !== "apply") return []
    // A listing that lags does not show what is there, but an apply leaves no double.
    const isLate = lagOf(scenario) > 0
    return lagOf(scenario) > mostLag
      ? []
      : asPolicy(scenario, trace, run).filter(({ kind }) => !isLate || kind === "doubled")
  })

/** The checkpoints of a run's policy are as it wants them when it has ended. */
const asPolicy = (scenario: Scenario, trace: Trace, run: Ran): ReadonlyArray<Violation> => {
  const wrong = violation(run)
  return finishedOf(run).flatMap(({ checkpoint, complete }) => {
    if (!complete) return []
    const wanted = wantedOf(scenario, run, checkpoint)
    if (wanted === undefined) return []
    if ([...changersIn(trace, checkpoint, { from: since(trace, run), to: run.ended })].some((by) => by !== run.name)) {
      return []
    }
    const before = stateAt(trace, checkpoint, since(trace, run))
    const after = stateAt(trace, checkpoint, run.ended)
    const has = new Set(after.map(({ project_id }) => project_id))
    const count = (project: string): number => singleOf(run, checkpoint, after, project).length
    const most = (project: string): number => {
      return wanted.mode === "exact" ? 1 : Math.max(1, countOf(before, project))
    }
    return [
      ...wanted.projects
        .filter((project) => !has.has(project))
        .map((project) => wrong("lost", `${project} has no access to ${checkpoint}`)),
      ...wanted.projects
        .filter((project) => count(project) > most(project))
        .map((project) => wrong("doubled", `${project} has ${count(project)} permissions of ${checkpoint}`)),
      ...wanted.projects
        .map((project) => oldestOf(before, project))
        .flatMap((stays) =>
          stays === undefined || after.some(({ id }) => id === stays.id)
            ? []
            : [wrong("lost", `${stays.id} of ${stays.project_id}, the oldest, should have stayed`)]
        ),
      ...(wanted.mode === "at-least" ? [] : [...has])
        .filter((project) => !wanted.projects.includes(project))
        .map((project) => wrong("kept", `${project} has access to ${checkpoint}`))
    ]
  })
}

/** Applies beside each other only leave no duplicate of a permission that all of them want. */
export const rivals = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> => {
  const { faults } = scenario
  const isFaultless = faults._tag === "Scripted" && faults.entries.length === 0 && lagOf(scenario) <= mostLag
  const areApplies = stepsOf(scenario).every((step) => step._tag === "apply" && step.fate === undefined)
  if (!isFaultless || !areApplies || trace.ran.some(({ end }) => end._tag === "killed")) return []
  return [...trace.versions].flatMap(([checkpoint, versions]) => {
    const state = stateAt(trace, checkpoint, trace.calmed)
    const isWantedOnce = (project: string): boolean =>
      policiesOf(scenario).every((policy) => {
        const entry = Object.entries(policy).find(([name]) => name === checkpoint)?.[1]
        return entry?.mode === "exact" && entry.projects.some((one) => one === project)
      })
    return [...new Set(state.map(({ project_id }) => project_id))]
      .filter(isWantedOnce)
      .filter((project) => countOf(state, project) > Math.max(1, countOf(versions[0]?.permissions ?? [], project)))
      .map((project) => violation(undefined)("doubled", `${project} of ${checkpoint}, by applies alone`))
  })
}

/** After one more run in the quiet everything is as that run's policy wants it. */
export const atEnd = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> => {
  const { last } = trace
  if (last === undefined) return []
  const wrong = violation(last)
  if (!exitsWith0(last)) {
    const how = last.end._tag === "failed" ? last.end.message : last.end._tag
    const steps = stepsSaid(last).map(({ step }) => step._tag)
    return [wrong("failed", `in the quiet afterwards: ${how} (${steps.join(", ")})`)]
  }
  return asPolicy(scenario, trace, last)
}
