/** The record of a run: the requests, the changes with their actors, and the claims of each process. */
import type { Access, AccessPlan, AccessStep } from "@checkpoint-permissions/access"
import type { Step } from "./scenario/scenario.ts"
import type { Exchange, Permission, Version } from "./world/server.ts"
import type { Instant } from "./world/time.ts"

interface Said {
  readonly at: Instant
}

/** A claim of a process about the server. */
export type Claim =
  | (Said & { readonly _tag: "planned"; readonly plan: AccessPlan.AccessPlan })
  | (Said & { readonly _tag: "step"; readonly step: AccessStep.AccessStep })
  | (Said & { readonly _tag: "granted"; readonly report: Access.Granted })
  | (Said & { readonly _tag: "revoked"; readonly report: Access.Revoked })

export type End =
  | { readonly _tag: "done" }
  | { readonly _tag: "failed"; readonly error: string; readonly message: string }
  | { readonly _tag: "interrupted" }
  | { readonly _tag: "killed" }
  /** A defect. */
  | { readonly _tag: "died"; readonly reason: string }

/** The run of one command in a process of its own. */
export interface Ran {
  readonly name: string
  readonly machine: 0 | 1
  readonly step: Step
  /** The command of the step: a saved plan is made by a process of its own. */
  readonly command: "plan" | "apply" | "grant" | "revoke"
  /** The plan that it applied. */
  readonly plan: AccessPlan.AccessPlan | undefined
  readonly started: Instant
  readonly ended: Instant
  readonly end: End
  readonly claims: ReadonlyArray<Claim>
}

export interface Trace {
  readonly ran: ReadonlyArray<Ran>
  readonly exchanges: ReadonlyArray<Exchange>
  readonly versions: ReadonlyMap<string, ReadonlyArray<Version>>
  /** The actions of people and machines, for the trace. */
  readonly events: ReadonlyArray<{ readonly at: Instant; readonly text: string }>
  /** When everybody was done and the server became calm. */
  readonly calmed: Instant
  /** The one more run at the end. */
  readonly last: Ran | undefined
  readonly atEnd: ReadonlyMap<string, ReadonlyArray<Permission>>
  /** The reason for which it was cut short. */
  readonly endless: string | undefined
}

/** The steps that an apply said that it had done. */
export const stepsSaid = ({ claims }: Ran) => claims.flatMap((claim) => (claim._tag === "step" ? [claim] : []))

/** The ends of checkpoints among them. */
export const finishedOf = (run: Ran) =>
  stepsSaid(run).flatMap(({ at, step }) => (step._tag === "CheckpointFinished" ? [{ ...step, at }] : []))
