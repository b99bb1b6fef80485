/** A run of the whole as plain data, so that it prints. */
import type { behavior, faults } from "@checkpoint-permissions/fake"

export const checkpoints = ["ft:a", "ft:b"] as const
export const projects = ["proj_a", "proj_b", "proj_c", "proj_d"] as const

export type Checkpoint = (typeof checkpoints)[number]
export type Project = (typeof projects)[number]

/** The wanted access of the checkpoints in a policy. */
export type Policy = Partial<
  Record<Checkpoint, { readonly mode: "exact" | "at-least"; readonly projects: ReadonlyArray<Project> }>
>

/** An event that befalls a process: after a time, or in its nth turn. */
export interface Fate {
  readonly what: "kill" | "interrupt" | "stop" | "freeze"
  readonly after: { readonly millis: number } | { readonly turns: number }
  /** How long it is frozen. */
  readonly millis: number
}

/** The fields of every step: milliseconds before it begins. */
interface Timed {
  readonly wait: number
}

interface OfProcess extends Timed {
  readonly fate: Fate | undefined
}

export interface Apply extends OfProcess {
  readonly _tag: "apply"
  /** Which of the policies. */
  readonly policy: number
  /** Planned and applied by one process; planned by one and applied by another; or the plan of the step before, again. */
  readonly plan: "fresh" | "loaded" | "again"
  /** Milliseconds between plan and apply, as at a prompt. */
  readonly pause: number
  readonly concurrency: 1 | 2
}

/** `Access.grant` or `Access.revoke`. */
export interface Write extends OfProcess {
  readonly _tag: "grant" | "revoke"
  readonly checkpoint: Checkpoint
  readonly projects: ReadonlyArray<Project>
}

/** A change without this library. */
export interface ByHand extends Timed {
  readonly _tag: "by hand"
  readonly what: "add" | "remove oldest" | "remove newest"
  readonly checkpoint: Checkpoint
  readonly project: Project
}

export interface Trouble extends Timed {
  readonly _tag: "trouble"
  /** Milliseconds that the clock of a machine is moved. */
  readonly by: number
}

export type Step = Apply | Write | ByHand | Trouble

/** A person or a job that runs one step after the other. */
export interface Actor {
  readonly machine: 0 | 1
  readonly client: {
    readonly pageSize: number
    readonly prefetch: boolean
    readonly pacing: "none" | "adaptive"
  }
  readonly steps: ReadonlyArray<Step>
}

export interface Initial {
  readonly checkpoint: Checkpoint
  readonly project: string
  /** Seconds before the beginning. */
  readonly age: number
  readonly id: string | undefined
}

export interface Scenario {
  /** Of everything that is left to chance: the order of fibers, jitter, torn writes. */
  readonly seed: number
  readonly yieldChance: number
  readonly behavior: behavior.Settings
  readonly faults: faults.Plan
  readonly initial: ReadonlyArray<Initial>
  readonly policies: readonly [Policy, ...ReadonlyArray<Policy>]
  /** How far the clocks of the two machines are ahead of the server's, in milliseconds. */
  readonly clocks: readonly [number, number]
  readonly actors: ReadonlyArray<Actor>
}

/** Returns the steps of a scenario, one by one. */
export const stepsOf = ({ actors }: Scenario): ReadonlyArray<Step> => actors.flatMap(({ steps }) => steps)

export const ownerOf = ({ behavior }: Scenario, checkpoint: string): string | undefined => behavior.owners?.[checkpoint]

/** The longest lag of listings, in milliseconds, under which a grant is promised to leave one permission. */
export const mostLag = 30_000

export const lagOf = ({ behavior }: Scenario): number => behavior.listingLag ?? 0
