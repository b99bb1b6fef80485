/**
 * Random histories of a pipeline: how many broke a rule, and how often each kind of event was in them. `npm run figures:pipeline -- 20000 1` runs so many, from that
 * seed on.
 */
import { simulate } from "../pipeline/simulate.ts"

const [histories = 20_000, firstSeed = 1] = process.argv.slice(2).map(Number)
const from = performance.now()
const { kinds, violations } = await simulate(histories, firstSeed, 30)
const rules = new Map<string, number>()
for (const { rule } of violations) rules.set(rule, (rules.get(rule) ?? 0) + 1)

console.log(`${histories} histories from seed ${firstSeed} in ${Math.round((performance.now() - from) / 1000)} s`)
console.log(
  Object.entries(kinds)
    .sort()
    .map(([kind, count]) => `  ${kind}: ${count}`)
    .join("\n")
)
console.log(`violations: ${violations.length}`, Object.fromEntries(rules))
for (const { detail, rule } of violations.slice(0, 20)) console.log(`${rule}: ${detail}`)
process.exitCode = violations.length === 0 ? 0 : 1
