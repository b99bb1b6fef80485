/** Runs many random cases and shrinks the first that goes wrong. */
import { Config, Effect, Option } from "effect"
import * as fc from "effect/FastCheck"
import { cases } from "./modelArbitrary.ts"
import type { Case } from "./modelCase.ts"
import { violations } from "./modelOracle.ts"
import { report } from "./modelReport.ts"
import { type Mutate, run, type Trace } from "./modelRun.ts"
import { simpler } from "./modelShrink.ts"
import type { Violation } from "./modelViolation.ts"

/**
 * `MODEL_RUNS` cases (1,000) from `MODEL_SEED` (1); `MODEL_PATH` goes straight
 * to the one that a failure named.
 */
export const environment = Effect.runSync(
  Config.all({
    runs: Config.withDefault(Config.integer("MODEL_RUNS"), 300),
    seed: Config.withDefault(Config.integer("MODEL_SEED"), 1),
    path: Config.map(Config.option(Config.string("MODEL_PATH")), Option.getOrUndefined)
  })
)

export interface Checked {
  readonly failed: boolean
  /** Cases that were run, the first that failed included. */
  readonly runs: number
  /** What is wrong with the smallest case that fails, for people. */
  readonly text: string
}

export interface Settings {
  readonly runs: number
  readonly seed: number
  readonly path?: string | undefined
  readonly services: 1 | 2
  readonly mutate?: Mutate | undefined
}

interface Ran {
  readonly one: Case
  readonly trace: Trace
  readonly found: ReadonlyArray<Violation>
}

const ran = async (one: Case, mutate: Mutate | undefined): Promise<Ran> => {
  const trace = await Effect.runPromise(run(one, mutate))
  return { one, trace, found: violations(one, trace) }
}

/** How often all parts of a case are gone through. */
const rounds = 3

/** The smallest case that still goes wrong in the same way. */
const smallest = async (first: Ran, mutate: Mutate | undefined): Promise<Ran> => {
  let least = first
  for (let round = 0; round < rounds; round++) {
    const before = least
    let candidates = simpler(least.one, least.trace)
    for (let n = 0; n < candidates.length; n++) {
      const candidate = candidates[n]
      if (candidate === undefined) break
      const next = await ran(candidate, mutate)
      if (next.found[0]?.kind !== first.found[0]?.kind) continue
      least = next
      candidates = simpler(least.one, least.trace)
      n -= 1
    }
    if (least === before) break
  }
  return least
}

export const check = async (settings: Settings): Promise<Checked> => {
  let wrong: Ran | undefined
  const property = fc.asyncProperty(cases(settings.services), async (one) => {
    const result = await ran(one, settings.mutate)
    if (result.found.length > 0) wrong = result
    return result.found.length === 0
  })
  const { counterexamplePath, errorInstance, failed, numRuns } = await fc.check(property, {
    numRuns: settings.runs,
    seed: settings.seed,
    endOnFailure: true,
    ...(settings.path === undefined ? {} : { path: settings.path })
  })
  if (!failed) return { failed, runs: numRuns, text: "" }
  if (wrong === undefined) return { failed, runs: numRuns, text: String(errorInstance) }
  const { found, one, trace } = await smallest(wrong, settings.mutate)
  const file = settings.services === 1 ? "model.test" : "modelServices"
  const again = `MODEL_RUNS=1 MODEL_SEED=${settings.seed} MODEL_PATH=${counterexamplePath} npx vitest run --project access ${file}`
  return { failed, runs: numRuns, text: `${report(one, trace, found)}\nAgain: ${again}` }
}
