/** Runs histories, and adds up what they show. */
import { Effect, Logger } from "effect"
import { history, type Outcome } from "./history.ts"

/** Runs so many histories, from a seed on. Each has 10 events, and fewer than `most` others. */
export const simulate = async (histories: number, firstSeed: number, most: number): Promise<Outcome> => {
  const violations: Array<Outcome["violations"][number]> = []
  const kinds: Record<string, number> = {}
  for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
    const one = await Effect.runPromise(Effect.provide(history(seed, most), Logger.remove(Logger.defaultLogger)))
    violations.push(...one.violations)
    for (const [kind, count] of Object.entries(one.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count
  }
  return { violations, kinds }
}
