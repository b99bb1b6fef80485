/** Names of checkpoints that differ from known ones by a typing error. */
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { printableId } from "@checkpoint-permissions/protocol/text"

/** The number of letters in which a misspelt checkpoint differs at most. Its last part is random. */
const mostLetters = 2

const withoutStep = (checkpoint: string): string => checkpoint.replace(/(:ckpt-step-)\d+$/, "$1")

/** Returns the known checkpoint that a name may have been meant to be, and that is no other step of the same job. */
export const similarTo = (checkpoint: string, known: Iterable<string>): string | undefined =>
  nearest(
    checkpoint,
    Array.from(known).filter((one) => withoutStep(one) !== withoutStep(checkpoint)),
    mostLetters
  )

/** Returns the warning before the first grant at a checkpoint. `none` is what a listing did not show there. */
export const didYouMean = (checkpoint: string, similar: string, none = "no permission there"): string =>
  `${printableId(checkpoint)}: ${none}: did you mean ${printableId(similar)}?`
