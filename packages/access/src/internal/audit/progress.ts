/**
 * How far a long reading has come.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  readonly done: number
  readonly failed: number
  /** Of these, the ones that may be read by another run: the failure was not the checkpoint's own, as a 404 is. */
  readonly unanswered: number
  readonly total: number
}
