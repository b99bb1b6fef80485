import type { Failure } from "../../failure.ts"
import type { Call, Program } from "../program.ts"
import type { CreateFailure, CreateReply, Portion } from "./create.ts"
import type { Reading } from "./duplicates.ts"
import type { Granted } from "./oldest.ts"

/**
 * What a program does at one checkpoint. A reading, a write or a wait that fails ends the program: the failure is its
 * own. `F` is what a create fails with.
 */
export interface Calls<Y, P extends Granted, F extends CreateFailure = Failure> {
  readonly checkpoint: string
  /** A whole listing, of which the permissions of some projects count; of all without `projects`. */
  readonly read: (projects: ReadonlyArray<P["project_id"]> | undefined) => Call<Y, Reading<P>>
  /** One create. A failure is an answer too. */
  readonly create: (projects: Portion<P["project_id"]>) => Call<Y, CreateReply<P, F>>
  /** Receives a permission that a reading shows after a create without a reply that names it. */
  readonly onFound: (permission: P) => Call<Y, unknown>
  /**
   * One delete, which is withdrawn if it has not had its turn within so many milliseconds, or goes without waiting for
   * one. Already deleted counts as success.
   */
  readonly delete: (permission: P, options: { readonly within: number; readonly atOnce: boolean }) => Call<Y, unknown>
  readonly deleted: { readonly has: (id: string) => boolean }
  /** Whether a permission may be deleted that has an older one beside it. */
  readonly mayDelete: (permission: P) => boolean
  /** A wait until the pace lets a delete go. */
  readonly turn: Call<Y, unknown>
  /** A wait of so many milliseconds, a fifth more or less if it is jittered. */
  readonly sleep: (millis: number, options: { readonly jittered: boolean }) => Call<Y, unknown>
  readonly now: Call<Y, number>
  /** Runs programs, a few at once; gives their results in the order of the programs. */
  readonly each: <A>(programs: ReadonlyArray<() => Program<Y, A>>) => Call<Y, ReadonlyArray<A>>
  readonly fail: (failure: F | Failure) => Call<Y, never>
}
