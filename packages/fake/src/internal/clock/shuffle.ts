import { InvalidSetting } from "../../invalidSetting.ts"
import * as Check from "../checks.ts"
import { fraction } from "../random.ts"

/**
 * Which of the fibers that are ready runs next.
 *
 * @category models
 */
export interface ShuffleOptions {
  /** Left out, fibers run in the order in which they became ready. */
  readonly seed?: number | undefined
  /**
   * With a `seed`: the chance that a fiber, before any of its operations, lets the others run first. 0 by default, at
   * most 0.05.
   */
  readonly yieldChance?: number | undefined
}

/** What a seed decides about the order in which fibers run. */
export interface Shuffle {
  /** Which of `count` ready tasks runs next. */
  readonly pick: (count: number) => number
  /** Whether the fiber that is about to run an operation lets others run first. */
  readonly yields: (mayYield: () => boolean) => boolean
}

/** A yield takes a dozen operations, each of which may yield too: with a chance of 0.1 a fiber never gets on. */
const maxYieldChance = 0.05

const chance = Check.number(`a number from 0 to ${maxYieldChance}`, (value) => value >= 0 && value <= maxYieldChance)

/** Choices that are drawn from a seed; `undefined` without one. Throws `InvalidSetting`. */
export const shuffle = ({ seed, yieldChance = 0 }: ShuffleOptions): Shuffle | undefined => {
  chance(yieldChance, "yieldChance")
  if (seed === undefined && yieldChance > 0) throw new InvalidSetting("yieldChance", "expected a seed beside it")
  if (seed === undefined) return undefined
  Check.anyInteger(seed, "seed")
  let position = 0
  const draw = (): number => fraction(seed, position++)
  /** Operations until the next yield: one draw for all of them, where one for each costs as much as the operation. */
  const drawOperations = (): number =>
    yieldChance === 0 ? Number.POSITIVE_INFINITY : 1 + Math.floor(Math.log(1 - draw()) / Math.log(1 - yieldChance))
  let operationsLeft = drawOperations()
  return {
    pick: (count) => (count === 1 ? 0 : Math.floor(draw() * count)),
    yields: (mayYield) => {
      if (operationsLeft > 1) {
        operationsLeft -= 1
        return false
      }
      // asked one operation early too, so that it can compare
      const may = mayYield()
      if (operationsLeft === 1) {
        operationsLeft = 0
        return false
      }
      if (may) operationsLeft = drawOperations()
      return may
    }
  }
}
