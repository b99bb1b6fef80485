/** Of the fibers of one service, one at a time writes to a checkpoint. */
import type { Ran, Trace } from "../trace.ts"
import { type Violation, violation } from "./violation.ts"

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

export const exclusive = (trace: Trace): ReadonlyArray<Violation> => {
  const writings = trace.ran.flatMap((run) => writingsOf(trace, run))
  return writings.flatMap((one, n) =>
    writings
      .slice(n + 1)
      .filter(({ checkpoint, run }) => checkpoint === one.checkpoint && run.process === one.run.process)
      .filter(({ from, run, to }) => run !== one.run && from <= one.to && one.from <= to)
      .map(({ checkpoint, run }) =>
        violation(run)("not exclusive", `it wrote to ${checkpoint} while ${one.run.name} did`)
      )
  )
}
