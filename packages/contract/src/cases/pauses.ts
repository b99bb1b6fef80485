/** Calls that come while the rate limiter is paused. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { delayed, list, together } from "../builders.ts"
import type { Call, Case } from "../case.ts"

export const limited = faults.rateLimited({ "retry-after": "20" })

/** Returns the fields of a case whose call comes a moment after a pause of 20 seconds began. */
export const inPause = (name: string, of: Call): Pick<Case, "name" | "has" | "answers" | "options" | "call"> => ({
  name,
  has: ["proj_001"],
  answers: [limited],
  options: { pacing: "adaptive", retry: "standard" },
  call: together(list(), delayed(1, of))
})

/** The result of such a call that its deadline ends. */
export const refused = {
  fail: { kind: "RateLimitError", attempts: 0, retryAfter: 19_999, endedByDeadline: true },
  sent: ["list 429"],
  took: 1
}
