/**
 * Random histories in virtual time: nights on which `drift` was wrong. `npm run figures:nights -- 10000 1` runs so many
 * nights, from that seed on.
 */
import { simulate } from "../nights/simulate.ts"

const [nights = 10_000, firstSeed = 1] = process.argv.slice(2).map(Number)
const from = performance.now()
const { authors, ends, exitCodes, violations, ...rest } = await simulate({ firstSeed, nights })
const rules = new Map<string, number>()
for (const { rule } of violations) rules.set(rule, (rules.get(rule) ?? 0) + 1)

console.log(`${rest.nights} nights from seed ${firstSeed} in ${Math.round((performance.now() - from) / 1000)} s`)
for (const [code, count] of [...exitCodes].sort()) console.log(`exit ${code}: ${count} nights`)
console.log(`${authors} permissions reported with their author, ${ends} missing accesses explained`)
console.log(`exit 0 while a checkpoint differed: ${rules.get("exit 0 while a checkpoint differed") ?? 0}`)
console.log(`grants in the log without their author: ${rules.get("a grant in the log without its author") ?? 0}`)
console.log(`wrong names for missing access: ${rules.get("a wrong name for missing access") ?? 0}`)
console.log(`violations of any rule: ${violations.length}`, Object.fromEntries(rules))
for (const { detail, rule } of violations.slice(0, 10)) console.log(`${rule}: ${detail}`)
process.exitCode = violations.length === 0 ? 0 : 1
