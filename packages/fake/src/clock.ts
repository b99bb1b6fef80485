/**
 * The time that a server follows.
 *
 * @since 0.1.0
 */
import { InvalidSetting } from "./invalidSetting.ts"

/**
 * @category models
 * @since 0.1.0
 * @see {@link shifted}
 */
export interface Clock {
  /** Unix milliseconds. */
  readonly now: () => number
  /**
   * Calls back after so many milliseconds; returns what cancels it. A timer in
   * the `background` does not keep the process alive.
   */
  readonly setTimer: (callback: () => void, millis: number, background?: boolean) => () => void
}

/**
 * `Date.now` and `setTimeout`, as they are at the time of each call: fake
 * timers drive it, whenever they were installed.
 *
 * @example
 * ```ts
 * import { clock, emulator } from "@checkpoint-permissions/fake"
 *
 * const fake = emulator.make({}, clock.real)
 * ```
 *
 * @category clocks
 * @since 0.1.0
 */
export const real: Clock = {
  now: () => Date.now(),
  setTimer: (callback, millis, background = false) => {
    const timer = setTimeout(callback, millis)
    const handle: unknown = timer
    if (background && typeof handle === "object" && handle !== null && "unref" in handle) {
      if (typeof handle.unref === "function") handle.unref()
    }
    return () => clearTimeout(timer)
  }
}

/**
 * A clock that stands still until it is advanced.
 *
 * @category models
 * @since 0.1.0
 * @see {@link manual}
 */
export interface ManualClock extends Clock {
  /**
   * Moves time forward. What is due in between happens at its time and in its
   * order, promises that it settles included.
   */
  readonly advance: (millis: number) => Promise<void>
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Resolves in a turn of the event loop of its own, after every promise that can be settled without I/O. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener("message", () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(undefined)
  })

/**
 * A clock that is moved by hand. It begins at 0, or at `startAt`.
 *
 * @example
 * ```ts
 * import { clock, makeFetch } from "@checkpoint-permissions/fake"
 *
 * // two servers in one time
 * const time = clock.manual()
 * const one = makeFetch({ clock: time })
 * const two = makeFetch({ clock: time })
 * await time.advance(60_000)
 * ```
 *
 * @category clocks
 * @since 0.1.0
 */
