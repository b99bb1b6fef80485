/** The words that the model speaks of a trace in. */
import type { Permission } from "@checkpoint-permissions/core"
import type { Happened, State } from "./modelRun.ts"

export type Kind =
  /** A project has more permissions than it may. */
  | "doubled"
  /** A project that must have access has none, or the permission that must stay is gone. */
  | "lost"
  /** A project that must have no access has it. */
  | "kept"
  /** A listing that succeeded left out what was there all the time. */
  | "short"
  /** A listing that succeeded has something twice, or something that is not there. */
  | "repeated"
  /** It did not end. */
  | "endless"
  /** The report does not say what happened. */
  | "misreported"
  /** It failed though nothing, or too little, went wrong. */
  | "failed"
  /** A defect. */
  | "died"

export interface Violation {
  readonly kind: Kind
  readonly text: string
  /** The step that it is about. */
  readonly step?: Happened | undefined
}

export const of = (state: State, checkpoint: string, project: string): ReadonlyArray<Permission.Permission> =>
  (state[checkpoint] ?? []).filter(({ project_id }) => project_id === project)

export const oldest = (permissions: ReadonlyArray<Permission.Permission>): Permission.Permission | undefined =>
  [...permissions].sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1))[0]

export const overlap = (a: Happened, b: Happened): boolean => a !== b && a.start < b.end && b.start < a.end

export const touches = ({ step, target }: Happened, checkpoint: string, project: string): boolean =>
  step.checkpoint === checkpoint &&
  ("projects" in step ? step.projects.some((one) => one === project) : target?.project_id === project)

export const isDone = ({ result }: Happened): boolean => result._tag === "done"
export const makes = ({ step }: Happened): boolean => step._tag === "grant" || step._tag === "create"
export const takes = ({ step }: Happened): boolean => step._tag === "revoke" || step._tag === "delete"
export const writes = (one: Happened): boolean => makes(one) || takes(one)
