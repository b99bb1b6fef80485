/**
 * Locks: of those of one machine who take locks, one at a time writes to a
 * checkpoint. Where the disk or the clock fails, or a holder stands still, they
 * are a courtesy: reading back is the guarantee.
 */
import type { Scenario } from "../scenario/model.ts"
import type { Ran, Trace } from "../trace.ts"
import { type Violation, violation } from "./violation.ts"

const takesLocks = ({ step }: Ran): boolean => "locks" in step && step.locks
const standsStill = ({ step }: Ran): boolean => "fate" in step && step.fate?.what === "freeze"

interface Writing {
  readonly run: Ran
  readonly checkpoint: string
  readonly from: number
  readonly to: number
}

/** From a run's first write to a checkpoint to its last, as far as it lived. */
const writingsOf = (trace: Trace, run: Ran): ReadonlyArray<Writing> => {
  const spans = new Map<string, Writing>()
  for (const { checkpoint, ended, operation, run: name, sent } of trace.exchanges) {
    if (name !== run.name || operation === "list") continue
    const from = spans.get(checkpoint)?.from ?? sent.order
    spans.set(checkpoint, { run, checkpoint, from, to: (ended ?? sent).order })
  }
  return [...spans.values()]
}

export const locked = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> => {
  const isTroubled = (machine: 0 | 1): boolean =>
    scenario.actors.some((actor) => actor.machine === machine && actor.steps.some((step) => step._tag === "trouble"))
  const writings = trace.ran
    .filter((run) => takesLocks(run) && !standsStill(run) && !isTroubled(run.machine))
    .flatMap((run) => writingsOf(trace, run))
  return writings.flatMap((one, n) =>
    writings.slice(n + 1).flatMap((other) => {
      if (other.run.machine !== one.run.machine || other.checkpoint !== one.checkpoint) return []
      if (other.run === one.run || other.from > one.to || one.from > other.to) return []
      return [violation(other.run)("not locked", `it wrote to ${one.checkpoint} while ${one.run.name} did`)]
    })
  )
}
