import type { Failure } from "../../failure.ts"
import type { Call, Program } from "../program.ts"
import type { CheckpointSnapshot, PermissionFields } from "./snapshot.ts"

/** Limits of the programs that write. Times are milliseconds. */
export const limits = {
  /** The maximum number of projects in one create. */
  projectsPerCreate: 100,
  /** Delays before a checkpoint is listed again because the listing does not show a created permission yet. */
  lagDelays: [1000, 2000, 4000, 8000, 15_000],
  /** The first delay before an unconfirmed create is sent again. Each further delay is twice as long. */
  resendDelay: 1000,
  resends: 4,
  /** The maximum number of rounds of creates for projects whose permission other clients delete in each round. */
  rounds: 5,
  /** The maximum age of a snapshot from which a duplicate may be deleted. */
  duplicateMaxAge: 60_000,
  /** The maximum number of reads of a project whose permissions change between reads. */
  maxDuplicateReads: 10,
  /** Deletes, and projects with duplicates, that are processed concurrently. */
  concurrency: 8
} as const

/** The fields of a failed create that determine the next action. */
export type CreateFailure = Pick<Failure, "kind" | "detail" | "mayHaveExecuted" | "endedByDeadline">

/** The result of one create. */
export type CreateReply<P extends PermissionFields, F = CreateFailure> =
  | { readonly page: { readonly data: ReadonlyArray<P> } }
  | { readonly failure: F }

/** The projects of one create. */
export type Batch<Project> = readonly [Project, ...Array<Project>]

/**
 * The calls that a program makes at one checkpoint. The program ends if a read or a wait fails. `F` is the failure of a
 * create.
 */
export interface Calls<Y, P extends PermissionFields, F extends CreateFailure = Failure> {
  readonly checkpoint: string
  /**
   * Reads the permissions of `projects` at the checkpoint. Reads those of all projects if `projects` is `undefined`. With
   * `mayHaveExecuted`, a failure says that an earlier create may have been executed. Returns `last`, if it is given,
   * where a deadline or the rate limit ends the read.
   */
  readonly read: (
    projects: ReadonlyArray<P["project_id"]> | undefined,
    mayHaveExecuted?: boolean,
    last?: CheckpointSnapshot<P>
  ) => Call<Y, CheckpointSnapshot<P>>
  /** Sends one create. A failure is a result too. */
  readonly create: (projects: Batch<P["project_id"]>) => Call<Y, CreateReply<P, F>>
  /** Called with a permission that a snapshot shows, if the reply to its create did not name it. */
  readonly onFound: (permission: P) => Call<Y, unknown>
  /**
   * Deletes a permission: sends one delete, and resolves it with `afterDelete`. A delete in flight is finished. With
   * `urgent` it needs no permit. It is withdrawn if it was not sent within `withdrawAfter` milliseconds. Returns the
   * failure, if it failed.
   */
  readonly delete: (
    permission: P,
    options?: { readonly withdrawAfter: number; readonly urgent: boolean }
  ) => Call<Y, F | Failure | undefined>
  readonly deleted: { readonly has: (id: string) => boolean }
  /** Returns true if this permission may be deleted as a duplicate. */
  readonly mayDelete: (permission: P) => boolean
  /** Waits until the rate limiter would permit a delete. */
  readonly waitForRateLimit: Call<Y, unknown>
  /**
   * Waits for `millis` milliseconds. With `jittered`, for up to a fifth more or less. Returns false, without a wait, if a
   * deadline would pass before its end.
   */
  readonly sleep: (millis: number, options: { readonly jittered: boolean }) => Call<Y, boolean>
  readonly now: Call<Y, number>
  /** Runs programs concurrently, within a limit. Returns their results in the order of the programs. */
  readonly each: <A>(programs: ReadonlyArray<() => Program<Y, A>>) => Call<Y, ReadonlyArray<A>>
  readonly fail: (failure: F | Failure) => Call<Y, never>
}
