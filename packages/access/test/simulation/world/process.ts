/**
 * Processes and machines. A process is a scheduler of its own over that of the
 * run: its fibers run only while it lives and is not stopped, so that it can be
 * killed between any two operations, without a finalizer.
 */
import { Clock, Effect, type Exit, type Fiber, FiberId, FiberRef, type Scheduler } from "effect"

/** A computer with a clock that people and NTP set. */
export interface Machine {
  /** Milliseconds that its clock is ahead of the server's. */
  offset: number
}

/** Wall-clock time is that of the machine; how long something takes is the same everywhere. */
const wallClock = (machine: Machine, clock: Clock.Clock): Clock.Clock => {
  const now = () => clock.unsafeCurrentTimeMillis() + machine.offset
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: now,
    currentTimeMillis: Effect.sync(now),
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
    currentTimeNanos: Effect.sync(() => clock.unsafeCurrentTimeNanos()),
    sleep: (duration) => clock.sleep(duration)
  }
}

/** More than any command takes. */
const mostTurns = 300_000

export class Process implements Scheduler.Scheduler {
  readonly run: string
  readonly machine: Machine
  isAlive = true
  /** The tasks since it was stopped. */
  private parked: Array<Scheduler.Task> | undefined
  private turns = 0
  private readonly mortality = new Set<() => void>()
  private readonly outer: Scheduler.Scheduler
  /** Killed or stopped in this turn. */
  private fate: { readonly turn: number; readonly happen: () => void } | undefined

  private readonly onRunaway: () => void

  constructor(run: string, machine: Machine, outer: Scheduler.Scheduler, onRunaway: () => void) {
    this.onRunaway = onRunaway
    this.run = run
    this.machine = machine
    this.outer = outer
  }

  shouldYield(fiber: Fiber.RuntimeFiber<unknown, unknown>): number | false {
    return this.outer.shouldYield(fiber)
  }

  scheduleTask(task: Scheduler.Task, priority: number, fiber?: Fiber.RuntimeFiber<unknown, unknown>): void {
    this.outer.scheduleTask(() => this.turn(task), priority, fiber)
  }

  private turn(task: Scheduler.Task): void {
    if (!this.isAlive) return
    this.turns += 1
    if (this.turns > mostTurns) {
      this.onRunaway()
      this.kill()
    }
    if (this.fate !== undefined && this.turns >= this.fate.turn) {
      const { happen } = this.fate
      this.fate = undefined
      happen()
    }
    if (!this.isAlive) return
    if (this.parked === undefined) task()
    else this.parked.push(task)
  }

  /** The event in its nth turn. */
  fateAt(turn: number, happen: () => void): void {
    this.fate = { turn, happen }
  }

  onDeath(task: () => void): () => void {
    this.mortality.add(task)
    return () => this.mortality.delete(task)
  }

  /** From here on none of its fibers runs. */
  kill(): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.parked = undefined
    for (const task of [...this.mortality]) task()
    this.mortality.clear()
  }

  /** None of its fibers runs until it goes on. */
  freeze(): void {
    this.parked ??= []
  }

  /** Runs the tasks of the meantime, in their order. */
  thaw(): void {
    const { parked } = this
    this.parked = undefined
    for (const task of parked ?? []) task()
  }

  /** As a signal that the process can handle. */
  interrupt: () => void = () => {}

  /** It ended by itself. */
  exit(): void {
    this.isAlive = false
    this.mortality.clear()
  }
}

/** Runs an effect as a process, and says how it ended; `undefined` if it was killed. */
export const run = <A, E, R>(
  process: Process,
  self: Effect.Effect<A, E, R>
): Effect.Effect<Exit.Exit<A, E> | undefined, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* self.pipe(
      Effect.withClock(wallClock(process.machine, yield* Effect.clock)),
      Effect.locally(FiberRef.currentScheduler, process),
      Effect.forkDaemon
    )

    process.interrupt = () => fiber.unsafeInterruptAsFork(FiberId.none)
    return yield* Effect.async<Exit.Exit<A, E> | undefined>((resume) => {
      if (!process.isAlive) resume(Effect.succeed(undefined))
      process.onDeath(() => resume(Effect.succeed(undefined)))
      fiber.addObserver((exit) => {
        process.exit()
        resume(Effect.succeed(exit))
      })
    })
  })
