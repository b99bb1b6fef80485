/** Runs a scenario, and makes one that goes wrong small. */
import { Effect } from "effect"
import { violations } from "./oracles/oracles.ts"
import type { Violation } from "./oracles/violation.ts"
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

/** What is wrong with the scenario of a seed, if anything is, and what happened in the smallest one that shows it. */
export const trySeed = async (subject: Subject, seed: number): Promise<string | undefined> => {
  const first = await attempt(subject, scenarioOf(seed))
  if (first.found.length === 0) return undefined
  const { found, scenario, trace } = await smallest(subject, first)
  return `${report(scenario, trace, found)}\nAgain: SEEDS=${seed} npm test -- --project=access simulation.endurance`
}
