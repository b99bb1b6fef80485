import type { Failure } from "../../failure.ts"
import type { CreateReply } from "./create.ts"
import type { Reading } from "./duplicates.ts"
import type { Granted } from "./oldest.ts"

/**
 * What a program asks for, one thing after the other. A reading or a delete that
 * fails ends the program: the failure is its own.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export type Ask<Project extends string, P extends Granted> =
  /** A whole listing, of which the permissions of some projects count; of all without `projects`. */
  | { readonly ask: "read"; readonly projects: ReadonlyArray<Project> | undefined }
  /** One create. A failure is an answer too. */
  | { readonly ask: "create"; readonly projects: ReadonlyArray<Project> }
  /**
   * One delete, which is withdrawn if it has not had its turn within so many milliseconds, or goes without waiting for
   * one. Already deleted counts as success.
   */
  | { readonly ask: "delete"; readonly permission: P; readonly within: number; readonly atOnce: boolean }
  /** A wait until the pace lets a delete go. */
  | { readonly ask: "turn" }
  /** A wait of so many milliseconds, a fifth more or less if it is jittered. */
  | { readonly ask: "sleep"; readonly millis: number; readonly jittered: boolean }
  /** Nothing: a reading shows a permission after a create without a reply that names it. */
  | { readonly ask: "found"; readonly permission: P }

/**
 * What came of what was asked for.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export interface Answer<P extends Granted> {
  /** When it was answered, in milliseconds. */
  readonly now: number
  /** To `"read"`. */
  readonly reading?: Reading<P> | undefined
  /** To `"delete"`: whether it was sent and answered. */
  readonly isDeleted?: boolean | undefined
  /** To `"create"`. */
  readonly reply?: CreateReply<P, Failure> | undefined
}

/**
 * Calls of the API and waits, one after the other, as a generator: it yields
 * what it asks for and is gone on with by the answer.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export type Program<A, Project extends string, P extends Granted> = Generator<Ask<Project, P>, A, Answer<P>>

/** A reading, and when its last reply came. */
export interface Read<P extends Granted> {
  readonly reading: Reading<P>
  readonly readAt: number
}

export function* read<Project extends string, P extends Granted>(
  projects: ReadonlyArray<Project> | undefined
): Program<Read<P>, Project, P> {
  const { now, reading } = yield { ask: "read", projects }
  if (reading === undefined) throw new TypeError("a reading was asked for")
  return { reading, readAt: now }
}
