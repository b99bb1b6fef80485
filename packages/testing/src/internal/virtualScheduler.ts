import type { RuntimeFiber } from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import type { Shuffle } from "./shuffle.ts"

/**
 * Calls back in a turn of the event loop of its own, when every promise that
 * could be settled without waiting for the outside world has been. It is the
 * only way to know that from inside a program, so the one place where this
 * package asks the host to schedule something; no time is waited for.
 */
export const nextTurn: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => {
        const channel = new MessageChannel()
        channel.port1.addEventListener("message", () => {
          channel.port1.close()
          callback()
        })
        channel.port1.start()
        channel.port2.postMessage(undefined)
      }

/** Tasks run without giving promises and the event loop a chance. */
const tasksPerTurn = 2048

/**
 * Effect's scheduler with two differences: all fibers share one queue, so that
 * their order is the same in every run, and it knows whether it has work left.
 * With a shuffle, any of the tasks of the highest priority may be next.
 */
export class VirtualScheduler implements Scheduler.Scheduler {
  private readonly tasks = new Scheduler.PriorityBuckets()
  private readonly shuffle: Shuffle | undefined
  /** Whether there are tasks that have not run. */
  busy = false

  constructor(shuffle: Shuffle | undefined) {
    this.shuffle = shuffle
  }

  shouldYield(fiber: RuntimeFiber<unknown, unknown>): number | false {
    if (this.shuffle?.yields() === true) return 0
    return Scheduler.defaultScheduler.shouldYield(fiber)
  }

  scheduleTask(task: Scheduler.Task, priority: number): void {
    this.tasks.scheduleTask(task, priority)
    if (this.busy) return
    this.busy = true
    queueMicrotask(this.drain)
  }

  private readonly drain = (): void => {
    let ran = 0
    while (this.tasks.buckets.length > 0) {
      if (ran > tasksPerTurn) {
        nextTurn(this.drain)
        return
      }
      ran += this.shuffle === undefined ? this.runAll() : this.runAny(this.shuffle)
    }
    this.busy = false
  }

  /** Runs what is ready now, in order; returns how many tasks that were. */
  private runAll(): number {
    const { buckets } = this.tasks
    this.tasks.buckets = []
    let ran = 0
    for (const [, tasks] of buckets) {
      ran += tasks.length
      for (const task of tasks) task()
    }
    return ran
  }

  private runAny(shuffle: Shuffle): number {
    const [first] = this.tasks.buckets
    if (first === undefined) return 0
    const [, tasks] = first
    const at = shuffle.pick(tasks.length)
    const task = tasks[at]
    const last = tasks.pop()
    if (last !== undefined && at < tasks.length) tasks[at] = last
    if (tasks.length === 0) this.tasks.buckets.shift()
    task?.()
    return 1
  }
}
