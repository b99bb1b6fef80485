import { PCGRandom } from "effect/Utils"

/** What a seed decides about the order in which fibers run. */
export class Shuffle {
  private readonly random: PCGRandom
  private readonly yieldChance: number
  private operationsLeft: number

  constructor(seed: number, yieldChance: number) {
    this.random = new PCGRandom(seed)
    this.yieldChance = yieldChance
    this.operationsLeft = this.drawOperations()
  }

  /** Which of `count` ready tasks runs next. */
  pick(count: number): number {
    return count === 1 ? 0 : Math.floor(this.random.number() * count)
  }

  /** Whether the fiber that is about to run an operation lets others run first. */
  yields(): boolean {
    if (this.operationsLeft > 0) {
      this.operationsLeft -= 1
      return false
    }
    this.operationsLeft = this.drawOperations()
    return true
  }

  /** Operations until the next yield: one draw for all of them, where one for each costs as much as the operation. */
  private drawOperations(): number {
    if (this.yieldChance === 0) return Number.POSITIVE_INFINITY
    return Math.floor(Math.log(1 - this.random.number()) / Math.log(1 - this.yieldChance))
  }
}
