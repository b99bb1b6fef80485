/** Runs histories, and adds up what they show. */
import { Effect, Logger } from "effect"
import { history, type Outcome } from "./history.ts"

/** Runs so many histories, from a seed on. Each has 10 events, and fewer than `most` others. */
export const simulate = async (histories: number, firstSeed: number, most: number): Promise<Outcome> => {
  const violations: Array<Outcome["violations"][number]> = []
  const counts = { steps: 0, runs: 0, left: 0 }
  for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
    const one = await Effect.runPromise(Effect.provide(history(seed, most), Logger.remove(Logger.defaultLogger)))
    violations.push(...one.violations)
    counts.steps += one.steps
    counts.runs += one.runs
    counts.left += one.left
  }
  return { violations, ...counts }
}
