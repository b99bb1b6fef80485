import type * as Effect from "effect/Effect"
import type { AccessMatrix, Row } from "./matrix.ts"

/**
 * How far a long reading has come.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  readonly done: number
  readonly failed: number
  readonly total: number
}

/**
 * How far an audit has come.
 *
 * @category models
 */
export interface AuditProgress extends Progress {
  /** The matrix as it is now, to save: what is not read yet is unknown in it. */
  readonly soFar: Effect.Effect<AccessMatrix>
}

/**
 * The options of an audit.
 *
 * @category models
 */
export interface AuditOptions {
  readonly concurrency?: number | undefined
  /** Projects that are columns even if they have access to nothing. */
  readonly projects?: ReadonlyArray<string> | undefined
  /**
   * The reversed question: which of the checkpoints can this project use. Each listing asks for it alone, so it is one
   * request however many others there are. Of those nothing is known then.
   */
  readonly project?: string | undefined
  /** Names of projects, for people, such as the `names` of a policy. */
  readonly names?: { readonly [project: string]: string } | undefined
  /** The project that owns each checkpoint, where that is known: it is in no listing. */
  readonly owners?: { readonly [checkpoint: string]: string } | undefined
  /** Receives each row that was read, one at a time: for progress, and to save. */
  readonly onRow?: ((row: Row, progress: AuditProgress) => Effect.Effect<void>) | undefined
  /** When this completes no further request is made; what is not read by then is unknown. */
  readonly stop?: Effect.Effect<unknown> | undefined
}
