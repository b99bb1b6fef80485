/**
 * Makes a case that goes wrong as small as it can be. A case has many parts
 * that do not matter, which are tried out one by one: a fiber, a step, a fault,
 * a permission, a setting.
 */
import { Faults } from "@checkpoint-permissions/testing"
import { type Case, type Program, type Step, startAt } from "./modelCase.ts"
import type { Trace } from "./modelRun.ts"

const without = <A>(list: ReadonlyArray<A>, n: number): ReadonlyArray<A> => list.filter((_, i) => i !== n)
const replaced = <A>(list: ReadonlyArray<A>, n: number, one: A): ReadonlyArray<A> =>
  list.map((other, i) => (i === n ? one : other))

/** What a plan that was drawn gave to each request, written down. */
const asMet = ({ requests }: Trace): Faults.Plan =>
  Faults.scripted(requests.flatMap(({ fault }, n) => (fault === undefined ? [] : [{ fault, nth: n + 1 }])))

const plans = (plan: Faults.Plan, trace: Trace): ReadonlyArray<Faults.Plan> => {
  if (plan._tag === "Random") return [Faults.none, asMet(trace)]
  const { entries } = plan
  const simpler = (entry: Faults.Entry): ReadonlyArray<Faults.Entry> => [
    ...(entry.times === undefined || entry.times === 1 ? [] : [{ ...entry, times: 1 }]),
    ...(entry.nth === undefined || entry.nth === 1 ? [] : [{ ...entry, nth: 1 }])
  ]
  return [
    ...(entries.length > 1 ? [Faults.none] : []),
    ...entries.map((_, n) => Faults.scripted(without(entries, n))),
    ...entries.flatMap((entry, n) => simpler(entry).map((one) => Faults.scripted(replaced(entries, n, one))))
  ]
}

const steps = (step: Step): ReadonlyArray<Step> => [
  ...("interruptAfter" in step && step.interruptAfter !== undefined ? [{ ...step, interruptAfter: undefined }] : []),
  ...(step.wait === 0 ? [] : [{ ...step, wait: 0 }]),
  ...(step._tag === "list" && step.resume ? [{ ...step, resume: false }] : []),
  ...(step._tag === "list" && step.pause > 0 ? [{ ...step, pause: 0 }] : []),
  ...(step._tag === "list" && step.project !== undefined ? [{ ...step, project: undefined }] : []),
  ...(step._tag === "list" && step.order === "ascending" ? [{ ...step, order: "descending" } as const] : []),
  ...("projects" in step && step.projects.length > 1
    ? step.projects.map((_, n) => ({ ...step, projects: without(step.projects, n) }))
    : [])
]

const programs = (all: ReadonlyArray<Program>): ReadonlyArray<ReadonlyArray<Program>> => [
  ...(all.length > 1 ? all.map((_, n) => without(all, n)) : []),
  ...all.flatMap((program, n) =>
    program.steps.length > 1
      ? program.steps.map((_, i) => replaced(all, n, { ...program, steps: without(program.steps, i) }))
      : []
  ),
  ...all.flatMap((program, n) =>
    program.service === 0 ? [] : [replaced(all, n, { ...program, service: 0 as const })]
  ),
  ...all.flatMap((program, n) =>
    program.steps.flatMap((step, i) =>
      steps(step).map((one) => replaced(all, n, { ...program, steps: replaced(program.steps, i, one) }))
    )
  )
]

const initials = (all: Case["initial"]): ReadonlyArray<Case["initial"]> => [
  ...(all.length > 1 ? [[]] : []),
  ...(all.some(({ project_id }) => project_id.startsWith("proj_other"))
    ? [all.filter(({ project_id }) => !project_id.startsWith("proj_other"))]
    : []),
  ...all.map((_, n) => without(all, n)),
  ...all.flatMap((one, n) => (one.id === undefined ? [] : [replaced(all, n, { ...one, id: undefined })])),
  ...all.flatMap((one, n) =>
    one.created_at === startAt / 1000 ? [] : [replaced(all, n, { ...one, created_at: startAt / 1000 })]
  )
]

const clients = (client: Case["client"]): ReadonlyArray<Case["client"]> => [
  ...(client.pacing === "none" ? [] : [{ ...client, pacing: "none" as const }]),
  ...(!client.prefetch ? [] : [{ ...client, prefetch: false }]),
  ...(client.pageSize === 100 ? [] : [{ ...client, pageSize: 100 }])
]

const behaviors = (behavior: Case["behavior"]): ReadonlyArray<Case["behavior"]> =>
  Object.keys(behavior).map((name) => Object.fromEntries(Object.entries(behavior).filter(([key]) => key !== name)))

/** Cases that are a little simpler, those that save most first. */
export const simpler = (one: Case, trace: Trace): ReadonlyArray<Case> => [
  ...programs(one.programs).map((programs) => ({ ...one, programs })),
  ...plans(one.faults, trace).map((faults) => ({ ...one, faults })),
  ...initials(one.initial).map((initial) => ({ ...one, initial })),
  ...behaviors(one.behavior).map((behavior) => ({ ...one, behavior })),
  ...clients(one.client).map((client) => ({ ...one, client })),
  ...(one.seed === 0 ? [] : [{ ...one, seed: 0 }])
]
