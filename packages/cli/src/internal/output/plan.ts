/** Options of a plan's text: estimates and notes. */
import type * as Access from "@checkpoint-permissions/access/Access"
import type * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import { printableLine } from "@checkpoint-permissions/protocol/text"
import type * as Effect from "effect/Effect"
import { formatEstimate } from "../terminal/estimate.ts"
import { caveats } from "./audit.ts"

interface Known extends Omit<AccessPlan.PlanTextOptions, "estimate"> {
  readonly estimate?: Effect.Effect.Success<ReturnType<typeof Access.estimate>>
  /** The reason for which the ids of projects were not checked. */
  readonly unchecked?: string | undefined
}

/** Returns the options of a plan's text, with notes on facts that were not read. */
export const details = (plan: AccessPlan.AccessPlan, { estimate, unchecked, ...known }: Known) => ({
  ...known,
  estimate: estimate && { requests: estimate.requests, time: formatEstimate(estimate) },
  notes: [
    ...caveats(plan),
    ...(unchecked === undefined ? [] : [`Project ids not checked: ${printableLine(unchecked)}.`])
  ]
})
