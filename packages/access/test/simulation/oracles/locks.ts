/**
 * Turns and locks: of the fibers of one service, and of those of one machine who
 * take locks, one at a time writes to a checkpoint. Where the disk or the clock fails, or a holder stands still, locks
 * are a courtesy: reading back is the guarantee.
 */
import { isTroubled, type Scenario } from "../scenario/model.ts"
import type { Ran, Trace } from "../trace.ts"
import type { Exchange } from "../world/server.ts"
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

/** As long as an apply is known to have the lock of applies: from its first request to the last, or to what it says last. */
const appliesOf = (trace: Trace, run: Ran) => {
  const requests = trace.exchanges.filter((exchange) => exchange.run === run.name)
  const [first] = requests
  const last = requests.at(-1)
  if (run.command !== "apply" || first === undefined || last === undefined) return []
  const to = Math.max((last.ended ?? last.sent).order, ...run.claims.map(({ at }) => at.order))
  return [{ run, from: first.sent.order, to }]
}

/** Long enough to renew a lock, and to find that it is another's. */
const renewal = 11_000

/** An apply that stood still, and whose lock another took over meanwhile, begins no other checkpoint. */
const taken = (trace: Trace): ReadonlyArray<Violation> => {
  const applies = trace.ran.filter((run) => run.command === "apply" && takesLocks(run))
  return applies.flatMap((run) => {
    const { machine, name, started, step } = run
    if (!("fate" in step) || step.fate?.what !== "freeze" || !("millis" in step.fate.after)) return []
    const frozen = started.time + step.fate.after.millis
    const thawed = frozen + step.fate.millis
    const firstOf = (requests: ReadonlyArray<Exchange>): number => requests[0]?.sent.time ?? 0
    const requestsOf = (of: string) => trace.exchanges.filter((exchange) => exchange.run === of)
    const isTaken = applies.some((other) => {
      const first = firstOf(requestsOf(other.name))
      return other.machine === machine && other !== run && first > frozen && first < thawed
    })
    const late = requestsOf(name).find(
      ({ checkpoint, sent }) =>
        sent.time > thawed + renewal &&
        firstOf(requestsOf(name).filter((one) => one.checkpoint === checkpoint)) === sent.time
    )
    return isTaken && late !== undefined
      ? [violation(run)("not locked", `it began ${late.checkpoint} though its lock had been taken over`)]
      : []
  })
}

export const locked = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> => {
  const areTroubled = isTroubled(scenario, 0) || isTroubled(scenario, 1)
  const isBound = (run: Ran): boolean => takesLocks(run) && !standsStill(run) && !isTroubled(scenario, run.machine)
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
  return [...atOnce, ...written, ...(areTroubled ? [] : taken(trace))]
}
