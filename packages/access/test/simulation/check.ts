/** Runs many scenarios and makes the first that goes wrong small. */
import { Effect } from "effect"
import { violations } from "./oracles/oracles.ts"
import type { Kind, Violation } from "./oracles/violation.ts"
import { report } from "./report.ts"
import { run } from "./run.ts"
import { scenarioOf } from "./scenario/arbitrary.ts"
import type { Scenario } from "./scenario/model.ts"
import { simpler } from "./shrink.ts"
import type { Subject, Trace } from "./trace.ts"

/** A scenario as it went. */
export interface Tried {
  readonly scenario: Scenario
  readonly trace: Trace
  readonly found: ReadonlyArray<Violation>
}

export const attempt = async (subject: Subject, scenario: Scenario): Promise<Tried> => {
  const trace = await Effect.runPromise(run(subject, scenario))
  return { scenario, trace, found: violations(scenario, trace) }
}

/** The scenarios that the suite runs. A command runs ten thousand. */
export const suite = { seed: 1, runs: 180 }

/** The most runs that it takes to make a scenario small. */
const mostTries = 300

/** The smallest scenario that still goes wrong in the same way. */
const smallest = async (subject: Subject, first: Tried): Promise<Tried> => {
  let least = first
  let tries = 0
  let candidates = simpler(least.scenario, least.trace)
  for (let n = 0; n < candidates.length && tries < mostTries; n++, tries++) {
    const candidate = candidates[n]
    if (candidate === undefined) break
    const next = await attempt(subject, candidate)
    if (next.found[0]?.kind !== first.found[0]?.kind) continue
    least = next
    candidates = simpler(least.scenario, least.trace)
    n = -1
  }
  return least
}

export interface Failure {
  readonly seed: number
  readonly kind: Kind
  /** For people: what is wrong, and what happened in the smallest scenario that shows it. */
  readonly text: string
}

/** What is wrong with the scenario of a seed, if anything is. */
export const trySeed = async (subject: Subject, seed: number): Promise<Failure | undefined> => {
  const first = await attempt(subject, scenarioOf(seed))
  const worst = first.found[0]
  if (worst === undefined) return undefined
  const { found, scenario, trace } = await smallest(subject, first)
  const again = `SIMULATION_RUNS=1 SIMULATION_SEED=${seed} npx vitest run --project access simulation.test`
  return { seed, kind: worst.kind, text: `${report(scenario, trace, found)}\nAgain: ${again}` }
}

/** The first of so many seeds whose scenario goes wrong. */
export const check = async (subject: Subject, from: number, count: number): Promise<Failure | undefined> => {
  for (let seed = from; seed < from + count; seed++) {
    const failure = await trySeed(subject, seed)
    if (failure !== undefined) return failure
  }
  return undefined
}
