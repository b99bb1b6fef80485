/**
 * Makes a scenario that goes wrong as small as it can be. It has many parts that
 * do not matter, which are tried out one by one: an actor, a step, a fault, a
 * permission, a setting.
 */

import type { faults } from "@checkpoint-permissions/fake"
import { faults as fakeFaults } from "@checkpoint-permissions/fake"
import type { Actor, Scenario, Step } from "./scenario/model.ts"
import type { Trace } from "./trace.ts"

const without = <A>(list: ReadonlyArray<A>, n: number): ReadonlyArray<A> => list.filter((_, i) => i !== n)
const replaced = <A>(list: ReadonlyArray<A>, n: number, one: A): ReadonlyArray<A> =>
  list.map((other, i) => (i === n ? one : other))

/** What a plan that was drawn gave to each request, written down. */
const asMet = ({ exchanges }: Trace): faults.Plan =>
  fakeFaults.scripted(exchanges.flatMap(({ fault }, n) => (fault === undefined ? [] : [{ fault, nth: n + 1 }])))

const plans = (plan: faults.Plan, trace: Trace): ReadonlyArray<faults.Plan> =>
  plan._tag === "Random"
    ? [fakeFaults.none, asMet(trace)]
    : plan.entries.length === 0
      ? []
      : [fakeFaults.none, ...plan.entries.map((_, n) => fakeFaults.scripted(without(plan.entries, n)))]

const simplerStep = (step: Step): ReadonlyArray<Step> => {
  const unhurried: ReadonlyArray<Step> = step.wait === 0 ? [] : [{ ...step, wait: 0 }]
  switch (step._tag) {
    case "apply":
      return [
        ...(step.fate === undefined ? [] : [{ ...step, fate: undefined }]),
        ...(step.pause === 0 ? [] : [{ ...step, pause: 0 }]),
        ...(step.plan === "fresh" ? [] : [{ ...step, plan: "fresh" as const }]),
        ...(step.concurrency === 1 ? [] : [{ ...step, concurrency: 1 as const }]),
        ...(step.locks ? [{ ...step, locks: false }] : []),
        ...(step.journal ? [{ ...step, journal: false }] : []),
        ...unhurried
      ]
    case "grant":
    case "revoke":
      return [
        ...(step.fate === undefined ? [] : [{ ...step, fate: undefined }]),
        ...(step.projects.length > 1
          ? step.projects.map((_, n) => ({ ...step, projects: without(step.projects, n) }))
          : []),
        ...(step.locks ? [{ ...step, locks: false }] : []),
        ...unhurried
      ]
    case "together":
      return [
        ...(step.fate === undefined ? [] : [{ ...step, fate: undefined }]),
        ...(step.parts.length > 1
          ? step.parts.flatMap((_, n) => [{ ...step, parts: without(step.parts, n) }])
          : step.parts),
        ...unhurried
      ]
    case "list":
      return [
        ...(step.fate === undefined ? [] : [{ ...step, fate: undefined }]),
        ...(step.pause === 0 ? [] : [{ ...step, pause: 0 }]),
        ...unhurried
      ]
    default:
      return unhurried
  }
}

const actors = (all: ReadonlyArray<Actor>): ReadonlyArray<ReadonlyArray<Actor>> => [
  ...(all.length > 1 ? all.map((_, n) => without(all, n)) : []),
  ...all.flatMap((actor, n) =>
    actor.steps.length > 1
      ? actor.steps.map((_, s) => replaced(all, n, { ...actor, steps: without(actor.steps, s) }))
      : []
  ),
  ...all.flatMap((actor, n) =>
    actor.steps.flatMap((step, s) =>
      simplerStep(step).map((one) => replaced(all, n, { ...actor, steps: replaced(actor.steps, s, one) }))
    )
  ),
  ...all.flatMap((actor, n) => [
    ...(actor.container ? [replaced(all, n, { ...actor, container: false })] : []),
    ...(actor.client.pageSize === 100
      ? []
      : [replaced(all, n, { ...actor, client: { ...actor.client, pageSize: 100 } })]),
    ...(actor.client.prefetch ? [replaced(all, n, { ...actor, client: { ...actor.client, prefetch: false } })] : []),
    ...(actor.client.pacing === "none"
      ? []
      : [replaced(all, n, { ...actor, client: { ...actor.client, pacing: "none" as const } })])
  ])
]

const behaviors = (behavior: Scenario["behavior"]): ReadonlyArray<Scenario["behavior"]> =>
  Object.keys(behavior).map((name) => Object.fromEntries(Object.entries(behavior).filter(([key]) => key !== name)))

/** Scenarios that are a little simpler, those that save most first. */
export const simpler = (scenario: Scenario, trace: Trace): ReadonlyArray<Scenario> => [
  ...actors(scenario.actors).map((actors) => ({ ...scenario, actors })),
  ...plans(scenario.faults, trace).map((faults) => ({ ...scenario, faults })),
  ...scenario.initial.map((_, n) => ({ ...scenario, initial: without(scenario.initial, n) })),
  ...behaviors(scenario.behavior).map((behavior) => ({ ...scenario, behavior })),
  ...(scenario.yieldChance === 0 ? [] : [{ ...scenario, yieldChance: 0 }]),
  ...(scenario.clocks.some((ahead) => ahead !== 0) ? [{ ...scenario, clocks: [0, 0] as const }] : [])
]
