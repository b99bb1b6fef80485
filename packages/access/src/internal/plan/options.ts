import type * as Effect from "effect/Effect"
import type { Row } from "../audit/matrix.ts"
import type { Progress } from "../audit/progress.ts"

/**
 * How the checkpoints of a plan are read.
 *
 * @category models
 */
export interface PlanOptions {
  readonly concurrency?: number | undefined
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
  /** Receives each row that was read to the end, to save it. */
  readonly onRow?: ((row: Row) => Effect.Effect<void>) | undefined
  /**
   * Rows of an earlier run, which are not read again: for a report. `Access.apply` reads their checkpoints again, as
   * those of a plan that was loaded.
   */
  readonly previous?: ReadonlyArray<Row> | undefined
}
