/** `npm run figures:interruptions [-- cases [first seed]]`: calls that are interrupted at random. */
import { Effect } from "effect"
import { caseOf, check } from "../support/interruptions.ts"

const [count = "10000", first = "1"] = process.argv.slice(2)
const startedAt = performance.now()
let failed = 0
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  const one = caseOf(seed)
  const wrong = await Effect.runPromise(check(one))
  if (wrong.length === 0) continue
  failed += 1
  process.stdout.write(`${wrong.join(", ")}: ${JSON.stringify(one)}\n`)
}
process.stdout.write(`${count} cases, ${failed} failed, ${Math.round((performance.now() - startedAt) / 1000)} s\n`)
process.exitCode = failed === 0 ? 0 : 1
