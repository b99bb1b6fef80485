/** Runs histories, and counts what they show. */
import * as history from "./history.ts"
import { check, type Violation } from "./oracles.ts"
import { policyOf, read } from "./read.ts"
import * as world from "./world.ts"

export interface Outcome {
  readonly nights: number
  /** How many nights ended with each exit code; `failed` if nothing was read. */
  readonly exitCodes: ReadonlyMap<number | "failed", number>
  /** Permissions that differ, reported with their authors. */
  readonly authors: number
  /** Missing access that was explained. */
  readonly ends: number
  readonly violations: ReadonlyArray<Violation>
}

/** Runs the nights of histories until there were so many. */
export const simulate = async ({
  firstSeed,
  nights: wanted
}: {
  readonly firstSeed: number
  readonly nights: number
}): Promise<Outcome> => {
  const exitCodes = new Map<number | "failed", number>()
  const violations: Array<Violation> = []
  let [nights, authors, ends] = [0, 0, 0]
  for (let seed = firstSeed; nights < wanted; seed++) {
    const one = history.make(seed)
    const policy = policyOf(one)
    const there = world.make(one)
    for (const night of one.nights) {
      const begun = there.begin(night)
      const drift = await read(one, policy, night, there, begun)
      const checked = check(one, night, begun, drift)
      const code = checked.exitCode ?? "failed"
      exitCodes.set(code, (exitCodes.get(code) ?? 0) + 1)
      violations.push(...checked.violations)
      authors += checked.authors
      ends += checked.ends
      nights += 1
    }
  }
  return { nights, exitCodes, authors, ends, violations }
}
