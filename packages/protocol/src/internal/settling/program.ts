import type { Failure } from "../../failure.ts"
import type { CreateReply } from "./create.ts"
import type { Reading } from "./duplicates.ts"
import type { Granted } from "./oldest.ts"

/**
 * What `yield*` takes and gives the result of: an effect of any major, or a
 * generator. `Y` is what it yields itself, whatever the result.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export interface Call<Y, A> {
  readonly [Symbol.iterator]: () => Iterator<Y, A, never>
}

/**
 * A reading, and when its last reply came, in milliseconds.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export interface Read<P extends Granted> {
  readonly reading: Reading<P>
  readonly readAt: number
}

/**
 * Whether a delete was sent and answered, and the time then, in milliseconds.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export interface Deletion {
  readonly isDeleted: boolean
  readonly now: number
}

/**
 * What a program does. A reading or a delete that fails ends the program: the
 * failure is its own.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export interface Calls<Y, Project extends string, P extends Granted> {
  /** A whole listing, of which the permissions of some projects count; of all without `projects`. */
  readonly read: (projects: ReadonlyArray<Project> | undefined) => Call<Y, Read<P>>
  /** One create. A failure is an answer too. */
  readonly create: (projects: ReadonlyArray<Project>) => Call<Y, CreateReply<P, Failure>>
  /**
   * One delete, which is withdrawn if it has not had its turn within so many milliseconds, or goes without waiting for
   * one. Already deleted counts as success.
   */
  readonly delete: (permission: P, options: { readonly within: number; readonly atOnce: boolean }) => Call<Y, Deletion>
  /** A wait until the pace lets a delete go. */
  readonly turn: Call<Y, unknown>
  /** A wait of so many milliseconds, a fifth more or less if it is jittered. */
  readonly sleep: (millis: number, options: { readonly jittered: boolean }) => Call<Y, unknown>
}

/**
 * Calls of the API and waits, one after the other, as a generator: what
 * `Effect.gen` takes.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export type Program<Y, A> = Generator<Y, A, never>
