import * as Schema from "effect/Schema"

/**
 * One part of a long run that several share, such as the jobs of a CI. What is
 * about a part says nothing of the other checkpoints.
 *
 * @category models
 * @since 0.1.0
 */
export const Part = Schema.Struct({
  /** Which of them it is, from 1 on. */
  number: Schema.Int.pipe(Schema.positive()),
  of: Schema.Int.pipe(Schema.positive()),
  /** How many checkpoints all parts have together. */
  checkpoints: Schema.NonNegativeInt
}).annotations({ identifier: "Part", parseOptions: { onExcessProperty: "error" } })

/**
 * @category models
 * @since 0.1.0
 */
export interface Part extends Schema.Schema.Type<typeof Part> {}
