/** A case of the model: a server, its faults, and a program for one or two services. Plain data, so that it shrinks and prints. */
import { Identifiers } from "@checkpoint-permissions/core"
import type { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"

export const checkpointA = Identifiers.CheckpointId.make("ft:a")
export const checkpointB = Identifiers.CheckpointId.make("ft:b")
export const checkpoints = [checkpointA, checkpointB]
export const projects = ["proj_a", "proj_b", "proj_c", "proj_d", "proj_e"].map((id) => Identifiers.ProjectId.make(id))

/** What every step has. */
interface Timed {
  readonly checkpoint: Identifiers.CheckpointId
  /** Milliseconds before it begins. */
  readonly wait: number
}

export interface Write extends Timed {
  readonly _tag: "grant" | "revoke"
  readonly projects: ReadonlyArray<Identifiers.ProjectId>
  /** Interrupted after so many milliseconds. */
  readonly interruptAfter?: number | undefined
}

export interface List extends Timed {
  readonly _tag: "list"
  readonly project?: Identifiers.ProjectId | undefined
  readonly order: "ascending" | "descending"
  /** Milliseconds that the consumer takes for a page. */
  readonly pause: number
  /** Goes on from `resumeAfter` when it failed. */
  readonly resume: boolean
  readonly interruptAfter?: number | undefined
}

/** A create as it is, without `Access.grant`. */
export interface Create extends Timed {
  readonly _tag: "create"
  readonly projects: ReadonlyArray<Identifiers.ProjectId>
}

/** A delete as it is, of the permission in that place of those there are. */
export interface Delete extends Timed {
  readonly _tag: "delete"
  readonly nth: number
}

export type Step = Write | List | Create | Delete

export interface Program {
  readonly service: 0 | 1
  readonly steps: ReadonlyArray<Step>
}

export interface Initial extends FakePermissions.SeedPermission {
  readonly checkpoint: Identifiers.CheckpointId
}

export interface Case {
  /** Of the jitter, and of what else is left to chance. */
  readonly seed: number
  readonly behavior: ServerBehavior.Settings
  readonly faults: Faults.Plan
  readonly initial: ReadonlyArray<Initial>
  readonly client: {
    readonly pageSize: number
    readonly prefetch: boolean
    readonly pacing: "none" | "adaptive"
  }
  /** One for each fiber. */
  readonly programs: ReadonlyArray<Program>
}

/** When every case begins. */
export const startAt = 1_700_000_000_000

export const services = ({ programs }: Case): number => new Set(programs.map(({ service }) => service)).size

export const ownerOf = ({ behavior }: Case, checkpoint: string): string | undefined => behavior.owners?.[checkpoint]
