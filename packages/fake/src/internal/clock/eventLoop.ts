import { type ShuffleOptions, shuffle } from "./shuffle.ts"
import { nextTurn } from "./turn.ts"
import { type VirtualClock, virtual } from "./virtual.ts"

/**
 * What an event loop begins with.
 *
 * @category models
 */
export interface EventLoopOptions extends ShuffleOptions {
  /** The time at the start, in Unix milliseconds; 0 by default. */
  readonly startAt?: number | undefined
}

/**
 * A queue of tasks, and the time that goes on when it is empty.
 *
 * @category models
 */
export interface EventLoop {
  /** Goes on to its next timer when no task is left. */
  readonly clock: VirtualClock
  /** Queues a task; the lowest priority is the most urgent. Those of one owner, mostly a fiber, keep their order. */
  readonly schedule: (task: () => void, priority: number, owner?: object) => void
  /** Whether the fiber that is about to run an operation lets others run first, if it may now. */
  readonly yields: (mayYield?: () => boolean) => boolean
  readonly flush: () => void
}

/** Tasks run without giving promises and the host's event loop a chance. */
const tasksPerDrain = 2048

/** A fiber that does not wait for anything after so many tasks holds its maker up no longer. */
const firstTasks = 32

/** What is known of the owner of tasks. */
interface Owner {
  /** Whose task ran when its first one was queued, if anybody's. */
  readonly maker: Owner | undefined
  tasks: number
  /** Whether it has not come to wait for anything yet. */
  isStarting: boolean
}

interface Ready {
  readonly task: () => void
  readonly priority: number
  readonly owner: Owner | undefined
}

const always = () => true

/**
 * An event loop in virtual time: all fibers share one queue, so that their order is the same in every run, and time
 * goes on whenever nothing else can happen. Throws `InvalidSetting` if the options make no sense.
 *
 * With a seed, any owner of a task of the highest priority may be next, but a new one comes to its first wait before
 * its maker has another task: Effect's own combinators count on that, and an interrupted `forEach` would hang
 * otherwise.
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

  /** The place of the task that runs next, of those of the highest priority. */
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

  /** Runs what is queued now, in order; returns how many tasks that were. */
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
    if (ready.length > 0) nextTurn(drain)
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
