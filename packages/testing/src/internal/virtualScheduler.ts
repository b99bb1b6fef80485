import { nextTurn } from "@checkpoint-permissions/fake/clock"
import type { RuntimeFiber } from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import type { Shuffle } from "./shuffle.ts"

/** Turns taken without giving promises and the event loop a chance. */
const turnsPerDrain = 2048

/** What is known of a fiber that has turns. */
interface Known {
  /** Whose turn it was when it was made, if anybody's. */
  readonly maker: Known | undefined
  /** How many turns it had. */
  turns: number
  /** Whether it has not come to wait for anything yet. */
  isStarting: boolean
}

/** A turn of a fiber, or something that the runtime does for one. */
interface Turn {
  readonly task: Scheduler.Task
  /** Not said before effect 3.20. */
  readonly fiber: Known | undefined
}

/** A fiber that does not wait for anything after so many turns holds its maker up no longer. */
const firstTurns = 32

/** Whether a turn must be taken before any of that fiber. */
const isBefore = (turn: Turn, fiber: Known | undefined): boolean =>
  fiber !== undefined && turn.fiber?.maker === fiber && turn.fiber.isStarting

/**
 * Effect's scheduler with two differences: all fibers share one queue, so that
 * their order is the same in every run, and it knows whether it has work left.
 *
 * With a shuffle, any fiber of the highest priority may be next, but a new fiber
 * comes to its first wait before its maker has another turn: Effect's own
 * combinators count on that, and an interrupted `forEach` would hang otherwise.
 */
export class VirtualScheduler implements Scheduler.Scheduler {
  private readonly turns = new Scheduler.PriorityBuckets<Turn>()
  private readonly shuffle: Shuffle | undefined
  private readonly fibers = new WeakMap<object, Known>()
  /** Whose turn it is. */
  private running: Known | undefined
  /** Whether there are turns that were not taken. */
  busy = false

  constructor(shuffle: Shuffle | undefined) {
    this.shuffle = shuffle
  }

  shouldYield(fiber: RuntimeFiber<unknown, unknown>): number | false {
    if (this.shuffle?.yields() === true) return 0
    return Scheduler.defaultScheduler.shouldYield(fiber)
  }

  scheduleTask(task: Scheduler.Task, priority: number, fiber?: RuntimeFiber<unknown, unknown>): void {
    this.turns.scheduleTask({ task, fiber: this.known(fiber) }, priority)
    if (this.busy) return
    this.busy = true
    queueMicrotask(this.drain)
  }

  private known(fiber: object | undefined): Known | undefined {
    if (fiber === undefined || this.shuffle === undefined) return undefined
    const known = this.fibers.get(fiber) ?? { maker: this.running, turns: 0, isStarting: true }
    this.fibers.set(fiber, known)
    return known
  }

  private readonly drain = (): void => {
    let taken = 0
    while (this.turns.buckets.length > 0) {
      if (taken > turnsPerDrain) {
        nextTurn(this.drain)
        return
      }
      taken += this.shuffle === undefined ? this.takeAll() : this.takeAny(this.shuffle)
    }
    this.busy = false
  }

  /** Takes the turns there are now, in order; returns how many that were. */
  private takeAll(): number {
    const { buckets } = this.turns
    this.turns.buckets = []
    let taken = 0
    for (const [, turns] of buckets) {
      taken += turns.length
      for (const { task } of turns) task()
    }
    return taken
  }

  private takeAny(shuffle: Shuffle): number {
    const [first] = this.turns.buckets
    if (first === undefined) return 0
    const [, turns] = first
    const picked = shuffle.pick(turns.length)
    const fiber = turns[picked]?.fiber
    const start = turns.findIndex((turn) => isBefore(turn, fiber))
    // the turns of one fiber are taken in order
    const own = fiber === undefined ? picked : turns.findIndex((turn) => turn.fiber === fiber)
    const [turn] = turns.splice(start < 0 ? own : start, 1)
    if (turns.length === 0) this.turns.buckets.shift()
    if (turn === undefined) return 0
    this.running = turn.fiber
    turn.task()
    this.running = undefined
    if (turn.fiber?.isStarting === true) {
      turn.fiber.turns += 1
      turn.fiber.isStarting = turn.fiber.turns < firstTurns && this.hasTurn(turn.fiber)
    }
    return 1
  }

  private hasTurn(known: Known): boolean {
    return this.turns.buckets.some(([, turns]) => turns.some(({ fiber }) => fiber === known))
  }
}
