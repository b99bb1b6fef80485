import { InvalidSetting } from "../../invalidSetting.ts"
import { fraction } from "../random.ts"

/**
 * What a seed decides about the order in which fibers run.
 *
 * @category models
 * @since 0.1.0
 * @see {@link shuffle}
 */
export interface Shuffle {
  /** Which of `count` ready tasks runs next. */
  readonly pick: (count: number) => number
  /** Whether the fiber that is about to run an operation lets others run first. */
  readonly yields: () => boolean
}

/**
 * The options of a shuffle: a seed, and the chance that a fiber, before any of
 * its operations, lets the others run first.
 *
 * @category models
 * @since 0.1.0
 * @see {@link shuffle}
 */
export interface ShuffleOptions {
  readonly seed?: number | undefined
  readonly yieldChance?: number | undefined
}

/** A yield takes a dozen operations, each of which may yield too: with a chance of 0.1 a fiber never gets on. */
const maxYieldChance = 0.05

/**
 * Throws `InvalidSetting` unless the seed is an integer, and the chance a number
 * from 0 to 0.05 beside a seed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { clock } from "@checkpoint-permissions/fake"
 *
 * clock.assertShuffle({ seed: 7, yieldChance: 0.02 })
 * assert.throws(() => clock.assertShuffle({ yieldChance: 0.02 }), /expected a seed beside it/)
 * ```
 *
 * @category clocks
 * @since 0.1.0
 */
export const assertShuffle = ({ seed, yieldChance }: ShuffleOptions): void => {
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new InvalidSetting("seed", `expected an integer, but got ${seed}`)
  }
  if (yieldChance === undefined) return
  if (!(yieldChance >= 0 && yieldChance <= maxYieldChance)) {
    throw new InvalidSetting("yieldChance", `expected a number from 0 to ${maxYieldChance}, but got ${yieldChance}`)
  }
  if (seed === undefined) throw new InvalidSetting("yieldChance", "expected a seed beside it")
}

/**
 * Choices that are drawn from a seed; `undefined` without one. Throws
 * `InvalidSetting`, as `assertShuffle` does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { clock } from "@checkpoint-permissions/fake"
 *
 * const picks = (seed: number) => {
 *   const shuffle = clock.shuffle({ seed })
 *   return [10, 10, 10].map((count) => shuffle?.pick(count))
 * }
 * assert.deepEqual(picks(7), picks(7))
 * ```
 *
 * @category clocks
 * @since 0.1.0
 */
export const shuffle = (options: ShuffleOptions): Shuffle | undefined => {
  assertShuffle(options)
  const { seed, yieldChance = 0 } = options
  if (seed === undefined) return undefined
  let position = 0
  const draw = (): number => fraction(seed, position++)
  return {
    pick: (count) => (count === 1 ? 0 : Math.floor(draw() * count)),
    yields: () => yieldChance > 0 && draw() < yieldChance
  }
}
