/** `npm run figures:history`: ten thousand histories by the rules of `events`, and what was missed in them. */
import { simulate } from "../support/eventHistory.ts"

const histories = 10_000
const from = performance.now()
const totals = { runs: 0, wholeRuns: 0, carried: 0 }
const reasons = new Map<string, number>()
const violations = new Map<string, number>()
for (let seed = 1; seed <= histories; seed++) {
  const outcome = simulate(seed)
  totals.runs += outcome.runs
  totals.wholeRuns += outcome.wholeRuns
  totals.carried += outcome.carried
  for (const reason of outcome.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  for (const { rule } of outcome.violations) violations.set(rule, (violations.get(rule) ?? 0) + 1)
}
const count = (rule: string) => violations.get(rule) ?? 0
const stale = count("stale row not read again")
const others = [...violations.values()].reduce((sum, one) => sum + one, 0) - stale
console.log(`${histories} histories, ${totals.runs} runs in ${((performance.now() - from) / 1000).toFixed(0)} s`)
console.log(`rows carried over: ${totals.carried}; of these stale with an event: ${stale}`)
console.log(`runs that read everything: ${totals.wholeRuns}`, Object.fromEntries(reasons))
console.log(`sentences and decisions that the record contradicts: ${others}`, Object.fromEntries(violations))
process.exitCode = violations.size === 0 ? 0 : 1
