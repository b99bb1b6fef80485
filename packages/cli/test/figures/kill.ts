/** Kills an apply beside a rival at a random moment and runs it again, so many times; fails if one did not end at the policy. */
import { Effect } from "effect"
import { setup } from "../support/bundle.ts"
import { once } from "../support/kill.ts"

const times = Number(process.argv[2] ?? 200)

setup()
const rounds = await Effect.runPromise(Effect.replicateEffect(once, times, { concurrency: 4 }))
const wrong = rounds.filter((round) => round.wrong.length > 0)
const before = rounds.map((round) => round.before).sort((a, b) => a - b)
const part = before.filter((writes) => writes > 0 && writes < 30).length
const drifted = rounds.filter((round) => round.drifted).length
process.stdout.write(
  `${times} times killed and run again: ${times - wrong.length} ended at the policy, nothing doubled, ${wrong.length} did not.\n` +
    `Writes done when it was killed: median ${before[Math.floor(times / 2)]} of 30, ${part} times a part of them.\n` +
    `In ${drifted} an apply met changes of the other, said so, and one more was run.\n`
)
for (const round of wrong) process.stderr.write(`${round.wrong.join("; ")}\n`)
process.exitCode = wrong.length === 0 ? 0 : 1
