import { type Shuffle, type VirtualClock, virtual } from "@checkpoint-permissions/fake/clock"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { VirtualScheduler } from "./scheduler.ts"

/** A virtual clock of the fake as Effect's, with the scheduler that says whether any fiber can still go on. */
export class Timeline implements Clock.Clock {
  readonly scheduler: VirtualScheduler
  readonly clock: VirtualClock

  constructor(startAt: number, shuffle: Shuffle | undefined) {
    const scheduler = new VirtualScheduler(shuffle)
    this.scheduler = scheduler
    this.clock = virtual({ startAt, isBusy: () => scheduler.busy })
  }

  currentTimeMillisUnsafe(): number {
    return this.clock.now()
  }

  currentTimeNanosUnsafe(): bigint {
    const whole = Math.floor(this.clock.now())
    return BigInt(whole) * 1_000_000n + BigInt(Math.round((this.clock.now() - whole) * 1_000_000))
  }

  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }

  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = this.currentTimeNanos

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const millis = Duration.toMillis(duration)
    if (!Number.isFinite(millis)) return Effect.never
    return Effect.callback((resume) => {
      const cancel = this.clock.setTimer(() => resume(Effect.void), millis)
      return Effect.sync(cancel)
    })
  }
}
