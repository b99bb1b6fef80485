/**
 * Random histories of 40 merges each: policy commits that no apply of the action ever applies, still open at the end.
 * `npm run figures:merges -- 1000 1` runs so many, from that seed on.
 */
import { simulateAll, sinceFirstParent, sinceLastApply } from "../merges/simulate.ts"

const [seeds = 1000, firstSeed = 1] = process.argv.slice(2).map(Number)
const share = (part: number, of: number) => `${((100 * part) / of).toFixed(2)} %`

for (const [name, start] of Object.entries({
  "last successful apply": sinceLastApply,
  "first parent": sinceFirstParent
})) {
  const { commits, open, ...rest } = simulateAll(seeds, start, firstSeed)
  console.log(
    `compared with the ${name}: ${open} of ${commits} policy commits open at the end, ${share(open, commits)}`
  )
  console.log(JSON.stringify(rest))
  if (start === sinceLastApply && open > commits * 0.005) process.exitCode = 1
}
