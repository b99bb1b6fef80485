/** Runs a scenario, and holds what happened against what must be so. */
import { Effect } from "effect"
import type { Plant } from "./commands.ts"
import { violations } from "./oracles/oracles.ts"
import type { Violation } from "./oracles/violation.ts"
import { report } from "./report.ts"
import { run } from "./run.ts"
import { scenarioOf } from "./scenario/arbitrary.ts"
import type { Scenario } from "./scenario/scenario.ts"
import type { Trace } from "./trace.ts"

/** A scenario as it went. */
export interface Tried {
  readonly scenario: Scenario
  readonly trace: Trace
  readonly found: ReadonlyArray<Violation>
}

export const attempt = async (scenario: Scenario, plant?: Plant): Promise<Tried> => {
  const trace = await Effect.runPromise(run(scenario, plant))
  return { scenario, trace, found: violations(scenario, trace) }
}

/** Returns the violations of the scenario of a seed with its timeline, or `undefined`. */
export const trySeed = async (seed: number): Promise<string | undefined> => {
  const { found, scenario, trace } = await attempt(scenarioOf(seed))
  if (found.length === 0) return undefined
  return `${report(scenario, trace, found)}\nAgain: SEEDS=${seed} npm test -- --project=access simulation.endurance`
}
