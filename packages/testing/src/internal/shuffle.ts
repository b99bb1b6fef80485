import * as FiberId from "effect/FiberId"
import { PCGRandom } from "effect/Utils"

/** The number of the next fiber: it grows by one with each that is made, and with each call. */
const nextFiber = (): number => FiberId.unsafeMake().id

/** What a seed decides about the order in which fibers run. */
export class Shuffle {
  private readonly random: PCGRandom
  private readonly yieldChance: number
  private operationsLeft: number
  /** The number of the next fiber one operation ago. */
  private fiberBefore = 0

  constructor(seed: number, yieldChance: number) {
    this.random = new PCGRandom(seed)
    this.yieldChance = yieldChance
    this.operationsLeft = this.drawOperations()
  }

  /** Which of `count` ready tasks runs next. */
  pick(count: number): number {
    return count === 1 ? 0 : Math.floor(this.random.number() * count)
  }

  /**
   * Whether the fiber that is about to run an operation lets others run first.
   * Never right after an operation that made fibers: a race makes its two fibers
   * in one operation and starts them in the next, and whoever is interrupted in
   * between waits for ever for fibers that never ran. Effect's own scheduler may
   * yield there too, but does so once in 2048 operations.
   */
  yields(): boolean {
    if (this.operationsLeft > 1) {
      this.operationsLeft -= 1
      return false
    }
    const fiber = nextFiber()
    const hasMadeFibers = fiber !== this.fiberBefore + 1
    this.fiberBefore = fiber
    if (this.operationsLeft === 1) {
      this.operationsLeft = 0
      return false
    }
    if (hasMadeFibers) return false
    this.operationsLeft = this.drawOperations()
    return true
  }

  /** Operations until the next yield: one draw for all of them, where one for each costs as much as the operation. */
  private drawOperations(): number {
    if (this.yieldChance === 0) return Number.POSITIVE_INFINITY
    return 1 + Math.floor(Math.log(1 - this.random.number()) / Math.log(1 - this.yieldChance))
  }
}
