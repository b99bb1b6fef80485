/**
 * Turns and locks: of the fibers of one service, and of those of one machine who
 * take locks, one at a time writes to a checkpoint. Where the disk or the clock fails, or a holder stands still, locks
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

/** From the first request of an apply that has the lock of applies to its last. */
const appliesOf = (trace: Trace, run: Ran) => {
  const requests = trace.exchanges.filter((exchange) => exchange.run === run.name)
  const [first] = requests
  const last = requests.at(-1)
  if (run.command !== "apply" || first === undefined || last === undefined) return []
  return [{ run, from: first.sent.order, to: (last.ended ?? last.sent).order }]
}

export const locked = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> => {
  const isTroubled = (machine: 0 | 1): boolean =>
    scenario.actors.some((actor) => actor.machine === machine && actor.steps.some((step) => step._tag === "trouble"))
  const isBound = (run: Ran): boolean => takesLocks(run) && !standsStill(run) && !isTroubled(run.machine)
  const writings = trace.ran.flatMap((run) => writingsOf(trace, run))
  const applies = trace.ran.filter(isBound).flatMap((run) => appliesOf(trace, run))
  const atOnce = applies.flatMap((one, n) =>
    applies
      .slice(n + 1)
      .filter((other) => other.run.machine === one.run.machine && other.from <= one.to && one.from <= other.to)
      .map((other) => violation(other.run)("not locked", `it applied while ${one.run.name} did`))
  )
  const written = writings.flatMap((one, n) =>
    writings.slice(n + 1).flatMap((other) => {
      if (other.run === one.run || other.checkpoint !== one.checkpoint) return []
      const areLocked = other.run.machine === one.run.machine && isBound(one.run) && isBound(other.run)
      if (other.run.process !== one.run.process && !areLocked) return []
      if (other.from > one.to || one.from > other.to) return []
      return [violation(other.run)("not locked", `it wrote to ${one.checkpoint} while ${one.run.name} did`)]
    })
  )
  return [...atOnce, ...written]
}
