/**
 * A run of many checkpoints, one after the other, on a server that fails: after
 * three failures of one status in a row the next are tried once each, after ten
 * it ends, and not before. What concerns one checkpoint neither counts nor
 * breaks a row.
 */
import { type Scenario, stepsOf } from "../scenario/model.ts"
import type { Ran, Trace } from "../trace.ts"
import { type Violation, violation } from "./violation.ts"

const concernsOne: ReadonlySet<number | string> = new Set([404])

/** The requests of a run: how many of each checkpoint, in the order in which it worked on them, and the last status. */
const workOf = ({ exchanges }: Trace, { name }: Ran) => {
  const all: Array<{ readonly checkpoint: string; tries: number; result: number | string }> = []
  for (const { checkpoint, result, run } of exchanges) {
    if (run !== name) continue
    const last = all.at(-1)
    if (last?.checkpoint === checkpoint) {
      last.tries += 1
      last.result = result
    } else all.push({ checkpoint, tries: 1, result })
  }
  return all
}

export const breaker = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> => {
  const total = Object.keys(scenario.policies[0]).length
  const isReadOneByOne = stepsOf(scenario).every((step) => step._tag === "apply" && step.concurrency === 1)
  if (total <= 10 || !isReadOneByOne) return []
  return trace.ran.flatMap((run) => {
    const wrong = violation(run)
    const found: Array<Violation> = []
    const work = workOf(trace, run)
    let row: { readonly status: number | string; readonly length: number } | undefined
    for (const { checkpoint, result, tries } of work) {
      const length = row?.length ?? 0
      if (length >= 10) found.push(wrong("requests", `${checkpoint} was asked for after ${length} failures in a row`))
      if (length >= 3 && tries > 1)
        found.push(wrong("requests", `${checkpoint} was tried ${tries} times after ${length}`))
      if (length < 3 && tries === 1 && Number(result) >= 500) {
        found.push(wrong("failed", `${checkpoint} was tried once, after ${length} failures in a row`))
      }
      if (result === 200) row = undefined
      else if (!concernsOne.has(result)) row = { status: result, length: row?.status === result ? length + 1 : 1 }
    }
    const expected = run.command === "apply" ? (run.plan?.checkpoints.length ?? total) : total
    if ((row?.length ?? 0) < 10 && work.length < expected) {
      found.push(wrong("failed", `it ended after ${work.length} of ${total} checkpoints`))
    }
    return found
  })
}
