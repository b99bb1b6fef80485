import { nextTurn, type Shuffle } from "@checkpoint-permissions/fake/clock"
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"

/** Tasks run without giving promises and the event loop a chance. */
const tasksPerDrain = 2048

interface Ready {
  readonly task: () => void
  readonly priority: number
  /** The fiber whose dispatcher it came from. */
  readonly owner: object
}

/**
 * Effect's scheduler with two differences: all fibers share one queue, so that
 * their order is the same in every run, and it knows whether it has work left.
 * With a shuffle any fiber of the highest priority may be next; the tasks of one
 * fiber keep their order.
 */
export class VirtualScheduler implements Scheduler.Scheduler {
  readonly executionMode = "async"
  /** Whether there are tasks that were not run. */
  busy = false
  private readonly shuffle: Shuffle | undefined
  private ready: Array<Ready> = []

  constructor(shuffle: Shuffle | undefined) {
    this.shuffle = shuffle
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return this.shuffle?.yields() === true || fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    const owner = {}
    return {
      scheduleTask: (task, priority) => {
        const after = this.ready.findLastIndex((one) => one.priority <= priority)
        this.ready.splice(after + 1, 0, { task, priority, owner })
        if (this.busy) return
        this.busy = true
        queueMicrotask(this.drain)
      },
      flush: () => this.runAll(Number.POSITIVE_INFINITY)
    }
  }

  private readonly drain = (): void => {
    this.runAll(tasksPerDrain)
    if (this.ready.length > 0) nextTurn(this.drain)
    else this.busy = false
  }

  private runAll(most: number): void {
    for (let count = 0; count < most; count++) {
      const next = this.take()
      if (next === undefined) return
      next.task()
    }
  }

  private take(): Ready | undefined {
    const [first] = this.ready
    if (first === undefined || this.shuffle === undefined) return this.ready.shift()
    const other = this.ready.findIndex(({ priority }) => priority !== first.priority)
    const picked = this.ready[this.shuffle.pick(other < 0 ? this.ready.length : other)]
    const index = this.ready.findIndex(({ owner }) => owner === picked?.owner)
    return this.ready.splice(index, 1)[0]
  }
}
