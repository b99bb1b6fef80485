/** The invariants of every run. */
import type { Scenario } from "../scenario/scenario.ts"
import type { Trace } from "../trace.ts"
import { doubles } from "./doubles.ts"
import { readings } from "./readings.ts"
import { alone, atEnd, neverNone, rivals } from "./states.ts"
import { verdicts } from "./verdicts.ts"
import { kinds, type Violation, violation } from "./violation.ts"
import { writes } from "./writes.ts"

export const violations = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> => {
  if (trace.endless !== undefined) return [violation(undefined)("endless", trace.endless)]
  const found = [
    ...trace.ran.flatMap((run) => (run.end._tag === "died" ? [violation(run)("died", run.end.reason)] : [])),
    ...neverNone(scenario, trace),
    ...doubles(scenario, trace),
    ...readings(scenario, trace),
    ...writes(scenario, trace),
    ...verdicts(scenario, trace),
    ...alone(scenario, trace),
    ...rivals(scenario, trace),
    ...atEnd(scenario, trace)
  ]
  return found.sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
}
