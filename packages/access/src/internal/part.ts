import { counted } from "@checkpoint-permissions/protocol/text"
import * as Schema from "effect/Schema"

/**
 * Which part of a long run, and of how many: `2/5`.
 *
 * @category models
 */
export interface Share {
  readonly number: number
  readonly of: number
}

/**
 * One part of a long run that several share, such as the jobs of a CI. What is about a part says nothing of the other
 * checkpoints.
 *
 * @category models
 */
export const Part = Schema.Struct({
  number: Schema.Int.pipe(Schema.positive()),
  of: Schema.Int.pipe(Schema.positive()),
  checkpoints: Schema.NonNegativeInt
})
  .pipe(Schema.filter(({ number, of }) => (number <= of ? undefined : `there is no part ${number} of ${of}`)))
  .annotations({ identifier: "Part", parseOptions: { onExcessProperty: "error" } })

/** @category models */
export interface Part extends Schema.Schema.Type<typeof Part> {}

/**
 * The checkpoints of a part, in the order given. Each is in exactly one of the parts, and none of these has more than
 * one checkpoint more than another. They are dealt by turns in the order of their ids: the same checkpoints in another
 * order, or with one given twice, give the same parts. Nothing is dealt to a `number` that is not between 1 and `of`.
 *
 * @category constructors
 */
export const deal = <Id extends string>(checkpoints: ReadonlyArray<Id>, { number, of }: Share): ReadonlyArray<Id> => {
  const all = [...new Set(checkpoints)]
  const mine = new Set([...all].sort().filter((_, index) => index % of === number - 1))
  return all.filter((checkpoint) => mine.has(checkpoint))
}

/**
 * What marks a matrix or a plan that was made of a part of these checkpoints.
 *
 * @category constructors
 */
export const of = (checkpoints: ReadonlyArray<string>, share: Share): Part => ({
  ...share,
  checkpoints: new Set(checkpoints).size
})

/**
 * For people: `part 2/5 of 300 checkpoints`.
 *
 * @category rendering
 */
export const label = ({ checkpoints, number, of }: Part): string =>
  `part ${number}/${of} of ${counted(checkpoints, "checkpoint")}`