export const manual = (startAt = 0): ManualClock => {
  let time = startAt
  const timers = new Set<Timer>()

  const nextUntil = (end: number): Timer | undefined => {
    let next: Timer | undefined
    for (const timer of timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer
    return next
  }

  return {
    now: () => time,
    setTimer: (callback, millis) => {
      const timer = { at: time + millis, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: async (millis) => {
      if (!Number.isFinite(millis) || millis < 0) {
        throw new RangeError(`a clock advances by milliseconds from 0 on, not by ${millis}`)
      }
      const end = time + millis
      await turn()
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        time = Math.max(time, timer.at)
        timers.delete(timer)
        timer.callback()
        await turn()
      }
      time = Math.max(time, end)
    }
  }
}

/**
 * A clock that runs as another one does, and can be moved ahead of it.
 *
 * @category models
 * @since 0.1.0
 * @see {@link shifted}
 */
export interface ShiftedClock extends Clock {
  /** Moves time forward at once. What is due in between happens first, each at its time. */
  readonly shift: (millis: number) => void
  /** In step with the other clock again. */
  readonly unshift: () => void
}

interface ShiftedTimer {
  readonly at: number
  readonly callback: () => void
  readonly background: boolean
  stop: () => void
}

/**
 * A clock on top of another one, at first in step with it.
 *
 * @example
 * ```ts
 * import { clock, makeFetch } from "@checkpoint-permissions/fake"
 *
 * const time = clock.shifted(clock.real)
 * const fetch = makeFetch({ behavior: { rate: { requests: 10, per: 60_000 } }, clock: time })
 * // the quota is whole again
 * time.shift(60_000)
 * ```
 *
 * @category clocks
 * @since 0.1.0
 */
export const shifted = (base: Clock): ShiftedClock => {
  let offset = 0
  const timers = new Set<ShiftedTimer>()
  const now = () => base.now() + offset

  const arm = (timer: ShiftedTimer) => {
    const fire = () => {
      timers.delete(timer)
      timer.callback()
    }
    timer.stop = base.setTimer(fire, Math.max(0, timer.at - now()), timer.background)
  }

  const rearm = () => {
    for (const timer of timers) {
      timer.stop()
      arm(timer)
    }
  }

  const nextUntil = (end: number): ShiftedTimer | undefined => {
    let next: ShiftedTimer | undefined
    for (const timer of timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer
    return next
  }

  return {
    now,
    setTimer: (callback, millis, background = false) => {
      const timer = { at: now() + millis, callback, background, stop: () => {} }
      timers.add(timer)
      arm(timer)
      return () => {
        timers.delete(timer)
        timer.stop()
      }
    },
    shift: (millis) => {
      if (!Number.isFinite(millis) || millis < 0) {
        throw new RangeError(`a clock is moved by milliseconds from 0 on, not by ${millis}`)
      }
      const end = now() + millis
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        offset += Math.max(0, timer.at - now())
        timers.delete(timer)
        timer.stop()
        timer.callback()
      }
      offset += Math.max(0, end - now())
      rearm()
    },
    unshift: () => {
      offset = 0
      rearm()
    }
  }
}

/**
 * A clock that goes on by itself.
 *
 * @category models
 * @since 0.1.0
 * @see {@link virtual}
 */
export interface VirtualClock extends Clock {
  /** Time stands still until what it returns is called. */
  readonly hold: () => () => void
  /** Time stands still for ever; no timer calls back any more. */
  readonly close: () => void
}

/** Node and Bun have it; `turn` does the same elsewhere. */
declare const setImmediate: ((callback: () => void) => unknown) | undefined

/**
 * Calls back in a turn of the event loop of its own, when every promise that
 * could be settled without waiting for the outside world has been. It is the
 * only way to know that from inside a program; no time is waited for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { clock } from "@checkpoint-permissions/fake"
 *
 * let isSettled = false
 * Promise.resolve().then(() => {
 *   isSettled = true
 * })
 * await new Promise<void>((resolve) => clock.nextTurn(resolve))
 * assert.equal(isSettled, true)
 * ```
 *
 * @category clocks
 * @since 0.1.0
 */
export const nextTurn: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => void turn().then(callback)

/**
 * A clock that goes on to its next timer as soon as nothing else can happen:
 * nobody `isBusy`, and no promise is left that could still be settled. Timers of
 * one time call back in the order in which they were set.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { clock } from "@checkpoint-permissions/fake"
 *
 * const time = clock.virtual({ startAt: 0, isBusy: () => false })
 * // an hour of its time, at once
 * await new Promise<void>((resolve) => time.setTimer(resolve, 3_600_000))
 * assert.equal(time.now(), 3_600_000)
 * ```
 *
 * @category clocks
 * @since 0.1.0
 */
export const virtual = (options: { readonly startAt: number; readonly isBusy: () => boolean }): VirtualClock => {
  let time = options.startAt
  /** The next one is the last. */
  let timers: Array<Timer> = []
  let isArmed = false
  let isClosed = false
  let holds = 0

  const arm = (): void => {
    if (isArmed || isClosed || holds > 0) return
    isArmed = true
    nextTurn(() => {
      isArmed = false
      if (isClosed || holds > 0) return
      if (!options.isBusy()) {
        const next = timers.at(-1)
        if (next === undefined) return
        time = next.at
        while (timers.at(-1)?.at === time) timers.pop()?.callback()
      }
      arm()
    })
  }

  /** The place of a timer in the descending order: in front of those of its time. */
  const placeOf = (at: number): number => {
    let [low, high] = [0, timers.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((timers[middle]?.at ?? at) > at) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    now: () => time,
    setTimer: (callback, millis) => {
      const timer = { at: time + Math.max(0, millis), callback }
      timers.splice(placeOf(timer.at), 0, timer)
      arm()
      return () => {
        const index = timers.indexOf(timer, placeOf(timer.at))
        if (index >= 0) timers.splice(index, 1)
      }
    },
    hold: () => {
      let isHeld = true
      holds += 1
      return () => {
        if (!isHeld) return
        isHeld = false
        holds -= 1
        arm()
      }
    },
    close: () => {
      isClosed = true
      timers = []
    }
  }
}

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

/** A yield takes several operations, each of which may yield too: with a high chance a fiber never gets on. */
const maxYieldChance = 0.05

/**
 * Choices that are drawn from a seed; `undefined` without one. Throws
 * `InvalidSetting`.
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
export const shuffle = (options: {
  readonly seed?: number | undefined
  readonly yieldChance?: number | undefined
}): Shuffle | undefined => {
  const { seed, yieldChance = 0 } = options
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new InvalidSetting("seed", `expected an integer, but got ${seed}`)
  }
  if (!(yieldChance >= 0 && yieldChance <= maxYieldChance)) {
    throw new InvalidSetting("yieldChance", `expected a number from 0 to ${maxYieldChance}, but got ${yieldChance}`)
  }
  if (seed === undefined) {
    if (options.yieldChance === undefined) return undefined
    throw new InvalidSetting("yieldChance", "expected a seed beside it")
  }
  let state = seed | 0
  /** From 0 up to 1: mulberry32. */
  const draw = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    pick: (count) => (count === 1 ? 0 : Math.floor(draw() * count)),
    yields: () => yieldChance > 0 && draw() < yieldChance
  }
}
