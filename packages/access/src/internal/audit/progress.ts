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
