import { InvalidSetting } from "../../invalidSetting.ts"
import * as Check from "../checks.ts"
import { fraction } from "../random.ts"
import { onNextTask } from "./real.ts"
import { type VirtualClock, virtual } from "./virtual.ts"

/** The order in which ready fibers run. */
export interface ShuffleOptions {
  /** The seed of the order. Default: none, so fibers run in the order in which they became ready. */
  readonly seed?: number | undefined
  /** With a `seed`: the chance that a fiber lets the others run before an operation. From 0 to 0.05. Default: 0. */
  readonly yieldChance?: number | undefined
}

/** The random decisions of a seed about the order of fibers. */
interface Shuffle {
  /** Returns the index of the next of `count` ready tasks. */
  readonly pick: (count: number) => number
  /** Returns true if a fiber lets others run before its next operation. */
  readonly yields: (mayYield: () => boolean) => boolean
}

/**
 * The maximum chance of a yield. A yield takes about 12 operations, each of which may yield too. At 0.1, a fiber never
 * continues.
 */
const maxYieldChance = 0.05

const chance = Check.number(`a number from 0 to ${maxYieldChance}`, (value) => value >= 0 && value <= maxYieldChance)

/** Makes the random decisions of a seed. Returns `undefined` without a seed. Throws `InvalidSetting`. */
const shuffle = ({ seed, yieldChance = 0 }: ShuffleOptions): Shuffle | undefined => {
  chance(yieldChance, "yieldChance")
  if (seed === undefined && yieldChance > 0) throw new InvalidSetting("yieldChance", "expected a seed too")
  if (seed === undefined) return undefined
  Check.anyInteger(seed, "seed")
  let position = 0
  const draw = (): number => fraction(seed, position++)
  /**
   * Draws the number of operations until the next yield. A draw for each operation would double the cost of operations.
   */
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
      // also called one operation early, to compare
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

/** The options of an event loop. */
export interface EventLoopOptions extends ShuffleOptions {
  /** The initial time, in Unix milliseconds. Default: 0. */
  readonly startAt?: number | undefined
}

/** A queue of tasks, with a time that advances when it is empty. */
export interface EventLoop {
  /** The clock of the loop. It advances to its next timer when no task is left. */
  readonly clock: VirtualClock
  /** Queues a task. The lowest priority is the most urgent. Tasks of one owner, usually a fiber, keep their order. */
  readonly schedule: (task: () => void, priority: number, owner?: object) => void
  /**
   * Returns true if a fiber lets others run before its next operation. `mayYield` returns whether it may yield now.
   */
  readonly yields: (mayYield?: () => boolean) => boolean
  readonly flush: () => void
}

/** The number of tasks between two waits for promises and the host's event loop. */
const tasksPerDrain = 2048

/** The number of tasks after which a fiber that never waits no longer delays the fiber that started it. */
const firstTasks = 32

/** The state of an owner of tasks. */
interface Owner {
  /** The owner of the task that queued this owner's first task, if any. */
  readonly maker: Owner | undefined
  tasks: number
  /** True until the owner waits for the first time. */
  isStarting: boolean
}

interface Ready {
  readonly task: () => void
  readonly priority: number
  readonly owner: Owner | undefined
}

const always = () => true

/**
 * Makes an event loop in virtual time. All fibers share one queue, so their order is the same in every run. Time
 * advances when no fiber can run. Throws `InvalidSetting` if an option is invalid.
 *
 * With a seed, the next task is drawn from the owners of tasks of the highest priority. However, a new owner reaches
 * its first wait before its maker runs again. Effect's own combinators rely on that: otherwise an interrupted `forEach`
 * would hang.
 *
 * @category clocks
 */
export const eventLoop = ({ startAt = 0, ...options }: EventLoopOptions = {}): EventLoop => {
  const choices = shuffle(options)
  const owners = new WeakMap<object, Owner>()
  let ready: Array<Ready> = []
  let running: Owner | undefined
  let isBusy = false

  const known = (owner: object | undefined): Owner | undefined => {
    if (owner === undefined || choices === undefined) return undefined
    const found = owners.get(owner) ?? { maker: running, tasks: 0, isStarting: true }
    owners.set(owner, found)
    return found
  }

  /** Returns the index of the next task among those of the highest priority. */
  const pick = (count: number): number => {
    const picked = choices?.pick(count) ?? 0
    const owner = ready[picked]?.owner
    if (owner === undefined) return picked
    const started = ready.findIndex((one, i) => i < count && one.owner?.maker === owner && one.owner.isStarting)
    return started < 0 ? ready.findIndex((one) => one.owner === owner) : started
  }

  const runOne = (): void => {
    const other = ready.findIndex(({ priority }) => priority !== ready[0]?.priority)
    const [next] = ready.splice(pick(other < 0 ? ready.length : other), 1)
    running = next?.owner
    next?.task()
    running = undefined
    const owner = next?.owner
    if (owner?.isStarting !== true) return
    owner.tasks += 1
    owner.isStarting = owner.tasks < firstTasks && ready.some((one) => one.owner === owner)
  }

  /** Runs the queued tasks in order, and returns their number. */
  const runRound = (): number => {
    const round = ready
    ready = []
    for (const { task } of round) task()
    return round.length
  }

  const run = (most: number): void => {
    let count = 0
    while (ready.length > 0 && count < most) {
      if (choices === undefined) count += runRound()
      else {
        runOne()
        count += 1
      }
    }
  }

  const drain = (): void => {
    run(tasksPerDrain)
    if (ready.length > 0) onNextTask(drain)
    else isBusy = false
  }

  return {
    clock: virtual({ startAt, isBusy: () => isBusy }),
    schedule: (task, priority, owner) => {
      const after = ready.findLastIndex((one) => one.priority <= priority)
      ready.splice(after + 1, 0, { task, priority, owner: known(owner) })
      if (isBusy) return
      isBusy = true
      queueMicrotask(drain)
    },
    yields: (mayYield = always) => choices?.yields(mayYield) === true,
    flush: () => run(Number.POSITIVE_INFINITY)
  }
}
